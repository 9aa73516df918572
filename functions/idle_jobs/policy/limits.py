"""Which jobs a sweep closes; the others wait for the next sweep; pure.

`limits_of_requests` has the limits of what a person asks for.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from idle_jobs.policy.job import Job
from idle_jobs.policy.mass_events import MassEvent, event_of
from idle_jobs.policy.notice import not_yet
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from idle_jobs.times import rfc3339


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

    A job that became idle in one of the mass `events` is held back for `HaltFor`, and
    one that wants notice for `NoticePeriod`. Of the other jobs, those with the most
    memory get half of the places. The other half is drawn at random, so that large jobs
    that never close do not keep out small ones.

    The draw depends on `requested_at`, so that a retry of the request draws the same
    jobs. Jobs that are closing, or were closed since `requested_at`, take part in it:
    otherwise a retry would send other jobs in their place. Every closing job is sent,
    as a watch.
    """
    drawn_at = requested_at or now
    watched = tuple(v for v in verdicts if v.action is Action.WATCH)
    closable = tuple(v for v in verdicts if v.action in (Action.CLOSE, Action.FORCE))
    halted = tuple(_halted(closable, events, now, rules))
    free = _without(halted, closable)
    early = tuple(_early(free, now, rules))
    free = _without(early, free)
    closed = tuple(v for v in verdicts if v.job.closed_since(drawn_at))
    drawn = _draw((*free, *watched, *closed), drawn_at, rules.max_closes_per_sweep)
    sent = tuple(v for v in free if v.job.job_id in drawn)
    over = (v for v in free if v.job.job_id not in drawn)
    too_many = tuple(Held(v, Reason.OVER_LIMIT, v.detail) for v in over)
    return Plan((*sent, *watched), (*halted, *early, *too_many))


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


def _early(closable: Sequence[Verdict], now: datetime, rules: Rules) -> Iterator[Held]:
    """Yield the jobs that have to be announced first, or were too lately."""
    for verdict in closable:
        if why := not_yet(verdict, now, rules):
            yield Held(verdict, Reason.ANNOUNCED, why)


def _without(held: Sequence[Held], verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    ids = {each.verdict.job.job_id for each in held}
    return tuple(v for v in verdicts if v.job.job_id not in ids)


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
    """The jobs of a cluster as read once, and which of them got a message since.

    The requests of one batch share one read. `sent` has the ids of the jobs for which
    an earlier request of the batch sent a message. `closings` are the items of the
    ledger, or None if it cannot be read. Without `whole`, closed jobs that have no part
    in a sweep are missing; `matched` are the keep patterns that match one of those.
    """

    jobs: Sequence[Job]
    sent: set[str] = field(default_factory=set)
    closings: Sequence[Mapping[str, str | int | bool]] | None = None
    whole: bool = True
    matched: Collection[str] = ()
