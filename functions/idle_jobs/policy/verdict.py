"""A verdict: what to do with a job, and why; pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from idle_jobs.policy.job import Job
from idle_jobs.reasons import Reason
from idle_jobs.times import rfc3339


class Action(StrEnum):
    """What a sweep does with a job."""

    KEEP = "keep"
    REPORT = "report"
    WATCH = "watch"
    CLOSE = "close"
    FORCE = "force"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a job, and why; `detail` is written for its owner.

    `idle_since` is the time from which the job counts as idle: its last activity plus
    the time that it may be quiet. It is None for a job that is not idle. `stuck` marks
    a job that has been opening for more than an hour.
    """

    job: Job
    action: Action
    reason: Reason
    detail: str = ""
    idle_since: datetime | None = None
    stuck: bool = False

    def in_plain_values(self) -> dict[str, object]:
        """Return the verdict as flat fields, without those that are empty."""
        values = {
            "job_id": self.job.job_id,
            "action": str(self.action),
            "reason": str(self.reason),
            "detail": self.detail,
            "idle_since": rfc3339(self.idle_since) if self.idle_since else "",
            "memory_bytes": self.job.memory_bytes,
            "owner": self.job.owner.name,
        }
        return {name: value for name, value in values.items() if value}
