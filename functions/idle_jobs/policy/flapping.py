"""Jobs that were opened again after we closed them: twice the quiet, then none; pure.

Somebody, or a program such as Terraform, wants such a job open. To close it again and
again would cost more than it saves.
"""

from dataclasses import replace

from idle_jobs.policy.job import Job
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from idle_jobs.times import rfc3339

FLAPS_FROM = 2  # closings after which the job came back


def times_quiet(job: Job) -> int:
    """Return how many times as long as usual a job has to be quiet."""
    return 2 if job.came_back else 1


def twice(job: Job) -> str:
    """Return why the limit of a job is twice as long as usual, or ""."""
    if not job.came_back:
        return ""
    last = rfc3339(job.came_back[-1])
    return f": twice as long as usual, since it was opened again after {last}"


def flaps(job: Job) -> bool:
    """Return whether a job came back too often, and its owner has not spoken."""
    return len(job.came_back) >= FLAPS_FROM and not job.owner.speaks


def left_alone(verdict: Verdict) -> Verdict:
    """Return the verdict; a report instead, if it would close a flapping job."""
    job = verdict.job
    if verdict.action not in (Action.CLOSE, Action.FORCE) or not flaps(job):
        return verdict
    why = (
        f"{verdict.detail}; closed by us {len(job.came_back)} times since "
        f"{rfc3339(job.came_back[0])}, and opened again each time; left open until its "
        "owner sets mode, idle_after or keep_open_until in custom_settings.idle_closer"
    )
    return replace(verdict, action=Action.REPORT, reason=Reason.FLAPPING, detail=why)
