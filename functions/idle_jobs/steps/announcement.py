"""Which jobs a sweep announces, and the item and the event of an announcement; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.ledger_item import LedgerItem
from idle_jobs.messages.request import Request
from idle_jobs.messages.terms import Mode, Origin
from idle_jobs.policy.job import Job
from idle_jobs.policy.limits import Plan
from idle_jobs.policy.notice import (
    is_announced,
    is_reported_to_owner,
    may_be_closed_from,
    not_yet,
)
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Verdict
from idle_jobs.reasons import Reason
from idle_jobs.times import moment, rfc3339

# The sort keys of announcements are between these; a space comes right before "!".
FIRST, LAST = "announced ", "announced!"

# Of one sweep. Each takes some milliseconds, and the next sweep announces the others.
MOST = 500


def with_announcements(jobs: Iterable[Job], items: Iterable[LedgerItem]) -> list[Job]:
    """Return the jobs with their `announced_at`."""
    at = {str(item["job_id"]): moment(item["announced_at"]) for item in items}
    return [
        replace(job, announced_at=at[job.job_id]) if job.job_id in at else job
        for job in jobs
    ]


def to_announce(verdicts: Sequence[Verdict], plan: Plan) -> list[Verdict]:
    """Return the jobs that a sweep announces, those with the most memory first.

    They are those that only want notice, and those whose owners asked for reports. Each
    is announced once, for as long as it stays idle.
    """
    held = (h.verdict for h in plan.held if h.reason is Reason.ANNOUNCED)
    reported = filter(is_reported_to_owner, verdicts)
    found = [v for v in (*held, *reported) if not is_announced(v)]
    return sorted(found, key=lambda v: (-v.job.memory_bytes, v.job.job_id))[:MOST]


def announcement_of(
    verdict: Verdict, request: Request, mode: Mode, now: datetime, rules: Rules
) -> dict[str, Any]:
    """Return the fields of an announcement, without those that are empty.

    Without `may_be_closed_from`, no sweep closes the job: its owner asked for reports.
    """
    told = {
        **verdict.in_plain_values(),
        "request_id": request.request_id,
        "requested_at": rfc3339(request.requested_at),
        "mode": str(mode),
        "announced_at": rfc3339(now),
    }
    if not is_reported_to_owner(verdict):
        told["may_be_closed_from"] = rfc3339(may_be_closed_from(now, rules))
    return told


def item_of(cluster: str, fields: dict[str, Any]) -> LedgerItem:
    """Return the item of an announcement, which has its fields."""
    key = {"cluster": cluster, "closed": f"{FIRST}{fields['job_id']}"}
    return {**fields, **key, "noted_at": fields["announced_at"]}


def before(job: Job) -> LedgerItem | None:
    """Return what is known of the announcement that a new one takes the place of."""
    return {"noted_at": rfc3339(job.announced_at)} if job.announced_at else None


def want_of_notice(
    verdict: Verdict, message: CloseMessage, now: datetime, rules: Rules
) -> str:
    """Return why a sweep's message may not close a job for want of notice, or "".

    The Sweeper has seen to it. Since then the job may have been in use, and become idle
    once more; or `NoticePeriod` was set while the message waited.
    """
    if message.origin is not Origin.SCHEDULE:
        return ""
    job = replace(verdict.job, announced_at=message.announced_at)
    return not_yet(replace(verdict, job=job), now, rules)
