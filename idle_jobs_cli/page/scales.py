"""The scales of the charts: which places and labels an axis has; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, log1p

from idle_jobs.sizes import spoken_bytes
from idle_jobs.times import duration, spoken

KB = 1024
# The distances between labels: of bytes, their first digits; of times, these.
ROUND = (1, 2, 4, 5, 8, 10, 20, 25, 40, 50, 80, 100, 200, 250, 400, 500)
MOST_BYTES, MOST_TIMES = 4, 6
TIMES = [
    duration(text)
    for text in (
        *("1m", "5m", "15m", "30m", "1h", "2h", "3h", "6h", "12h"),
        *("1d", "2d", "4d", "7d", "14d", "28d", "91d", "365d", "3650d"),
    )
]
# Most closes take seconds and some take hours: both are to be seen.
SPANS = [duration(text) for text in ("1m", "10m", "1h", "6h", "1d", "7d", "30d")]
LEAST_SPAN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of an axis, and its place in percent of the axis."""

    place: float
    label: str

    @property
    def anchor(self) -> str:
        """Return how its text lies to its place, so that it is not cut off."""
        if self.place < 8:
            return "start"
        return "end" if self.place > 92 else "middle"


def bytes_ticks(most: int) -> list[Tick]:
    """Return the labels of an axis of bytes, from 0 to a round number above `most`."""
    step = next(size for size in _sizes() if size * MOST_BYTES >= most)
    count = max(1, ceil(most / step))
    return [
        Tick(100 * n / count, spoken_bytes(n * step) or "0") for n in range(count + 1)
    ]


def top_of(most: int) -> int:
    """Return the number of bytes at the top of that axis."""
    step = next(size for size in _sizes() if size * MOST_BYTES >= most)
    return step * max(1, ceil(most / step))


def _sizes() -> Iterator[int]:
    unit = KB**2
    while True:
        yield from (number * unit for number in ROUND)
        unit *= KB


def time_ticks(start: datetime, end: datetime) -> list[Tick]:
    """Return the labels of an axis of time, at round times in UTC."""
    span = end - start
    step = next((s for s in TIMES if s * MOST_TIMES >= span), TIMES[-1])
    midnight = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight + step * ceil((start - midnight) / step)
    return [
        Tick(place_in(at, start, end), _day_or_time(at))
        for at in (first + step * n for n in range(MOST_TIMES + 2))
        if at <= end
    ]


def _day_or_time(at: datetime) -> str:
    at_midnight = (at.hour, at.minute) == (0, 0)
    return f"{at.day} {at:%b}" if at_midnight else f"{at:%H:%M}"


def place_in(at: datetime, start: datetime, end: datetime) -> float:
    """Return the place of a time between two others, in percent."""
    return 100 * ((at - start) / (end - start))


@dataclass(frozen=True, slots=True)
class SpanScale:
    """A logarithmic scale of time spans, from 0 to `longest`."""

    longest: timedelta

    @classmethod
    def over(cls, spans: Sequence[timedelta]) -> "SpanScale":
        """Return the scale on which all these spans have a place."""
        return cls(max([LEAST_SPAN, *spans]))

    def place(self, span: timedelta) -> float:
        """Return the place of a span, in percent."""
        longest = log1p(self.longest / SPANS[0])
        return min(100.0, 100 * log1p(max(span, timedelta()) / SPANS[0]) / longest)

    def ticks(self) -> list[Tick]:
        """Return the labels of the axis."""
        shown = [span for span in SPANS if span <= self.longest]
        return [
            Tick(self.place(span), spoken(span) if span else "0")
            for span in (timedelta(), *shown)
        ]
