"""All that happened about one job or one key, line by line, for a person to read."""

from collections.abc import Callable, Iterator
from datetime import datetime

from simulation.history import (
    Asked,
    Began,
    Delivered,
    Event,
    Finished,
    History,
    Key,
    Lived,
    Owned,
    Rang,
    Read,
    Turned,
)


def timeline(history: History, about: str | Key) -> list[str]:
    """Return the events about a job id or a key, in order, one line each.

    A line has the time since the schedule's start, who did it, and what. With a key
    come its job's life and its request as a whole; with either, what the invocations
    did that had it in their hands.
    """
    functions = {e.invocation: e.function for e in history.events if type(e) is Began}
    concerns = _concerning(history, about)
    lines = []
    for event in history.events:
        if concerns(event):
            invocation = getattr(event, "invocation", 0)
            who = (
                f"{functions.get(invocation, '?')}#{invocation}" if invocation else "-"
            )
            since = _clock(event.at, history.start)
            lines.append(f"{since}  {who:<16} {_said(event)}")
    return [*lines, *_end(history, about)]


def _concerning(history: History, about: str | Key) -> Callable[[Event], bool]:
    job = about if isinstance(about, str) else about.job_id
    keys = {
        key
        for event in history.events
        if (key := getattr(event, "key", None)) and about in (key, key.job_id)
    }
    keys |= {about} if isinstance(about, Key) else set()
    rids = {key.request_id.removesuffix("/watch") for key in keys}
    rids |= set(_named_in(history, job)) if isinstance(about, str) else set()
    wishes = [e for e in history.events if type(e) is Asked and e.request_id in rids]
    for wish in wishes:
        keys |= {Key(wish.request_id, wish.expression), Key(wish.request_id, "")}
    hands = {
        event.invocation
        for event in history.events
        if getattr(event, "key", None) in keys and hasattr(event, "invocation")
    }

    def concerns(event: Event) -> bool:
        if isinstance(event, Asked):
            return event.request_id in rids
        if isinstance(event, Lived | Owned):
            return event.job_id == job
        if isinstance(event, Began | Finished | Read | Rang):
            return event.invocation in hands
        return isinstance(event, Turned) or event.key in keys

    return concerns


def _named_in(history: History, job: str) -> Iterator[str]:
    """Yield the requests, other than a schedule's, that stood for this job."""
    for event in history.events:
        if isinstance(event, Asked) and job in event.jobs and not event.scheduled:
            yield event.request_id


def _clock(at: datetime, start: datetime) -> str:
    since = (at - start).total_seconds()
    sign, seconds = ("-" if since < 0 else "+"), abs(since)
    hours, rest = divmod(seconds, 3600)
    return f"{sign}{hours:03.0f}:{rest // 60:02.0f}:{rest % 60:06.3f}"


def _said(event: Event) -> str:
    """Say an event in its own words: its name and what its fields hold."""
    words = [type(event).__name__.lower()]
    for name in event.__slots__:
        value = getattr(event, name)
        if name in ("at", "invocation") or value in ("", False, None):
            continue
        words.append(_word(event, name, value))
    return " ".join(words)


def _word(event: Event, name: str, value: object) -> str:
    if isinstance(value, Key):
        return f"{value.request_id}|{value.job_id}"
    if isinstance(value, frozenset):
        return f"{len(value)} jobs"
    if isinstance(event, Delivered) and name == "receives":
        return f"for the {value}. time"
    if value is True:
        return name
    return f"{name}={value}"


def _end(history: History, about: str | Key) -> Iterator[str]:
    job = about if isinstance(about, str) else about.job_id
    since = _clock(history.end, history.start)
    for left in history.left:
        if about in (left.key, left.key.job_id):
            age = history.end - left.sent_at
            yield f"{since}  -  left in {left.queue}: {age}"
    yield f"{since}  -  at the end {job} is {history.states.get(job, 'gone')}"
