"""The terms of a request: who asks for what, and how; pure.

All terms are defined, read and written here. A request, a close message and an outcome
carry them unchanged, so a new field is one more line of `Terms`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from idle_jobs.messages.readers import (
    Reader,
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
    """`close` closes a job; `watch` follows a job that somebody else is closing.

    `reopen` undoes a closing. No message has it: a closer would close the job again.
    """

    CLOSE = "close"
    WATCH = "watch"
    REOPEN = "reopen"


class Origin(StrEnum):
    """Who asked: the schedule, which asks again, or a person, who asks once."""

    SCHEDULE = "schedule"
    REQUEST = "request"


def _mode_of_a_message(value: object) -> Mode:
    mode: Mode = choice(Mode)(value)
    if mode is Mode.PAUSED:
        # No message is sent in mode `paused`.
        raise ValueError("expected observe or close, got 'paused'")
    return mode


def _kind_of_a_message(value: object) -> Kind:
    if value not in (Kind.CLOSE, Kind.WATCH):
        raise ValueError(f"expected one of close, watch, got {value!r:.60}")
    return Kind(str(value))


def _read_by(read: Reader, *, internal: bool = False) -> Mapping[str, Any]:
    """Return the metadata of a field; a request may not set an `internal` one."""
    return {"read": read, "internal": internal}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Who asks for what.

    `requested_at` stays the same from queue to queue. `only_if_idle` is None if the
    request leaves it out. `mode` is the mode in which the message was written. `reason`
    is the reason that a person gave. If there is none and the job is closed only if
    idle, it is the reason of the verdict. `requested_by` is what the request says;
    `sent_by` is SQS's SenderId of whoever sent it to RequestQueue.
    """

    force: bool = field(default=False, metadata=_read_by(flag))
    timeout: str = field(default="30m", metadata=_read_by(time_value))
    only_if_idle: bool | None = field(default=None, metadata=_read_by(flag))
    despite_halt: bool = field(default=False, metadata=_read_by(flag))
    reason: str = field(default="", metadata=_read_by(text))
    requested_by: str = field(default="", metadata=_read_by(text))
    sent_by: str = field(default="", metadata=_read_by(text, internal=True))
    request_id: str = field(metadata=_read_by(name))
    # `readers_of_terms` also refuses a time that has not passed yet.
    requested_at: datetime = field(metadata=_read_by(moment))
    origin: Origin = field(
        default=Origin.REQUEST, metadata=_read_by(choice(Origin), internal=True)
    )
    kind: Kind = field(
        default=Kind.CLOSE, metadata=_read_by(_kind_of_a_message, internal=True)
    )
    mode: Mode = field(
        default=Mode.CLOSE, metadata=_read_by(_mode_of_a_message, internal=True)
    )

    @property
    def terms(self) -> dict[str, Any]:
        """Return the fields of `Terms` alone, to copy them into the next value."""
        return {each.name: getattr(self, each.name) for each in fields(Terms)}


def readers_of_terms(now: datetime, *, internal: bool) -> Mapping[str, Reader]:
    """Return the readers of the terms that a request may set, or of all terms."""
    readers = {
        each.name: each.metadata["read"]
        for each in fields(Terms)
        if internal or not each.metadata["internal"]
    }
    return readers | {"requested_at": past_moment(now)}
