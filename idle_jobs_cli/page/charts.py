"""The charts of a report, as the places of their parts; pure.

A place is a percentage of the width, so that a chart fits a phone and a desktop with
letters of one size.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from idle_jobs.policy.job import OPEN_STATES
from idle_jobs.policy.verdict import Action
from idle_jobs.times import spoken
from idle_jobs_cli.page.content import Closing, Kind, Point
from idle_jobs_cli.page.scales import (
    SpanScale,
    Tick,
    bytes_ticks,
    place_in,
    time_ticks,
    top_of,
)
from idle_jobs_cli.planning.document import ORDER

HEIGHT_OF_BAR = 46
# How far marks of one kind are apart, in percent: on a phone, that is their width.
APART = 3.0


@dataclass(frozen=True, slots=True)
class Bar:
    """The jobs with one verdict and reason, and the ML memory that they hold."""

    action: str
    reason: str
    jobs: int
    memory: int
    width: float
    top: int

    @property
    def potential(self) -> bool:
        """Return whether a sweep may close these jobs."""
        return self.action == Action.CLOSE


def bars(entries: Sequence[Mapping[str, Any]]) -> list[Bar]:
    """Return a bar for each verdict and reason of the jobs that hold memory.

    Those that a sweep may close come first, then the largest.
    """
    held: dict[tuple[str, str], list[int]] = defaultdict(list)
    for entry in entries:
        if entry["state"] in OPEN_STATES:
            held[entry["action"], entry["reason"]].append(entry["memory_bytes"])
    rows = [(action, why, len(of), sum(of)) for (action, why), of in held.items()]
    rows = sorted((r for r in rows if r[3]), key=lambda r: (_turn(r[0]), -r[3], r[1]))
    most = max((row[3] for row in rows), default=1)
    return [
        Bar(*row, width=100 * row[3] / most, top=n * HEIGHT_OF_BAR)
        for n, row in enumerate(rows)
    ]


def _turn(action: str) -> int:
    return ORDER.index(Action(action)) if action in {*Action} else len(ORDER)


def idle_memory(entries: Sequence[Mapping[str, Any]]) -> int:
    """Return the potential: the memory of the jobs that a sweep may close."""
    return sum(bar.memory for bar in bars(entries) if bar.potential)


@dataclass(frozen=True, slots=True)
class StepLine:
    """A line that is level between its points; places in percent, 0 is at the top."""

    name: str
    points: Sequence[tuple[float, float]]
    last: int

    @property
    def path(self) -> str:
        """Return it as the path of an SVG."""
        (x, y), *others = self.points
        return f"M{x:.2f} {y:.2f}" + "".join(f"H{x:.2f}V{y:.2f}" for x, y in others)

    @property
    def area(self) -> str:
        """Return the path of what lies below it."""
        return f"{self.path}V100H{self.points[0][0]:.2f}Z"


@dataclass(frozen=True, slots=True)
class OverTime:
    """The lines of a chart over time, and its axes."""

    lines: Sequence[StepLine]
    times: Sequence[Tick]
    amounts: Sequence[Tick]


def over_time(series: Mapping[str, Sequence[Point]]) -> OverTime | None:
    """Return the chart of some amounts over time; None if they have only one time."""
    drawn = {name: points for name, points in series.items() if points}
    every = [point for points in drawn.values() for point in points]
    times = [at for at, _ in every]
    if not times or min(times) == max(times):
        return None
    start, end, most = min(times), max(times), max(amount for _, amount in every)
    lines = [
        StepLine(name, _placed(points, start, end, top_of(most)), points[-1][1])
        for name, points in drawn.items()
    ]
    return OverTime(lines, time_ticks(start, end), bytes_ticks(most))


def _placed(
    points: Sequence[Point], start: datetime, end: datetime, top: int
) -> list[tuple[float, float]]:
    return [(place_in(at, start, end), 100 - 100 * n / top) for at, n in points]


@dataclass(frozen=True, slots=True)
class Stretch:
    """For how long a message was in one queue; the name is "" if it is not known."""

    queue: str
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Mark:
    """One step of a closing."""

    kind: Kind
    place: float
    told: str


@dataclass(frozen=True, slots=True)
class Track:
    """The way of a closing through the queues, from its request to its end."""

    closing: Closing
    stretches: Sequence[Stretch]
    marks: Sequence[Mark]


def track(closing: Closing, scale: SpanScale) -> Track:
    """Return the way of a closing on a scale."""
    return Track(closing, _stretches(closing, scale), [*_marks(closing, scale)])


def _marks(closing: Closing, scale: SpanScale) -> Iterator[Mark]:
    """Yield the marks, without those that would cover others of their kind."""
    last: dict[Kind, float] = {}
    for step in closing.steps:
        after = step.at - closing.began
        place = scale.place(after)
        if place - last.get(step.kind, -APART) >= APART:
            last[step.kind] = place
            yield Mark(step.kind, place, f"+{spoken(after)} {step.text}")


def _stretches(closing: Closing, scale: SpanScale) -> list[Stretch]:
    ends: dict[str, tuple[float, float]] = {}
    for before, after in pairwise(closing.steps):
        left, right = (scale.place(s.at - closing.began) for s in (before, after))
        first, _ = ends.get(after.queue, (left, right))
        ends[after.queue] = (first, right)
    return [Stretch(queue, left, end - left) for queue, (left, end) in ends.items()]
