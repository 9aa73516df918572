"""The summary of one sweep or request: counts, a sentence, and all verdicts."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from idle_jobs.messages.request import Request
from idle_jobs.messages.terms import Mode
from idle_jobs.modes import ModeSet
from idle_jobs.policy.limits import Plan
from idle_jobs.policy.verdict import Verdict
from idle_jobs.reasons import Reason
from idle_jobs.times import rfc3339, spoken

# The summary is the response of the function, and Lambda allows 6 MB. 5,000 jobs with
# the longest texts are about 4 MB.
MOST_LISTED = 5_000


def summary_of(  # noqa: PLR0913, PLR0917 - what was decided, and in which mode
    request: Request,
    verdicts: Sequence[Verdict],
    plan: Plan,
    mode: Mode,
    written: ModeSet,
    now: datetime,
) -> dict[str, Any]:
    """Return the summary of a request; `written` is the last write of the mode."""
    jobs = listed(verdicts, plan)
    summary: dict[str, Any] = {
        "request_id": request.request_id,
        "mode": str(mode),
        "in_words": _in_words(plan, mode, written.age(now)),
        "verdicts": dict(Counter(str(v.reason) for v in verdicts)),
        "sent": len(plan.send),
        "held": len(plan.held),
        "jobs": jobs[:MOST_LISTED],
    }
    if written.at:
        summary["mode_set_at"] = rfc3339(written.at)
    if written.by:
        summary["mode_set_by"] = written.by
    if plan.held:
        summary["why_held"] = dict(Counter(str(h.reason) for h in plan.held))
    if halts := {str(h.event): None for h in plan.held if h.event}:
        summary["halts"] = list(halts)
    if len(jobs) > MOST_LISTED:
        # What is sent or held is never left out for a job that is kept.
        summary["jobs"] = sorted(jobs, key=lambda job: "sweep" not in job)[:MOST_LISTED]
        summary["jobs_cut"] = len(jobs) - MOST_LISTED
    return summary


def listed(verdicts: Sequence[Verdict], plan: Plan) -> list[dict[str, object]]:
    """Return each job that is not closed: its verdict, and whether it is sent or held.

    Empty fields are left out: a job that is neither sent nor held has no `sweep`. The
    `hold_detail` of a job that is over the limit would only repeat its `detail`.
    """
    sweep: dict[str, dict[str, object]] = {}
    for verdict in plan.send:
        sweep[verdict.job.job_id] = {"sweep": "send"}
    for held in plan.held:
        fields: dict[str, object] = {"sweep": "hold", "hold_reason": str(held.reason)}
        if held.detail != held.verdict.detail:
            fields["hold_detail"] = held.detail
        sweep[held.verdict.job.job_id] = fields
    return [
        verdict.in_plain_values() | sweep.get(verdict.job.job_id, {})
        for verdict in verdicts
        if verdict.reason is not Reason.ALREADY_CLOSED
    ]


def _in_words(plan: Plan, mode: Mode, age: timedelta | None) -> str:
    """Return one sentence about what the sweep does in this mode."""
    since = f" for {spoken(age)}" if age is not None else ""
    sent = f"{len(plan.send)} job{'' if len(plan.send) == 1 else 's'}"
    match mode:
        case Mode.PAUSED:
            return f"paused{since}: nothing is read and nothing is closed"
        case Mode.OBSERVE:
            return f"observing{since}: {sent} would be closed, and none is"
    return f"closing {sent}, holding back {len(plan.held)}"
