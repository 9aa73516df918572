"""How many jobs may be closed: by a sweep, by a request, and in a day; pure.

`limit` cuts a sweep down, and what does not fit waits for the next one. `refusal` tells
why a person's request is not carried out as a whole.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from idle_jobs.policy.job import Job, State
from idle_jobs.policy.mass_events import Event, event_of
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from idle_jobs.times import rfc3339

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Held:
    """A closable job that a sweep does not send, and why."""

    verdict: Verdict
    reason: Reason
    detail: str
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sweep sends, and what it holds back."""

    send: tuple[Verdict, ...]
    held: tuple[Held, ...] = ()


def limit(
    verdicts: Sequence[Verdict],
    events: Sequence[Event],
    now: datetime,
    rules: Rules,
    asked: datetime | None = None,
) -> Plan:
    """Cut the closable verdicts down to what one sweep may close.

    What became idle in one of the `events` is held for a time, and takes no place. Half
    of the places go to the largest memory, half are drawn by lot, so that big jobs that
    never close starve nobody. Jobs that are closing, or were closed since the request
    was `asked`, are drawn with the others: a sweep that is tried again for the same
    request finds what its first try sent among them, and sends no others in their
    place. Closings are watched whether drawn or not.
    """
    asked = asked or now
    watched = tuple(v for v in verdicts if v.action is Action.WATCH)
    closable = tuple(v for v in verdicts if v.action in (Action.CLOSE, Action.FORCE))
    halted = tuple(_halted(closable, events, now, rules))
    halted_ids = {held.verdict.job.job_id for held in halted}
    free = tuple(v for v in closable if v.job.job_id not in halted_ids)
    closed = tuple(v for v in verdicts if v.job.closed_since(asked))
    drawn = _draw((*free, *watched, *closed), asked, rules.max_closes_per_sweep)
    sent = tuple(v for v in free if v.job.job_id in drawn)
    over = (v for v in free if v.job.job_id not in drawn)
    too_many = tuple(Held(v, Reason.OVER_LIMIT, v.detail) for v in over)
    return Plan((*sent, *watched), (*halted, *too_many))


def _halted(
    closable: Sequence[Verdict], events: Sequence[Event], now: datetime, rules: Rules
) -> Iterator[Held]:
    """Yield the jobs of an event, until each was idle for as long as they are held."""
    for verdict in closable:
        event, since = event_of(verdict, events), verdict.idle_since
        if event and since and now < (until := since + rules.halt_for):
            why = f"{event}; held until {rfc3339(until)}"
            yield Held(verdict, Reason.SWEEP_HALTED, why, event)


def _draw(verdicts: Sequence[Verdict], asked: datetime, places: int) -> set[str]:
    by_memory = sorted(verdicts, key=lambda v: (-v.job.memory_bytes, v.job.job_id))
    largest, rest = by_memory[: places // 2], by_memory[places // 2 :]
    by_lot = sorted(rest, key=lambda v: _lot(v, asked))[: places - places // 2]
    return {verdict.job.job_id for verdict in (*largest, *by_lot)}


def _lot(verdict: Verdict, asked: datetime) -> bytes:
    """Return a job's lot: its own, whoever else is drawn from, so that it stays."""
    return sha256(f"{rfc3339(asked)} {verdict.job.job_id}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Read:
    """All jobs of a cluster, and the ids that were sent on since they were read.

    The requests of one batch share one read, which does not show what the first of them
    has begun.
    """

    jobs: Sequence[Job]
    sent: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Asked:
    """The jobs that a person's request is for, and how it names them.

    `since` is the earliest moment at which it can have closed one. `expected` is the
    number that it gives, and `by_id` tells that it names one job by its exact id.
    """

    jobs: Sequence[Job]
    since: datetime
    expected: int | None = None
    by_id: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not carried out, and the field that it is about."""

    reason: Reason
    why: str


def refusal(asked: Asked, read: Read, now: datetime, rules: Rules) -> Refusal | None:
    """Return why a person's request for these jobs is refused: they are too many.

    One that says how many it means was counted: its number has to be right instead.
    """
    if asked.expected is not None:
        return _unexpected(asked.expected, asked)
    wanted = {job.job_id for job in asked.jobs if job.state is not State.CLOSED}
    if len(wanted) > (most := rules.max_closes_per_request):
        why = f"job_id: {len(wanted)} jobs are not closed yet, expected at most {most}"
        return Refusal(Reason.TOO_MANY, why)
    return None if asked.by_id else _no_room_today(wanted, read, now, rules)


def _unexpected(expected: int, asked: Asked) -> Refusal | None:
    """Compare with the number of jobs that were not closed when the request came.

    Those that were closed since count, too: a request that is delivered again finds
    closed what it closed itself. A job that was created since was not meant.
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
    """Compare these jobs, and all that a day has closed, with the limit of a day.

    The cluster's own stamps are counted, whoever closed a job, so that no request is
    forgotten. What another Sweeper sent in these seconds shows in none of them.
    """
    closed = {j.job_id for j in read.jobs if j.closed_since(now - A_DAY)}
    closing = {j.job_id for j in read.jobs if j.state is State.CLOSING}
    before = (closed | closing | read.sent) - set(wanted)
    total, most = len(before) + len(wanted), rules.max_closes_per_day
    if not wanted or total <= most:
        return None
    why = (
        f"job_id: {len(before)} jobs were closed within a day or are closing, and "
        f"{len(wanted)} more would be {total}, expected at most {most}"
    )
    return Refusal(Reason.OVER_DAILY_LIMIT, why)
