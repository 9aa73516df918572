"""Which of the closable jobs one sweep closes, and why not the others; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from idle_jobs.policy.mass_events import Event, event_of
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from idle_jobs.times import rfc3339


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
