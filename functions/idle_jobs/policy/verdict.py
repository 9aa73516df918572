"""What is to be done with a job and why: one value for log line, metric and test."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from idle_jobs.policy.job import Job
from idle_jobs.reasons import Reason


class Action(StrEnum):
    """What a sweep does with a job."""

    KEEP = "keep"
    REPORT = "report"
    WATCH = "watch"
    CLOSE = "close"
    FORCE = "force"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done with a job and why, in words for its owner.

    `idle_since` is the moment from which it counts as idle: its last activity plus the
    time that it may be quiet; None where it is not idle. `stuck` marks a job that has
    been opening for over an hour.
    """

    job: Job
    action: Action
    reason: Reason
    detail: str = ""
    idle_since: datetime | None = None
    stuck: bool = False
