"""What everybody else did: people, owners, SQS, the cluster; each event in words."""

from collections.abc import Iterator
from datetime import datetime

from idle_jobs.times import spoken
from simulation.history import (
    Asked,
    Event,
    Expired,
    Finished,
    Key,
    Lived,
    Moved,
    Owned,
    Rang,
    Redriven,
    Spoiled,
    Turned,
)
from simulation.telling.cast import Cast
from simulation.telling.lines import Line

CLOSED = "its closing has ended, and it is closed"

# Who does it, and what it is.
LIVED = {
    "created": ("owner", "is created"),
    "opened": ("somebody", "is opened, or moved to another node"),
    "data": ("owner", "gets data"),
    "feed_started": ("owner", "starts its datafeed"),
    "feed_stopped": ("owner", "stops its datafeed"),
    "reads_past": ("owner", "lets its datafeed read old data"),
    "silence_counts": ("owner", "has a detector to which silence is data"),
    "protected": ("owner", "is protected: managed, or in idle-closer-keep"),
    "unprotected": ("owner", "is no longer protected"),
    "forecast": ("owner", "asks for a forecast"),
    "forecast_ended": ("cluster", "its forecast has ended"),
    "blocked": ("owner", "resets it"),
    "unblocked": ("cluster", "its reset has ended"),
    "nodeless": ("cluster", "has no node"),
    "deleted": ("owner", "deletes it"),
    "closing": ("somebody", "closes it"),
    "closed": ("cluster", CLOSED),
    "failed": ("cluster", "fails"),
}
SPOILED = {
    "duplicated": "delivers the message twice",
    "delete_lost": "loses the delete of the message, which comes again",
}
UPGRADE = {"on": "turns the upgrade mode on", "off": "turns the upgrade mode off"}
DOOR = {
    "shut": "accepts no key that the functions have",
    "open": "accepts the functions' key again",
}


class Others:
    """Tells what everybody did but the functions."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        turned = [e for e in cast.history.events if isinstance(e, Turned)]
        self._told = {e.at for e in turned if e.what == "cluster"}

    def lines(self) -> Iterator[Line]:
        """Yield a line for each event."""
        for event in self._cast.history.events:
            yield from self._said(event)

    def _said(self, event: Event) -> Iterator[Line]:
        match event:
            case Asked():
                yield self._asked(event)
            case Lived():
                who, text = LIVED[event.what]
                yield Line(event.at, who, (event.job_id,), text)
            case Owned():
                yield Line(event.at, "owner", (event.job_id,), _wants(event))
            case Turned():
                yield from self._turned(event)
            case Redriven() | Spoiled() | Moved() | Expired():
                yield self._moved(event)
            case Finished() if event.how != "answered":
                yield from self._unanswered(event)
            case Rang():
                who = self._cast.function(event.invocation)
                text = f"counts {event.metric}, for which an alarm rings"
                whom = {key.job_id for key in self._cast.held(event.invocation)}
                yield Line(event.at, who, (), text, "fault", whom=whom)

    def _moved(self, event: Redriven | Spoiled | Moved | Expired) -> Line:
        """Return what became of a message outside of the functions."""
        who, kind = "SQS", "fault"
        match event:
            case Redriven():
                who, kind = "a person", ""
                text = "moves it from ParkingQueue back to RequestQueue"
            case Spoiled():
                text = SPOILED[event.how]
            case Moved():
                text = f"moves it to {event.target}: it was received too often"
            case Expired():
                text = f"drops it: it was too long in {event.queue}"
        return self._message(event.at, who, event.key, text, kind)

    def _unanswered(self, finished: Finished) -> Iterator[Line]:
        """Yield an invocation that failed or died, with each message that it held."""
        cast, number = self._cast, finished.invocation
        text = _why(finished)
        if not cast.held(number):
            yield Line(finished.at, cast.function(number), (), text, "fault")
        for key in cast.held(number):
            line = self._message(finished.at, cast.function(number), key, text, "fault")
            yield line._replace(group=number)

    def _message(
        self, at: datetime, who: str, key: Key, text: str, kind: str = ""
    ) -> Line:
        words = f"{text} ({self._cast.name(key.request_id)})"
        jobs, meant = self._cast.job(key), self._cast.meant(key)
        return Line(at, who, jobs, words, kind, whom=meant)

    def _turned(self, event: Turned) -> Iterator[Line]:
        match event.what:
            case "mode":
                text = f"sets the mode to {event.value}"
                yield Line(event.at, "operator", (), text)
            case "upgrade_mode":
                yield Line(event.at, "operator", (), UPGRADE[event.value])
            case "door" if event.at not in self._told:
                yield Line(event.at, "cluster", (), DOOR[event.value], "fault")
            case "cluster" | "aws":
                who = event.what if event.what == "cluster" else "AWS"
                yield Line(event.at, who, (), event.value, "fault")

    def _asked(self, asked: Asked) -> Line:
        key = Key(asked.request_id, asked.expression)
        name = self._cast.name(asked.request_id)
        if asked.scheduled:
            text = f"begins {name}, a request for all idle jobs"
            return Line(asked.at, "schedule", (), text, whom=asked.jobs)
        text = f"{_wish(asked)} ({name})"
        jobs = self._cast.job(key)
        return Line(asked.at, "a person", jobs, text, whom=asked.jobs)


def _wish(asked: Asked) -> str:
    """Say what a person asks for."""
    if not asked.readable:
        return "sends what is no request"
    if asked.request_id.startswith("foreign-"):
        return "sends a message that is meant for another cluster"
    if asked.expression in asked.jobs:
        text = "asks for a close"
    else:
        count = len(asked.jobs)
        text = (
            f"asks to close {asked.expression}, {count} job{'' if count == 1 else 's'}"
        )
    text += ", if idle" if asked.only_if_idle else ""
    text += ", in spite of a hold" if asked.despite_halt else ""
    text += ", with force" if asked.force else ""
    text += f", and says {asked.expected} are open" if asked.expected else ""
    minutes = asked.timeout.total_seconds() / 60
    return text + (f", timeout {spoken(asked.timeout)}" if minutes != 30 else "")


def _why(finished: Finished) -> str:
    """Say what became of an invocation that did not answer."""
    if finished.how == "died":
        where = f" {finished.error}".replace("effect", "call").rstrip()
        return f"dies{where}, and is run again later"
    # The text of a `repr`, without the name of its class.
    cause = finished.error.partition("(")[2].strip(")'\"") or finished.error
    return f"fails, and is run again later: {cause}"


def _wants(owned: Owned) -> str:
    until = owned.keep_open_until
    said = [
        f"mode {owned.mode}" if owned.mode else "",
        f"idle_after {spoken(owned.idle_after)}" if owned.idle_after else "",
        f"keep_open_until {until:%Y-%m-%dT%H:%MZ}" if until else "",
    ]
    return f"sets {', '.join(filter(None, said)) or 'owner'}"
