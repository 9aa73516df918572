"""The six things that can be done with a close message; values only."""

from dataclasses import dataclass
from datetime import timedelta

from idle_jobs.messages.outcome import Ended
from idle_jobs.policy.job import Job
from idle_jobs.reasons import Reason


@dataclass(frozen=True, slots=True)
class Close:
    """Post a gentle close; a measured one waits long enough to be evidence."""

    job: Job
    timeout: str
    measured: bool = False

    def __str__(self) -> str:
        return "close"


@dataclass(frozen=True, slots=True)
class Force:
    """Post a close with `force=true`, because of this evidence."""

    job: Job
    evidence: Reason

    def __str__(self) -> str:
        return f"force: {self.evidence}"


@dataclass(frozen=True, slots=True)
class Wait:
    """Leave the message in its queue and look again after this time."""

    after: timedelta
    why: Reason

    def __str__(self) -> str:
        return f"wait: {self.why}"


@dataclass(frozen=True, slots=True)
class HandOver:
    """Give the message to the ForceCloser, stamped if the job is seen closing."""

    why: Reason
    closing_seen: bool = False

    def __str__(self) -> str:
        return f"hand over: {self.why}"


@dataclass(frozen=True, slots=True)
class End:
    """End the message with an outcome."""

    ended: Ended
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Park:
    """Give the message to a person."""

    reason: Reason
    detail: str = ""

    def __str__(self) -> str:
        return f"park: {self.reason}"


Step = Close | Force | Wait | HandOver | End | Park
