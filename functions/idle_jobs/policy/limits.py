"""How many jobs may be closed: by a sweep, by a request, and in a day; pure.

`limit` selects the jobs of a sweep; the other jobs wait for the next sweep. `refusal`
returns why the request of a person is not carried out.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from idle_jobs.policy.job import Job, State
from idle_jobs.policy.mass_events import MassEvent, event_of
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from idle_jobs.times import rfc3339

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Held:
    """A job that could be closed, but that a sweep holds back, and why."""

    verdict: Verdict
    reason: Reason
    detail: str
    event: MassEvent | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The jobs that a sweep sends, and those that it holds back."""

    send: tuple[Verdict, ...]
    held: tuple[Held, ...] = ()


def limit(
    verdicts: Sequence[Verdict],
    events: Sequence[MassEvent],
    now: datetime,
    rules: Rules,
    requested_at: datetime | None = None,
) -> Plan:
    """Return which of the jobs one sweep closes, and which it holds back.

    A job that became idle in one of the mass `events` is held back for `HaltFor`. Of
    the other jobs, those with the most memory get half of the places. The other half is
    drawn at random, so that large jobs that never close do not keep out small ones.

    The draw depends on `requested_at`, so that a retry of the request draws the same
    jobs. Jobs that are closing, or were closed since `requested_at`, take part in it:
    otherwise a retry would send other jobs in their place. Every closing job is sent,
    as a watch.
    """
    drawn_at = requested_at or now
    watched = tuple(v for v in verdicts if v.action is Action.WATCH)
    closable = tuple(v for v in verdicts if v.action in (Action.CLOSE, Action.FORCE))
    halted = tuple(_halted(closable, events, now, rules))
    halted_ids = {held.verdict.job.job_id for held in halted}
    free = tuple(v for v in closable if v.job.job_id not in halted_ids)
    closed = tuple(v for v in verdicts if v.job.closed_since(drawn_at))
    drawn = _draw((*free, *watched, *closed), drawn_at, rules.max_closes_per_sweep)
    sent = tuple(v for v in free if v.job.job_id in drawn)
    over = (v for v in free if v.job.job_id not in drawn)
    too_many = tuple(Held(v, Reason.OVER_LIMIT, v.detail) for v in over)
    return Plan((*sent, *watched), (*halted, *too_many))


def keep_quiet(plan: Plan, now: datetime, rules: Rules) -> Plan:
    """Return the plan of a sweep, which sends nothing to be closed in `QuietHours`.

    A watch follows what somebody else closes, and is still sent.
    """
    if (until := rules.quiet_until(now)) is None:
        return plan
    watched = tuple(v for v in plan.send if v.action is Action.WATCH)
    quiet = (v for v in plan.send if v.action is not Action.WATCH)
    held = (Held(v, Reason.QUIET_HOURS, f"until {rfc3339(until)}") for v in quiet)
    return Plan(watched, (*plan.held, *held))


def _halted(
    closable: Sequence[Verdict],
    events: Sequence[MassEvent],
    now: datetime,
    rules: Rules,
) -> Iterator[Held]:
    """Yield the jobs of a mass event that have been idle for less than `HaltFor`."""
    for verdict in closable:
        event, since = event_of(verdict, events), verdict.idle_since
        if event and since and now < (until := since + rules.halt_for):
            why = f"{event}; held until {rfc3339(until)}"
            yield Held(verdict, Reason.SWEEP_HALTED, why, event)


def _draw(verdicts: Sequence[Verdict], drawn_at: datetime, places: int) -> set[str]:
    by_memory = sorted(verdicts, key=lambda v: (-v.job.memory_bytes, v.job.job_id))
    largest, rest = by_memory[: places // 2], by_memory[places // 2 :]
    at_random = sorted(rest, key=lambda v: _random_key(v, drawn_at))[
        : places - places // 2
    ]
    return {verdict.job.job_id for verdict in (*largest, *at_random)}


def _random_key(verdict: Verdict, drawn_at: datetime) -> bytes:
    """Return a random sort key that depends only on the job and the request's time."""
    return sha256(f"{rfc3339(drawn_at)} {verdict.job.job_id}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Read:
    """All jobs of a cluster as read once, and which of them got a message since.

    The requests of one batch share one read. `sent` has the ids of the jobs for which
    an earlier request of the batch sent a message. `closings` are the items of the
    ledger, or None if it cannot be read.
    """

    jobs: Sequence[Job]
    sent: set[str] = field(default_factory=set)
    closings: Sequence[Mapping[str, str | int | bool]] | None = None


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
