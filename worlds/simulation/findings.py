"""What a check of one schedule says; values only."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from simulation.history import Key

# What must not happen; `history` is what must not, for the others to mean anything.
INVARIANTS = {
    "I1": "no outcome, a false or a second one",
    "I2": "closed though in use, kept or unasked for",
    "I3": "forced without evidence",
    "I4": "effects of an invocation that had ended",
    "I5": "dropped or parked, and nobody hears of it",
    "I6": "calls without a read, or a false alarm",
    "I7": "closed once more after the outcome",
    "I8": "more closes than the limits allow",
    "I9": "the ledger does not say what was closed",
    "history": "a job's last state is not explained",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that went wrong; `what` is a sentence for the operator.

    `kind` is `lost`, `false`, `repeated`, `contradicting`, `unasked`, `forbidden`,
    `live_closed`, `unchecked`, `needless_force`, `overdue`, `after_end`, `silent`,
    `not_broken_off`, `false_alarm`, `again`, `too_many`, `held`, `unexpected`,
    `unwritten`, `untrue_item`, `unannounced` or `blind`. The invariant is I1 to I9, or
    `history` where the events do not explain the cluster's final state, so that nothing
    can be concluded from them.
    """

    at: datetime
    invariant: str
    kind: str
    key: Key
    what: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What one schedule shows; `ok` and `duplicated` are keys, by their outcomes.

    A key is `ok` if each of its episodes has at most one outcome, `duplicated` if one
    of them has several, which deduplicate to one. `counts` has `requests`, `posts`,
    `forces`, and the deduplicated outcomes by how they ended.
    """

    seed: int
    ok: frozenset[Key]
    duplicated: frozenset[Key]
    problems: tuple[Problem, ...]
    counts: Counter[str]

    def of(self, invariant: str) -> list[Problem]:
        """Return the problems with one invariant."""
        return [p for p in self.problems if p.invariant == invariant]

    def kind(self, kind: str) -> list[Problem]:
        """Return the problems of one kind."""
        return [p for p in self.problems if p.kind == kind]

    @property
    def lost(self) -> list[Problem]:
        """Return what was asked for and never ended, or was left with nobody told."""
        return self.kind("lost")

    @property
    def needless_force(self) -> list[Problem]:
        """Return the forces without evidence."""
        return self.kind("needless_force")

    @property
    def live_closed(self) -> list[Problem]:
        """Return the closes of jobs that somebody needs, as was known by then."""
        return self.kind("live_closed")

    @property
    def contradicting(self) -> list[Problem]:
        """Return the keys whose outcomes cannot all be right."""
        return self.kind("contradicting")
