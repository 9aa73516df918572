"""What a digest tells: what was closed, what would be, and what needs a person; pure.

`digest_text` writes it down, and `digest_item` says when it is due.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idle_jobs.messages.ledger_item import LedgerItem
from idle_jobs.messages.terms import Mode
from idle_jobs.policy.attention import NEEDS_ATTENTION
from idle_jobs.policy.limits import Held, Plan
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from idle_jobs.steps.worth import Worth


@dataclass(frozen=True, slots=True)
class Swept:
    """A sweep, as far as a digest tells of it: its verdicts, its plan, its worth."""

    verdicts: Sequence[Verdict]
    plan: Plan
    worth: Worth


@dataclass(frozen=True, slots=True)
class Digest:
    """One digest: what was closed from `since` to `until`, and how things are now.

    `swept` is None in mode `paused`, in which nothing is judged, and `paused_for` says
    for how long, if that is known. `saved` are the GiB-hours of the period. `parked` is
    None if SQS did not say how many messages are parked.
    """

    cluster: str
    mode: Mode
    since: datetime
    until: datetime
    closed: Sequence[LedgerItem]
    swept: Swept | None
    saved: float | None
    parked: int | None
    paused_for: timedelta | None = None
    gib_hour_price: float = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One job of a digest."""

    job_id: str
    memory_bytes: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The jobs with the same reason and owner, those with the most memory first."""

    reason: str
    owner: str
    lines: Sequence[Line]

    @property
    def memory_bytes(self) -> int:
        """Return the memory of all jobs of the group."""
        return sum(line.memory_bytes for line in self.lines)


def closed_groups(items: Iterable[LedgerItem]) -> list[Group]:
    """Return the closings of the ledger in groups."""
    return _groups(
        (
            str(item["reason"]),
            str(item.get("owner", "")),
            Line(str(item["job_id"]), int(item.get("memory_bytes", 0))),
        )
        for item in items
    )


def sent_groups(plan: Plan) -> list[Group]:
    """Return the jobs that a sweep closes, or would close in mode `observe`."""
    return _of_verdicts(v for v in plan.send if v.action is not Action.WATCH)


def held_groups(plan: Plan) -> list[Group]:
    """Return the jobs that a sweep holds back, by why it does."""
    return _groups(
        (str(held.reason), held.verdict.job.owner.name, _held(held))
        for held in plan.held
    )


def left_groups(verdicts: Iterable[Verdict]) -> list[Group]:
    """Return the jobs that are only reported, since a setting says so."""
    return _of_verdicts(
        v
        for v in verdicts
        if v.action is Action.REPORT and v.reason not in NEEDS_ATTENTION
    )


def odd_groups(verdicts: Iterable[Verdict]) -> list[Group]:
    """Return the jobs that a person has to look at, each with its detail."""
    return _groups(
        (str(v.reason), v.job.owner.name, _line(v, v.detail))
        for v in verdicts
        if v.reason in NEEDS_ATTENTION or v.stuck
    )


def _of_verdicts(verdicts: Iterable[Verdict]) -> list[Group]:
    return _groups((str(v.reason), v.job.owner.name, _line(v)) for v in verdicts)


def _held(held: Held) -> Line:
    """Return a line of a held job; only notice ends at another time for each."""
    alone = held.reason is Reason.ANNOUNCED
    return _line(held.verdict, held.detail if alone else "")


def _line(verdict: Verdict, detail: str = "") -> Line:
    return Line(verdict.job.job_id, verdict.job.memory_bytes, detail)


def _groups(jobs: Iterable[tuple[str, str, Line]]) -> list[Group]:
    """Return the jobs by reason and owner, the groups with the most memory first."""
    found: defaultdict[tuple[str, str], list[Line]] = defaultdict(list)
    for reason, owner, line in jobs:
        found[reason, owner].append(line)
    groups = [
        Group(*key, sorted(lines, key=lambda line: (-line.memory_bytes, line.job_id)))
        for key, lines in found.items()
    ]
    return sorted(groups, key=lambda g: (-g.memory_bytes, g.reason, g.owner))
