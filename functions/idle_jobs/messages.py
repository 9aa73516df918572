"""The close message: one job on its way through the queues; pure.

Functions are deployed one by one, so a reader ignores fields that it does not know, and
a newer `version` is looked at again later instead of being guessed at.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from idle_jobs.bodies import (
    BadBody,
    Read,
    choice,
    flag,
    name,
    one_job_id,
    parse_object,
    past_moment,
    read_fields,
    text,
    time_value,
)
from idle_jobs.envelopes import envelope
from idle_jobs.reasons import Reason
from idle_jobs.times import duration, moment, rfc3339

VERSION = 1


class Mode(StrEnum):
    """How far the application may go, the strictest first."""

    PAUSED = "paused"
    OBSERVE = "observe"
    CLOSE = "close"


def stricter(one: Mode, other: Mode) -> Mode:
    """Return the mode that allows less."""
    return min(one, other, key=list(Mode).index)


class Kind(StrEnum):
    """A `close` is ours; a `watch` looks after a closing that somebody else began."""

    CLOSE = "close"
    WATCH = "watch"


class Origin(StrEnum):
    """Who asked: the schedule, which asks again, or a request, which does not."""

    SCHEDULE = "schedule"
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the Sweeper saw of the job when it wrote the message."""

    state: str = ""
    last_activity: datetime | None = None
    open_start: datetime | None = None
    datafeed_state: str = ""


@dataclass(frozen=True, slots=True)
class CloseMessage:
    """One job to close, and all that is known of the wish.

    `requested_at` is kept over all hops. `closing_seen_at` is when the Closer found the
    job closing for too long, `handed_at` when it gave the message to the ForceCloser,
    `posted_at` when a close was posted first that may have made the job fail. `sent_at`
    is SQS's SentTimestamp; the body has it only where SQS's own is that of a put-back.
    """

    cluster: str
    request_id: str
    job_id: str
    requested_at: datetime
    kind: Kind = Kind.CLOSE
    origin: Origin = Origin.REQUEST
    mode: Mode = Mode.CLOSE
    only_if_idle: bool = True
    despite_halt: bool | None = None
    force: bool = False
    timeout: str = "30m"
    requested_by: str = ""
    reason: str = ""
    evidence: Evidence | None = None
    closing_seen_at: datetime | None = None
    handed_at: datetime | None = None
    posted_at: datetime | None = None
    parked_reason: str = ""
    sent_at: datetime | None = None

    @property
    def patience(self) -> timedelta:
        """Return how long the request lets Elasticsearch wait for the close."""
        return duration(self.timeout)

    def to_json(self, *, put_back: bool = False) -> str:
        """Write the body, without what is empty.

        What is put back into its queue keeps the time at which it was sent there.
        """
        body = {"version": VERSION} | _written(self)
        if not put_back:
            body.pop("sent_at", None)
        return json.dumps(body)


def _written(value: CloseMessage | Evidence) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for field in fields(value):
        part = getattr(value, field.name)
        if isinstance(part, datetime):
            written[field.name] = rfc3339(part)
        elif isinstance(part, Evidence):
            written[field.name] = _written(part)
        elif part not in (None, ""):
            written[field.name] = part
    return written


class NewerVersion(BadBody):
    """A message of a version that this code does not know yet."""


# Every version has them, beside `version`: so a close message is told from a request.
_MARKS = frozenset({"cluster", "request_id", "requested_at"})


def is_close_message(body: Mapping[str, object]) -> bool:
    """Tell a close message by its version and its marks.

    The `version` alone tells nothing: the envelopes of AWS have one, and so may what a
    person writes.
    """
    return _has_version(body) and _MARKS <= body.keys()


def _has_version(body: Mapping[str, object]) -> bool:
    version = body.get("version")
    return isinstance(version, int) and not isinstance(version, bool)


def parse_message(body: str, *, sent_at: datetime, now: datetime) -> CloseMessage:
    """Read a close message; BadBody names the field that is wrong."""
    value = parse_object(body)
    version: Any = value.get("version")
    if not is_close_message(value) and (found := envelope(value)):
        raise BadBody(f"body: expected a close message of the Sweeper's, got {found}")
    if not _has_version(value) or version < 1:
        why = f"version: expected {VERSION}, got {version!r:.60}"
        raise BadBody(f"{why}; requests go to RequestQueue")
    if version > VERSION:
        why = f"version: expected at most {VERSION}, got {version!r:.60}"
        raise NewerVersion(why, Reason.NEWER_VERSION)
    needed = ("cluster", "request_id", "job_id", "requested_at")
    if missing := [field for field in needed if field not in value]:
        raise BadBody(f"{missing[0]}: expected in every close message, but missing")
    return CloseMessage(**({"sent_at": sent_at} | read_fields(value, _readers(now))))


def _readers(now: datetime) -> Mapping[str, Read]:
    past = past_moment(now)

    def evidence(value: object) -> Evidence:
        if not isinstance(value, Mapping):
            raise ValueError(f"expected an object, got {value!r:.60}")
        # The cluster's clock may be ahead of ours: its times are taken as they are.
        readers = {"state": text, "last_activity": moment, "open_start": moment}
        return Evidence(**read_fields(value, readers | {"datafeed_state": text}))

    return {
        "cluster": name,
        "request_id": name,
        "job_id": one_job_id,
        "requested_at": past,
        "kind": choice(Kind),
        "origin": choice(Origin),
        "mode": _born_mode,
        "only_if_idle": flag,
        "despite_halt": flag,
        "force": flag,
        "timeout": time_value,
        "requested_by": text,
        "reason": text,
        "evidence": evidence,
        "closing_seen_at": past,
        "handed_at": past,
        "posted_at": past,
        "sent_at": past,
    }


def _born_mode(value: object) -> Mode:
    mode: Mode = choice(Mode)(value)
    if mode is Mode.PAUSED:
        # Nothing is sent while paused, so no message is born in it.
        raise ValueError("expected observe or close, got 'paused'")
    return mode
