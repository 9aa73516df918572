"""Which of the closable jobs one sweep closes, and why not the others; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from idle_jobs.jobs import OPEN_STATES, Job
from idle_jobs.reasons import Reason
from idle_jobs.rules import Rules
from idle_jobs.times import rfc3339
from idle_jobs.verdicts import Action, Verdict

HALT_WINDOW = timedelta(hours=24)
HALT_ABOVE_JOBS = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sweep sends, and what it holds back for one common reason."""

    send: tuple[Verdict, ...]
    held: tuple[Verdict, ...] = ()
    why_held: Reason = Reason.OVER_LIMIT


def limit(
    verdicts: Sequence[Verdict],
    now: datetime,
    rules: Rules,
    asked: datetime | None = None,
    cluster: Sequence[Job] | None = None,
) -> Plan:
    """Cut the closable verdicts down to what one sweep may close.

    Half of the places go to the largest memory, half are drawn by lot, so that big jobs
    that never close starve nobody. Jobs that are closing, or were closed since the
    request was `asked`, are drawn with the others: a sweep that is tried again for the
    same request finds what its first try sent among them, and sends no others in their
    place. Closings are watched whether drawn or not, unless the sweep is halted.
    `cluster` holds all jobs of the cluster, where the verdicts are of some.
    """
    asked = asked or now
    everything = [v.job for v in verdicts] if cluster is None else cluster
    watched = tuple(v for v in verdicts if v.action is Action.WATCH)
    closable = tuple(v for v in verdicts if v.action in (Action.CLOSE, Action.FORCE))
    opened = sum(j.state in OPEN_STATES or j.closed_since(asked) for j in everything)
    if _halts(verdicts, opened, now, rules):
        return Plan((), closable, Reason.SWEEP_HALTED)
    closed = tuple(v for v in verdicts if v.job.closed_since(asked))
    drawn = _draw((*closable, *watched, *closed), asked, rules.max_closes_per_sweep)
    held = tuple(v for v in closable if v.job.job_id not in drawn)
    sent = tuple(v for v in closable if v.job.job_id in drawn)
    return Plan((*sent, *watched), held)


def _halts(
    verdicts: Sequence[Verdict], opened: int, now: datetime, rules: Rules
) -> bool:
    """Tell whether suspiciously many of the open jobs became idle within the last day.

    Old backlog never counts: only what was busy yesterday and is idle today.
    """
    fresh = sum(
        v.action is Action.CLOSE
        and v.idle_since is not None
        and now - v.idle_since < HALT_WINDOW
        for v in verdicts
    )
    return fresh > HALT_ABOVE_JOBS and fresh * 100 > opened * rules.max_close_percent


def _draw(verdicts: Sequence[Verdict], asked: datetime, places: int) -> set[str]:
    by_memory = sorted(verdicts, key=lambda v: (-v.job.memory_bytes, v.job.job_id))
    largest, rest = by_memory[: places // 2], by_memory[places // 2 :]
    by_lot = sorted(rest, key=lambda v: _lot(v, asked))[: places - places // 2]
    return {verdict.job.job_id for verdict in (*largest, *by_lot)}


def _lot(verdict: Verdict, asked: datetime) -> bytes:
    """Return a job's lot: its own, whoever else is drawn from, so that it stays."""
    return sha256(f"{rfc3339(asked)} {verdict.job.job_id}".encode()).digest()
