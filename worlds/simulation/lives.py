"""What became of each job, told by the events alone; knows nothing of the product."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from simulation.history import Event, Lived, Owned, Posted


class Track:
    """One property over time; a value holds from its change until the next one."""

    __slots__ = ("_times", "_values")

    def __init__(self, first: str = "") -> None:
        self._times: list[datetime] = []
        self._values = [first]

    @property
    def last(self) -> str:
        """Return the value that it ends with."""
        return self._values[-1]

    def turn(self, at: datetime, value: str) -> None:
        """Change the value; changes come in the order of time."""
        if value != self._values[-1]:
            self._times.append(at)
            self._values.append(value)

    def between(self, start: datetime, end: datetime) -> list[str]:
        """Return the values that it had from `start` to `end`, both included.

        Where it changes at `start`, the value before counts as well: events of one
        moment have no order that a reader could see.
        """
        first = bisect_left(self._times, start)
        return self._values[first : bisect_right(self._times, end) + 1]

    def always(self, value: str, start: datetime, end: datetime) -> bool:
        """Tell whether it had this one value all the time."""
        return self.between(start, end) == [value]

    def spans(
        self, value: str, start: datetime, end: datetime
    ) -> Iterator[datetime | None]:
        """Yield when each span of this value began that reaches into a time.

        None stands for a span that is older than all that is known.
        """
        first = bisect_left(self._times, start)
        last = bisect_right(self._times, end)
        for nth in range(first, last + 1):
            if self._values[nth] == value:
                yield self._times[nth - 1] if nth else None

    def lasted(
        self, value: str, start: datetime, end: datetime
    ) -> tuple[timedelta, int]:
        """Return for how long, and how many times, it had a value within a time."""
        times = [start, *(t for t in self._times if start < t < end), end]
        first = bisect_right(self._times, start)
        total, spells = timedelta(), 0
        for nth, (begun, over) in enumerate(pairwise(times), first):
            if self._values[nth] == value and over > begun:
                total, spells = total + (over - begun), spells + 1
        return total, spells


NO_WORD = Owned(datetime.min.replace(tzinfo=UTC), "")


@dataclass(slots=True)
class Life:
    """One job: its state, empty where it does not exist, and what people did to it.

    `starts` is when it was created or opened, `words` are its owner's. A flag is `yes`
    or empty; `nodeless` stays, though it may have found a node since.
    """

    state: Track = field(default_factory=Track)
    fed: Track = field(default_factory=Track)
    kept: Track = field(default_factory=Track)
    blocked: Track = field(default_factory=Track)
    forecast: Track = field(default_factory=Track)
    past: Track = field(default_factory=Track)
    counts: Track = field(default_factory=Track)
    nodeless: bool = False
    data: list[datetime] = field(default_factory=list)
    starts: list[datetime] = field(default_factory=list)
    created: list[datetime] = field(default_factory=list)
    opened: list[datetime] = field(default_factory=list)
    words: list[Owned] = field(default_factory=lambda: [NO_WORD])

    def said(self, start: datetime, end: datetime) -> list[Owned]:
        """Return the owner's words that were in force in this time, in their order."""
        if len(self.words) == 1:
            return self.words
        times = [word.at for word in self.words]
        return self.words[bisect_right(times, start) - 1 : bisect_right(times, end)]


def latest(times: list[datetime], until: datetime) -> datetime | None:
    """Return the latest of these times that is not after `until`."""
    nth = bisect_right(times, until)
    return times[nth - 1] if nth else None


_STATES = {
    "created": "closed",
    "opened": "opened",
    "closing": "closing",
    "closed": "closed",
    "failed": "failed",
    "deleted": "",
}
_FLAGS = {
    "feed_started": ("fed", "yes"),
    "feed_stopped": ("fed", ""),
    "protected": ("kept", "yes"),
    "unprotected": ("kept", ""),
    "blocked": ("blocked", "yes"),
    "unblocked": ("blocked", ""),
    "forecast": ("forecast", "yes"),
    "forecast_ended": ("forecast", ""),
    "reads_past": ("past", "yes"),
    "silence_counts": ("counts", "yes"),
}


def lives_of(events: Iterable[Event]) -> defaultdict[str, Life]:
    """Return the life of each job; one that is never heard of does not exist."""
    lives: defaultdict[str, Life] = defaultdict(Life)
    for event in events:
        if type(event) is Lived:
            _live(lives[event.job_id], event)
        elif type(event) is Owned:
            lives[event.job_id].words.append(event)
        elif type(event) is Posted:
            life = lives[event.key.job_id]
            _become(life, event.at, event.before)
            _become(life, event.at, event.after)
    return lives


def _live(life: Life, event: Lived) -> None:
    at, what = event.at, event.what
    if what == "data":
        life.data.append(at)
    elif what == "nodeless":
        life.nodeless = True
    elif what in _FLAGS:
        flag, value = _FLAGS[what]
        getattr(life, flag).turn(at, value)
    else:
        if what == "created":
            if life.created:
                _forget(life, at)
            life.created.append(at)
        if what == "opened":
            life.opened.append(at)
        if what in ("created", "opened"):
            life.starts.append(at)
        _become(life, at, _STATES[what])


def _forget(life: Life, at: datetime) -> None:
    """Let a job that was deleted and made again begin anew."""
    for flag in (life.fed, life.kept, life.blocked, life.forecast, life.past):
        flag.turn(at, "")
    life.words[1:] = [Owned(at, "")]


def _become(life: Life, at: datetime, state: str) -> None:
    life.state.turn(at, state)
    if state in ("closing", "closed", ""):
        # A close stops the job's datafeed first, whoever asks for it.
        life.fed.turn(at, "")
        life.past.turn(at, "")
        life.forecast.turn(at, "")
