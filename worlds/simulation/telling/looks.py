"""What the functions did: each look at a message, and what a Sweeper answered."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulation.history import (
    Delivered,
    Event,
    HungUp,
    Key,
    Posted,
    Said,
    Sent,
    Told,
)
from simulation.telling.cast import Cast
from simulation.telling.lines import Line

NOTHING = timedelta(microseconds=1)
FOLLOWS = "sends a message that follows the close of somebody else"


@dataclass
class Look:
    """All that one invocation did for one key."""

    at: datetime
    invocation: int
    function: str
    key: Key
    events: list[Event] = field(default_factory=list)

    def has(self, kind: type[Event]) -> bool:
        """Tell whether there is an event of a kind."""
        return any(isinstance(event, kind) for event in self.events)

    @property
    def goes_on(self) -> bool:
        """Its message stays, or was replaced by one that waits."""
        waits = any(isinstance(e, Said) and e.what != "hands_over" for e in self.events)
        return waits and not self.has(Told)


class Looks:
    """Tells what the functions did; with `details`, those of the outcomes, too."""

    def __init__(self, cast: Cast, *, details: bool) -> None:
        self._cast, self._details = cast, details
        self._begun: dict[tuple[int, str], datetime] = {}

    def lines(self) -> Iterator[Line]:
        """Yield what was done key by key; looks that are all the same are one line."""
        for looks in self._by_key().values():
            same: list[Look] = []
            for look in looks:
                if same and not self._alike(same[0], look):
                    yield from self._all_of(same)
                    same = []
                same.append(look)
            yield from self._all_of(same)

    def _by_key(self) -> dict[Key, list[Look]]:
        looks: dict[tuple[int, Key], Look] = {}
        for event in self._cast.history.events:
            number, key = getattr(event, "invocation", 0), getattr(event, "key", None)
            if not number or key is None:
                continue
            # What cannot be read holds up all that the invocation has in its hands.
            keys = self._cast.held(number) if key == Key("", "") else [key]
            for one in keys:
                look = Look(event.at, number, self._cast.function(number), one)
                looks.setdefault((number, one), look).events.append(event)
                if isinstance(event, Sent | Told):
                    self._begun.setdefault((number, one.request_id), event.at)
        by_key: dict[Key, list[Look]] = {}
        for look in looks.values():
            by_key.setdefault(look.key, []).append(look)
        return by_key

    def _alike(self, first: Look, look: Look) -> bool:
        """Tell whether a look is a repeat: of the same function, to the same effect."""
        if first.function != look.function or not (first.goes_on and look.goes_on):
            return False
        return [*self._said(first)] == [*self._said(look)]

    def _all_of(self, looks: list[Look]) -> Iterator[Line]:
        first, last = looks[0], looks[-1]
        if len(looks) == 1:
            yield from self._one(first)
            return
        words = "; ".join(text for text, _ in self._said(first))
        often = f"looks {len(looks)} times until {self._cast.since(last.at)}"
        wait, _, why = words.partition("waits: ")
        text = f"{often}: {words}" if wait else f"waits, and {often}: {why}"
        yield self._line(first, text)

    def _one(self, look: Look) -> Iterator[Line]:
        """Yield a look: what it does while its message stays is one line."""
        if look.goes_on and look.has(Delivered):
            words = "; ".join(text for text, _ in self._said(look))
            yield self._line(look, words)
            return
        for text, at, kind in self._each(look):
            yield self._line(look, text, kind)._replace(at=at)

    def _said(self, look: Look) -> Iterator[tuple[str, str]]:
        for text, _, kind in self._each(look):
            yield text, kind

    def _each(self, look: Look) -> Iterator[tuple[str, datetime, str]]:
        """Yield what was done in a look, at which time, and how it is to look."""
        posts = 0
        for event in look.events:
            posts += isinstance(event, Posted)
            text, kind = self._words(event, look)
            if isinstance(event, HungUp):
                text = text if posts < 1 else ""
                posts = 0
            if text:
                yield text, self._time(event), kind
        if not look.has(Posted) and all(isinstance(e, Delivered) for e in look.events):
            yield from self._nothing(look)

    def _time(self, event: Event) -> datetime:
        """Return when it is told: what a Sweeper read, before what it did then."""
        if not isinstance(event, Said) or event.what != "swept":
            return event.at
        request = (event.invocation, event.key.request_id)
        return min(event.at, self._begun.get(request, event.at) - NOTHING)

    def _words(self, event: Event, look: Look) -> tuple[str, str]:
        match event:
            case Posted():
                return _posted(event), ""
            case HungUp():
                return "posts a close, and gets no answer", ""
            case Told():
                return self._outcome(event), event.ended
            case Sent():
                return _sent(event, look), ""
            case Said():
                return _own_words(event, look), ""
        return "", ""

    def _outcome(self, told: Told) -> str:
        shown = told.detail and (self._details or told.ended == "parked")
        return f"{told.ended}: {told.reason}" + (f", {told.detail}" if shown else "")

    def _nothing(self, look: Look) -> Iterator[tuple[str, datetime, str]]:
        """Yield why a look had no effect, unless its invocation did not end well."""
        finished = self._cast.truth.finished.get(look.invocation)
        if finished is None or finished.how != "answered":
            return
        if "paused" in self._cast.truth.mode.between(look.at, finished.at):
            yield "waits: the mode is paused", look.at, ""

    def _line(self, look: Look, text: str, kind: str = "") -> Line:
        cast, key = self._cast, look.key
        words = f"{text} ({cast.name(key.request_id)})"
        jobs, meant = cast.job(key), cast.meant(key)
        return Line(look.at, look.function, jobs, words, kind, look.invocation, meant)


def _posted(post: Posted) -> str:
    how = "forced close" if post.force else "close"
    states = f"{post.before or 'gone'} -> {post.after or 'gone'}"
    answer = f", answer {post.answer}" if post.answer != 200 else ""
    return f"posts a {how}: {states}{answer}"


def _own_words(said: Said, look: Look) -> str:
    match said.what:
        case "waits":
            closing = said.why == "still_closing" and look.has(Posted)
            return "" if closing else f"waits: {said.why}"
        case "hands_over":
            return f"hands over to ForceQueue: {said.why}"
        case "no_mode":
            return "waits: the mode cannot be read"
        case "swept":
            # One job that is sent on, or whose outcome is told, needs no more words.
            return "" if said.why.startswith("reads 1 job:") else said.why


def _sent(sent: Sent, look: Look) -> str:
    """Say what was sent, where nothing else says so."""
    if sent.kind == "watch" and look.function == "Sweeper":
        return FOLLOWS
    parked = sent.queue == "ParkingQueue" and look.has(Told)
    put_back = sent.queue == "CloseQueue" and look.function == "Closer"
    handed = sent.queue == "ForceQueue" and look.has(Said)
    if parked or put_back or handed:
        return ""
    return f"sends {'a close message' if sent.kind else 'it'} to {sent.queue}"
