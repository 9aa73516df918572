"""Who asks for what: the fields from a request to its outcome; pure.

All terms are defined, read and written here. A request, a close message and an outcome
carry them unchanged, so a new field is one more line of `Terms`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from idle_jobs.messages.readers import (
    Read,
    choice,
    flag,
    name,
    past_moment,
    text,
    time_value,
)
from idle_jobs.times import moment


class Mode(StrEnum):
    """What the application may do, the strictest mode first."""

    PAUSED = "paused"
    OBSERVE = "observe"
    CLOSE = "close"


def stricter(one: Mode, other: Mode) -> Mode:
    """Return the mode that allows less."""
    return min(one, other, key=list(Mode).index)


class Kind(StrEnum):
    """`close` closes a job; `watch` follows a job that somebody else is closing."""

    CLOSE = "close"
    WATCH = "watch"


class Origin(StrEnum):
    """Who asked: the schedule, which repeats, or a request, which comes once."""

    SCHEDULE = "schedule"
    REQUEST = "request"


def _mode_of_a_message(value: object) -> Mode:
    mode: Mode = choice(Mode)(value)
    if mode is Mode.PAUSED:
        # No message is sent in mode `paused`.
        raise ValueError("expected observe or close, got 'paused'")
    return mode


def _by(read: Read, *, ours: bool = False) -> Mapping[str, Any]:
    """Return the metadata of a field: its reader, and whether only we may set it."""
    return {"read": read, "ours": ours}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Who asks for what.

    `requested_at` stays the same from queue to queue. `only_if_idle` is None if the
    request leaves it out. `mode` is the mode in which the message was written. `reason`
    is the reason that a person gave. If there is none and the job is closed only if
    idle, it is the reason of the verdict.
    """

    force: bool = field(default=False, metadata=_by(flag))
    timeout: str = field(default="30m", metadata=_by(time_value))
    only_if_idle: bool | None = field(default=None, metadata=_by(flag))
    despite_halt: bool = field(default=False, metadata=_by(flag))
    reason: str = field(default="", metadata=_by(text))
    requested_by: str = field(default="", metadata=_by(text))
    request_id: str = field(metadata=_by(name))
    requested_at: datetime = field(metadata=_by(moment))
    origin: Origin = field(
        default=Origin.REQUEST, metadata=_by(choice(Origin), ours=True)
    )
    kind: Kind = field(default=Kind.CLOSE, metadata=_by(choice(Kind), ours=True))
    mode: Mode = field(default=Mode.CLOSE, metadata=_by(_mode_of_a_message, ours=True))

    @property
    def terms(self) -> dict[str, Any]:
        """Return the fields of `Terms` alone, to copy them into the next value."""
        return {each.name: getattr(self, each.name) for each in fields(Terms)}


def readers_of_terms(now: datetime, *, ours: bool) -> Mapping[str, Read]:
    """Return the readers of all terms if `ours`, else of those for a person."""
    readers = {
        each.name: each.metadata["read"]
        for each in fields(Terms)
        if ours or not each.metadata["ours"]
    }
    return readers | {"requested_at": past_moment(now)}
