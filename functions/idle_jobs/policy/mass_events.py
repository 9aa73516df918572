"""Mass events: many jobs that became idle together, as when ingest breaks; pure.

What counts is how close together the jobs became idle, not how long ago that was. Jobs
that became idle over several weeks are not an event.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from idle_jobs.policy.idleness import idle, quiet_time
from idle_jobs.policy.job import OPEN_STATES, State
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Verdict
from idle_jobs.reasons import Reason
from idle_jobs.times import rfc3339

CLOSE_TOGETHER = timedelta(hours=24)

# Jobs that are not judged yet, since they were opened lately; they may be idle, too.
_YOUNG = frozenset({Reason.REOPEN_GRACE, Reason.REOPENED_BUT_QUIET})


@dataclass(frozen=True, slots=True)
class MassEvent:
    """A period in which too many jobs became idle: `jobs` of the `opened` ones."""

    first: datetime
    last: datetime
    jobs: int
    opened: int

    def __str__(self) -> str:
        """Return the event in one line, for logs."""
        when = f"from {rfc3339(self.first)} to {rfc3339(self.last)}"
        return f"{self.jobs} of {self.opened} open jobs became idle {when}"

    def in_plain_values(self) -> dict[str, str | int]:
        """Return the event as flat fields."""
        return {
            "in_words": str(self),
            "idle_from": rfc3339(self.first),
            "idle_to": rfc3339(self.last),
            "jobs": self.jobs,
            "open_jobs": self.opened,
        }


def mass_events(
    verdicts: Sequence[Verdict], now: datetime, rules: Rules
) -> list[MassEvent]:
    """Return the mass events among all jobs of a cluster, the oldest first.

    Idle jobs that are closing, or were closed since, count as if they were open. So
    closing a part of its jobs does not end the event.
    """
    closed = list(_closed_while_idle(verdicts, now, rules))
    sinces = [since for v in verdicts if (since := _since(v, now, rules))]
    quiet = (since for since in sinces if since <= now)
    moments = sorted([*quiet, *(since for since, _ in closed)])
    open_ones = [v.job for v in verdicts if v.job.state in OPEN_STATES]
    created = sorted(job.created for job in open_ones if job.created)
    finished = sorted(when for _, when in closed)

    def opened(first: datetime, last: datetime) -> int:
        # Jobs that were created after the event were not open in it.
        later = len(created) - bisect_right(created, last)
        return len(open_ones) - later + len(finished) - bisect_left(finished, first)

    def event(first: datetime, last: datetime) -> MassEvent:
        jobs = bisect_right(moments, last) - bisect_left(moments, first)
        return MassEvent(first, last, jobs, opened(first, last))

    days = (event(*day) for day in _days(moments))
    halting = (each for each in days if _halts(each, rules))
    return [event(*period) for period in _joined(halting)]


def counts_from(now: datetime, rules: Rules) -> datetime:
    """Return from when on a job that was closed counts as if it were open."""
    return now - rules.halt_for - CLOSE_TOGETHER


def event_of(verdict: Verdict, found: Iterable[MassEvent]) -> MassEvent | None:
    """Return the event in which a job became idle."""
    since = verdict.idle_since
    return next((e for e in found if since and e.first <= since <= e.last), None)


def _since(verdict: Verdict, now: datetime, rules: Rules) -> datetime | None:
    """Return when a job became idle, even if it is closing or was opened lately."""
    if verdict.job.state is State.CLOSING:
        return quiet_time(verdict.job, now, rules).idle_since
    if verdict.reason in _YOUNG:
        return idle(verdict.job, now, rules).idle_since
    return verdict.idle_since


def _closed_while_idle(
    verdicts: Iterable[Verdict], now: datetime, rules: Rules
) -> Iterator[tuple[datetime, datetime]]:
    """Yield when each job became idle and when it was closed, if it was closed idle.

    Jobs that were closed longer ago than `HaltFor` plus a day are left out.
    """
    since = counts_from(now, rules)
    for job in (v.job for v in verdicts if v.job.closed_since(since)):
        as_open = replace(job, state=State.OPENED, open_start=job.created)
        quiet = quiet_time(as_open, now, rules)
        if quiet and job.finished and quiet.idle_since <= job.finished:
            yield quiet.idle_since, job.finished


def _days(moments: Sequence[datetime]) -> Iterator[tuple[datetime, datetime]]:
    """Yield, for each moment, itself and the last moment within a day of it."""
    for first in moments:
        yield first, moments[bisect_right(moments, first + CLOSE_TOGETHER) - 1]


def _halts(event: MassEvent, rules: Rules) -> bool:
    many = event.jobs > rules.halt_above_jobs
    return many and event.jobs * 100 > event.opened * rules.max_close_percent


def _joined(days: Iterable[MassEvent]) -> Iterator[tuple[datetime, datetime]]:
    """Join days that overlap; `days` are sorted by their beginning."""
    period: tuple[datetime, datetime] | None = None
    for day in days:
        if period and day.first <= period[1]:
            period = period[0], day.last
            continue
        if period:
            yield period
        period = day.first, day.last
    if period:
        yield period
