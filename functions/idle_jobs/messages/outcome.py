"""How a request ended for one job; the log line and the metrics use it; pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.terms import Terms
from idle_jobs.policy.job import Job
from idle_jobs.reasons import Reason
from idle_jobs.times import rfc3339


class Ended(StrEnum):
    """How a request for a job can end; `reopened` if it asks to undo a closing."""

    CLOSED = "closed"
    FORCE_CLOSED = "force_closed"
    SKIPPED = "skipped"
    PARKED = "parked"
    REOPENED = "reopened"


class OfOneJob(Protocol):
    """A close message, or a closing to undo."""

    @property
    def job_id(self) -> str:
        """Return the id of the job."""

    @property
    def request_id(self) -> str:
        """Return the id of the request."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one request for one job.

    `terms` says who asked for what. An outcome may be logged twice, since SQS may
    deliver twice: deduplicate by `request_id` and `job_id`. `closing` identifies one
    close of the job (`job_id@finished_time`), whoever asked for it.
    """

    ended: Ended
    reason: Reason
    job_id: str
    terms: Terms
    detail: str = ""
    owner: str = ""
    memory_bytes: int = 0
    finished: datetime | None = None

    @property
    def closing(self) -> str:
        """Return the id of this close of the job, or "" if its time is not known."""
        return f"{self.job_id}@{rfc3339(self.finished)}" if self.finished else ""

    @property
    def request_reason(self) -> str:
        """Return the reason that a person gave, or "" if a verdict gave it."""
        given, verdicts = self.terms.reason, set(Reason)
        return "" if self.terms.only_if_idle and given in verdicts else given

    def in_plain_values(self) -> dict[str, Any]:
        """Return the outcome as flat log fields, without those that are empty."""
        own = {
            "ended": str(self.ended),
            "reason": str(self.reason),
            "job_id": self.job_id,
            "detail": self.detail,
            "request_reason": self.request_reason,
            "owner": self.owner,
            "memory_bytes": self.memory_bytes,
            "finished": rfc3339(self.finished) if self.finished else "",
            "closing": self.closing,
        }
        asked = self.terms.terms | {"requested_at": rfc3339(self.terms.requested_at)}
        return {name: value for name, value in (asked | own).items() if value}


def outcome_of(
    message: CloseMessage, job: Job | None, ended: Ended, reason: Reason, detail: str
) -> Outcome:
    """Return the outcome of a close message, given its job as last read."""
    outcome = Outcome(ended, reason, message.job_id, message, detail=detail)
    if job is None:
        return outcome
    closed = ended in (Ended.CLOSED, Ended.FORCE_CLOSED)
    return replace(
        outcome,
        owner=job.owner.name,
        memory_bytes=job.memory_bytes if closed else 0,
        finished=job.finished,
    )
