"""How a request for a job ends: one value for log line, metric and event; pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from idle_jobs.jobs import Job
from idle_jobs.messages import CloseMessage
from idle_jobs.reasons import Reason
from idle_jobs.times import rfc3339


class Ended(StrEnum):
    """The four ends; every request for a job has exactly one of them."""

    CLOSED = "closed"
    FORCE_CLOSED = "force_closed"
    SKIPPED = "skipped"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One end of one request for one job.

    `request_id` + `job_id` is the key to deduplicate by, since SQS may deliver twice;
    `closing` (`job_id@finished_time`) names one closing, whoever asked for it. `wish`
    is the reason that a person gave.
    """

    ended: Ended
    reason: Reason
    job_id: str
    request_id: str
    detail: str = ""
    origin: str = ""
    requested_by: str = ""
    wish: str = ""
    owner: str = ""
    memory_bytes: int = 0
    finished: datetime | None = None

    @property
    def closing(self) -> str:
        """Return the name of this one closing, empty where it is not known."""
        return f"{self.job_id}@{rfc3339(self.finished)}" if self.finished else ""


def wish_of(reason: str, *, only_if_idle: bool | None) -> str:
    """Return the reason that a person gave; where none did, there is the verdict's."""
    return "" if only_if_idle and reason in set(Reason) else reason


def outcome_of(
    message: CloseMessage, job: Job | None, ended: Ended, reason: Reason, detail: str
) -> Outcome:
    """Compose the outcome of a close message from what was last read of its job."""
    outcome = Outcome(
        ended=ended,
        reason=reason,
        job_id=message.job_id,
        request_id=message.request_id,
        detail=detail,
        origin=message.origin,
        requested_by=message.requested_by,
        wish=wish_of(message.reason, only_if_idle=message.only_if_idle),
    )
    if job is None:
        return outcome
    closed = ended in (Ended.CLOSED, Ended.FORCE_CLOSED)
    return replace(
        outcome,
        owner=job.owner.name,
        memory_bytes=job.memory_bytes if closed else 0,
        finished=job.finished,
    )
