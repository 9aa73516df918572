"""What a report shows, as values; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

# A time, and the bytes from then on.
Point = tuple[datetime, int]


class Kind(StrEnum):
    """What happened to a request for a job."""

    REQUESTED = "requested"
    LOOKED = "looked"
    POSTED = "posted"
    FORCED = "forced"
    HANDED_OVER = "handed over"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, when, and in words; `queue` is where the message was.

    `queue` is "" if it is not known.
    """

    at: datetime
    kind: Kind
    text: str
    queue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A request for a job that reached the queues, and what is known of its way.

    `ended` is how: closed, force_closed, or an end without a close. `closed_by` is what
    the ledger says of it, and `now` what became of the job since; both may be "".
    """

    job_id: str
    ended: str
    reason: str
    steps: Sequence[Step]
    asked_by: str = ""
    closed_by: str = ""
    memory_bytes: int = 0
    now: str = ""

    @property
    def began(self) -> datetime:
        """Return the time of the request."""
        return self.steps[0].at

    @property
    def over(self) -> datetime:
        """Return the time of the end."""
        return self.steps[-1].at

    @property
    def took(self) -> timedelta:
        """Return the time from the request to the end."""
        return self.over - self.began


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A whole report: a plan, and what is known of the past.

    `source` says in a sentence where all of it comes from. `closings` is None if
    nothing is known of the past; else they are those since `since`, the oldest first.
    `potential` is the memory of idle jobs whenever it was measured, and `saved` that of
    the jobs that were closed and still are; `saved_hours` sums it up in GiB-hours.
    """

    title: str
    source: str
    plan: Mapping[str, Any]
    closings: Sequence[Closing] | None = None
    since: datetime | None = None
    potential: Sequence[Point] = ()
    saved: Sequence[Point] = ()
    saved_hours: float = 0.0
