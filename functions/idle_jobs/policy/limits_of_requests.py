"""How many jobs a person's request may close, at once and in a day; pure.

`refusal` returns why a request is not carried out.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idle_jobs.policy.job import Job, State
from idle_jobs.policy.limits import Read
from idle_jobs.policy.rules import Rules
from idle_jobs.reasons import Reason

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """The jobs that the request of a person is for.

    `since` is the earliest time at which the request can have closed one of them.
    `expected` is its `expected_jobs`. `by_id` is true for one exact job id.
    """

    jobs: Sequence[Job]
    since: datetime
    expected: int | None = None
    by_id: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not carried out; `why` begins with the field that is wrong."""

    reason: Reason
    why: str


def refusal(asked: Asked, read: Read, now: datetime, rules: Rules) -> Refusal | None:
    """Return why a request has too many jobs, or None if it may be carried out.

    A request with `expected_jobs` has no limit, but that number has to be right.
    """
    if asked.expected is not None:
        return _unexpected(asked.expected, asked)
    wanted = {job.job_id for job in asked.jobs if job.state is not State.CLOSED}
    if len(wanted) > (most := rules.max_closes_per_request):
        why = f"job_id: {len(wanted)} jobs are not closed yet, expected at most {most}"
        return Refusal(Reason.TOO_MANY, why)
    return None if asked.by_id else _no_room_today(wanted, read, now, rules)


def _unexpected(expected: int, asked: Asked) -> Refusal | None:
    """Compare `expected` with the jobs that were not closed when the request came.

    Jobs that were closed since then count, too: the request may have closed them before
    it was delivered again. Jobs that were created since then do not count.
    """
    since = asked.since
    open_then = [
        j for j in asked.jobs if j.state is not State.CLOSED or j.closed_since(since)
    ]
    found = sum(not (job.created and job.created > since) for job in open_then)
    if found == expected:
        return None
    why = f"expected_jobs: {found} jobs are not closed yet, expected {expected}"
    return Refusal(Reason.UNEXPECTED_NUMBER, why)


def _no_room_today(
    wanted: Collection[str], read: Read, now: datetime, rules: Rules
) -> Refusal | None:
    """Refuse if these jobs, with those of the last day, exceed `MaxClosesPerDay`.

    Jobs are counted by their finish time in the cluster, whoever closed them. The
    messages that another Sweeper sends at the same moment are not counted.
    """
    closed = {j.job_id for j in read.jobs if j.closed_since(now - A_DAY)}
    closing = {j.job_id for j in read.jobs if j.state is State.CLOSING}
    before = (closed | closing | read.sent) - set(wanted)
    total, most = len(before) + len(wanted), rules.max_closes_per_day
    if not wanted or total <= most:
        return None
    why = (
        f"job_id: {len(before)} jobs were closed within a day or are closing; with "
        f"{len(wanted)} more there would be {total}, expected at most {most}"
    )
    return Refusal(Reason.OVER_DAILY_LIMIT, why)
