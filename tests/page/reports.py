"""Contents of reports, for the tests: a plan of some jobs, and their past."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from builders import NOW, RULES, idle_job
from idle_jobs.policy.job import Job
from idle_jobs_cli.page.content import Closing, Content, Kind, Step
from idle_jobs_cli.planning.document import document_of, planned

GB = 1024**3
NAMED: Mapping[str, str] = {"url": "https://elastic.example:9243", "name": "prod"}


def plan_of(*jobs: Job, cluster: Mapping[str, str] = NAMED) -> dict[str, Any]:
    """Return the plan of some jobs."""
    return document_of(planned(jobs, NOW, RULES), NOW, cluster, {})


def closing(*steps: Step, **fields: Any) -> Closing:
    """Return a closing that took a minute, unless it has other steps."""
    default = (
        Step(NOW, Kind.REQUESTED, "requested by ann"),
        Step(NOW + timedelta(minutes=1), Kind.ENDED, "closed: requested"),
    )
    fields = {"job_id": "web", "ended": "closed", "reason": "requested"} | fields
    return Closing(steps=steps or default, **fields)


def content(plan: dict[str, Any] | None = None, **fields: Any) -> Content:
    """Return what a report shows, of one idle job unless it has another plan."""
    own = plan or plan_of(idle_job())
    return Content(**({"title": "Jobs", "source": "A plan.", "plan": own} | fields))


def many(count: int) -> dict[str, Any]:
    """Return a plan of many jobs, whose texts are as long as those of a real one."""
    plan = plan_of(idle_job(memory_bytes=6 * GB))
    (job,) = plan["jobs"]
    more = {
        "owner": "the-payments-team",
        "groups": ["season-2025", "security"],
        "detail": "opened, but without live stats: its node may be lost or "
        "unreachable: persistent task is awaiting node assignment.",
    }
    plan["jobs"] = [
        {**job, **more, "job_id": f"high-latency-of-the-payments-service-{n:05}"}
        for n in range(count)
    ]
    plan["summary"]["not_closed"] = count
    return plan
