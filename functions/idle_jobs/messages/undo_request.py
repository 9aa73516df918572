"""What a person asks of the Reopener, in a direct invocation; pure.

`{"undo": {...}}` asks which closings there are and what would become of each.
`{"reopen": {...}}` names the closings to undo, one by one: what was not shown before is
never reopened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idle_jobs.messages.readers import (
    BadBody,
    Reader,
    name,
    one_job_id,
    past_moment,
    read_fields,
    text,
)
from idle_jobs.messages.terms import Kind, Terms
from idle_jobs.times import duration_up_to, moment

# How far back a closing is looked for. What nobody missed for longer may be opened by
# hand.
LONGEST_SINCE = "180d"
SINCE = timedelta(days=30)
MOST_CLOSINGS = 1000  # of one invocation, which reopens a few and tells what is left


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """Which closings are asked for: of one job, of one sweep or request, or all.

    `since` is how far back, and `request_id` that of the sweep or the request.
    """

    since: timedelta = SINCE
    job_id: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen:
    """The closings to undo, by their keys in the ledger, and who asks for it."""

    closings: tuple[str, ...]
    request_id: str
    requested_at: datetime
    requested_by: str = ""
    reason: str = ""

    @property
    def terms(self) -> Terms:
        """Return on which terms each of the jobs is reopened."""
        return Terms(
            request_id=self.request_id,
            requested_at=self.requested_at,
            requested_by=self.requested_by,
            reason=self.reason,
            kind=Kind.REOPEN,
        )


@dataclass(frozen=True, slots=True)
class Closing:
    """One closing to undo, by its key in the ledger."""

    closed: str
    asked: Reopen

    @property
    def job_id(self) -> str:
        """Return the id of the job."""
        return self.closed.partition(" ")[2]

    @property
    def request_id(self) -> str:
        """Return the id of the undo."""
        return self.asked.request_id


def parse_undo(event: object, now: datetime) -> Undo | Reopen:
    """Return what an event asks for; BadBody names the field that is wrong."""
    asked = event if isinstance(event, Mapping) else {}
    match [*asked.items()]:
        case [("undo", Mapping() as fields)]:
            return Undo(**_read(fields, _UNDO))
        case [("reopen", Mapping() as fields)]:
            read = _read(fields, {**_REOPEN, "requested_at": past_moment(now)})
            for needed in ("closings", "request_id", "requested_at"):
                if needed not in read:
                    raise BadBody(f"{needed}: expected, but missing")
            return Reopen(**read)
    expected = 'expected {"undo": {...}}, {"reopen": {...}} or {"doctor": true}'
    raise BadBody(f"event: {expected}, got {event!r:.60}")


def _read(
    fields: Mapping[str, object], readers: Mapping[str, Reader]
) -> dict[str, Any]:
    if unknown := [each for each in fields if each not in readers]:
        raise BadBody(f"{unknown[0]!s:.60}: expected one of {', '.join(readers)}")
    return read_fields(fields, readers)


def _since(value: object) -> timedelta:
    return duration_up_to(LONGEST_SINCE, value)


def _closings(value: object) -> tuple[str, ...]:
    """Return the keys of closings, `TIME JOB`, each of them once."""
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_CLOSINGS:
        raise ValueError(f"expected 1 to {MOST_CLOSINGS} closings, got {value!r:.60}")
    for closing in value:
        at, _, job_id = (
            closing.partition(" ") if isinstance(closing, str) else ("",) * 3
        )
        try:
            moment(at), one_job_id(job_id)
        except ValueError:
            expected = "expected the time and the job of a closing"
            raise ValueError(f"{expected}, got {closing!r:.100}") from None
    return tuple(dict.fromkeys(value))


_UNDO: Mapping[str, Reader] = {
    "since": _since,
    "job_id": one_job_id,
    "request_id": name,
}
_REOPEN: Mapping[str, Reader] = {
    "closings": _closings,
    "request_id": name,
    "requested_at": moment,
    "requested_by": text,
    "reason": text,
}
