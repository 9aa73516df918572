"""How many jobs a person's request may close: a number it expects, or a few; pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.request import Request
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.rules import Rules
from idle_jobs.reasons import Reason

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Read:
    """All jobs of a cluster, and the ids that were sent on since they were read.

    The requests of one batch share one read, which does not show what the first of them
    has begun.
    """

    jobs: Sequence[Job]
    sent: set[str] = field(default_factory=set)


def demand_room(
    request: Request, jobs: Sequence[Job], read: Read, now: datetime, rules: Rules
) -> None:
    """Refuse a person's request for these jobs where they are too many.

    One that says how many it means was counted: its number has to be right instead.
    """
    wanted = {job.job_id for job in jobs if job.state is not State.CLOSED}
    if request.expected_jobs is not None:
        return _demand_expected(request.expected_jobs, request, jobs)
    if len(wanted) > (most := rules.max_closes_per_request):
        why = f"job_id: {len(wanted)} jobs are not closed yet, expected at most {most}"
        raise BadBody(why, Reason.TOO_MANY)
    if [job.job_id for job in jobs] != [request.job_id]:
        _demand_room_today(wanted, read, now, rules)
    return None


def _demand_expected(expected: int, request: Request, jobs: Sequence[Job]) -> None:
    """Demand the number of jobs that were not closed when the request came.

    Those that were closed since count, too: a request that is delivered again finds
    closed what it closed itself. A job that was created since was not meant.
    """
    since = request.tried_since
    open_then = [
        j for j in jobs if j.state is not State.CLOSED or j.closed_since(since)
    ]
    found = sum(not (job.created and job.created > since) for job in open_then)
    if found != expected:
        why = f"expected_jobs: {found} jobs are not closed yet, expected {expected}"
        raise BadBody(why, Reason.UNEXPECTED_NUMBER)


def _demand_room_today(
    wanted: Collection[str], read: Read, now: datetime, rules: Rules
) -> None:
    """Demand that these jobs, with all that a day has closed, are within the limit.

    The cluster's own stamps are counted, whoever closed a job, so that no request is
    forgotten. What another Sweeper sent in these seconds shows in none of them.
    """
    closed = {j.job_id for j in read.jobs if j.closed_since(now - A_DAY)}
    closing = {j.job_id for j in read.jobs if j.state is State.CLOSING}
    before = (closed | closing | read.sent) - set(wanted)
    total, most = len(before) + len(wanted), rules.max_closes_per_day
    if wanted and total > most:
        why = (
            f"job_id: {len(before)} jobs were closed within a day or are closing, and "
            f"{len(wanted)} more would be {total}, expected at most {most}"
        )
        raise BadBody(why, Reason.OVER_DAILY_LIMIT)
