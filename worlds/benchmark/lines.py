"""A line of the table: what is measured, beside which peers, with which target."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmark.results import median_of

Values = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Goal:
    """At most a number, or at most that share of what a peer takes.

    `of` is the name of the peer's values. With `before`, it is a share of our own
    figure before the work on it. Where a peer is named then, it tells how fast the
    machine was each time.
    """

    most: float
    of: str = ""
    before: bool = False
    says: str = ""

    def met(
        self, ours: float, name: str, values: Values, before: Values
    ) -> bool | None:
        """Tell whether a figure of ours meets it; None if there is no other figure."""
        other = median_of(values, self.of) if self.of else 1
        if self.before:
            was = median_of(before, name)
            peer = median_of(before, self.of) if self.of else 1
            other = was * other / peer if was and other and peer else None
        return None if other is None else ours <= self.most * other


@dataclass(frozen=True)
class Line:
    """One measure: the name of our values, and those of the peers with their labels."""

    what: str
    unit: str
    ours: str
    peers: tuple[tuple[str, str], ...] = ()
    goals: tuple[Goal, ...] = ()

    @property
    def row(self) -> str:
        """Return the number of its row."""
        return self.ours.partition(".")[0]
