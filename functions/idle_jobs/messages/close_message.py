"""The close message: asks the closers to close one job; pure.

Functions are deployed one by one. So a reader ignores fields that it does not know, and
a message with a newer `version` waits until its function has been updated.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from idle_jobs.messages.envelopes import envelope
from idle_jobs.messages.readers import (
    BadBody,
    Reader,
    name,
    one_job_id,
    parse_object,
    past_moment,
    read_fields,
    text,
)
from idle_jobs.messages.terms import Terms, readers_of_terms
from idle_jobs.reasons import Reason
from idle_jobs.times import duration, moment, rfc3339

VERSION = 1


@dataclass(frozen=True, slots=True)
class Evidence:
    """The job as the Sweeper saw it; shows the closers what has changed since."""

    state: str = ""
    last_activity: datetime | None = None
    open_start: datetime | None = None
    datafeed_state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseMessage(Terms):
    """One job to close, on the terms of a request.

    `closing_seen_at` is when the Closer saw that the job had been closing for too long.
    `handed_at` is when the Closer sent the message to ForceQueue. `posted_at` is when
    the first close was posted that may have taken effect, and so may have made the job
    fail. `taken_at` is when the last close was posted that Elasticsearch took: it
    answered 200, or was at work. `announced_at` is when the job was announced, as the
    ledger says. `sent_at` is when the message was first sent to its queue.
    """

    cluster: str
    job_id: str
    only_if_idle: bool = True
    evidence: Evidence | None = None
    closing_seen_at: datetime | None = None
    handed_at: datetime | None = None
    posted_at: datetime | None = None
    taken_at: datetime | None = None
    announced_at: datetime | None = None
    parked_reason: str = ""
    sent_at: datetime | None = None

    @property
    def close_timeout(self) -> timedelta:
        """Return `timeout`, which Elasticsearch gets for the close, as a time span."""
        return duration(self.timeout)

    @property
    def marks(self) -> tuple[bool, bool]:
        """Return which of the two marks of a post the message has."""
        return bool(self.posted_at), bool(self.taken_at)

    def not_before(self, came: datetime) -> "CloseMessage":
        """Return the message without a time of evidence from before it came.

        Only the queue says when a message came to ForceQueue. The body could say any
        time, and a time of long ago would be evidence to force. The Closer writes
        `handed_at` and `closing_seen_at` when it sends a message, so this changes them
        by less than a second.
        """
        return replace(
            self,
            sent_at=came,
            handed_at=self.handed_at and max(self.handed_at, came),
            closing_seen_at=self.closing_seen_at and max(self.closing_seen_at, came),
        )

    def to_json(self, *, put_back: bool = False) -> str:
        """Return the body as JSON, without empty fields.

        A message that is put back into its queue keeps the time of its first send.
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


# Every version has these fields, and `version`; a request never has all of them.
_MARKS = frozenset({"cluster", "request_id", "requested_at"})


def is_close_message(body: Mapping[str, object]) -> bool:
    """Return whether a body is a close message: it has a version and the marks.

    The `version` alone is not enough: the envelopes of AWS have one, too.
    """
    return _has_version(body) and _MARKS <= body.keys()


def _has_version(body: Mapping[str, object]) -> bool:
    version = body.get("version")
    return isinstance(version, int) and not isinstance(version, bool)


def parse_message(body: str, *, sent_at: datetime, now: datetime) -> CloseMessage:
    """Return the close message in a body; BadBody names a field that is wrong."""
    value = parse_object(body)
    version: Any = value.get("version")
    if not is_close_message(value) and (found := envelope(value)):
        raise BadBody(f"body: expected a close message of the Sweeper, got {found}")
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


def _readers(now: datetime) -> Mapping[str, Reader]:
    past = past_moment(now)

    def evidence(value: object) -> Evidence:
        if not isinstance(value, Mapping):
            raise ValueError(f"expected an object, got {value!r:.60}")
        # `moment`, not `past`: the clock of the cluster may be ahead of ours.
        readers = {"state": text, "last_activity": moment, "open_start": moment}
        return Evidence(**read_fields(value, readers | {"datafeed_state": text}))

    return {
        **readers_of_terms(now, internal=True),
        "cluster": name,
        "job_id": one_job_id,
        "evidence": evidence,
        "closing_seen_at": past,
        "handed_at": past,
        "posted_at": past,
        "taken_at": past,
        "announced_at": past,
        "sent_at": past,
    }
