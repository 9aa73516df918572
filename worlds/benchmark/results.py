"""What was measured: raw values by their names, and what is said of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log
from statistics import median


@dataclass
class Results:
    """Raw values, by names such as `1.ours.closed`; the page explains the names."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, subject: str, **values: float) -> None:
        """Add what was measured of a subject once."""
        for name, value in values.items():
            self.values.setdefault(f"{subject}.{name}", []).append(value)

    def of(self, name: str) -> float | None:
        """Return the median of what was measured; None if nothing was."""
        return median_of(self.values, name)


def median_of(values: Mapping[str, Sequence[float]], name: str) -> float | None:
    """Return the median of the values with a name; None if there are none."""
    return median(values[name]) if values.get(name) else None


def ratio(value: float | None, other: float | None) -> float | None:
    """Return how many times the one is the other; None where one is missing."""
    if value is None or not other:
        return None
    return value / other


def steepest(sizes: Sequence[float], values: Sequence[float]) -> float | None:
    """Return the greatest power of the size with which values grow; 1 is linear.

    That is between two sizes that follow each other. None where there are no two.
    """
    points = [
        (log(size), log(value)) for size, value in zip(sizes, values, strict=True)
    ]
    return max(
        ((y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in pairwise(points)), default=None
    )
