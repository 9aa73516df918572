"""The six steps that a closer can take for a close message, and its decisions."""

from dataclasses import dataclass
from datetime import timedelta

from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.outcome import Ended
from idle_jobs.policy.job import Job
from idle_jobs.reasons import Reason


@dataclass(frozen=True, slots=True)
class Close:
    """Post a close without force; if a `measured` one fails, that is evidence."""

    job: Job
    timeout: str
    measured: bool = False

    def __str__(self) -> str:
        return "close"


@dataclass(frozen=True, slots=True)
class Force:
    """Post a close with `force=true`; `evidence` is why."""

    job: Job
    evidence: Reason

    def __str__(self) -> str:
        return f"force: {self.evidence}"


@dataclass(frozen=True, slots=True)
class Wait:
    """Leave the message in its queue for the time `after`."""

    after: timedelta
    why: Reason

    def __str__(self) -> str:
        return f"wait: {self.why}"


@dataclass(frozen=True, slots=True)
class HandOver:
    """Send the message to ForceQueue; `closing_seen`: it has been closing for long."""

    why: Reason
    closing_seen: bool = False

    def __str__(self) -> str:
        return f"hand over: {self.why}"


@dataclass(frozen=True, slots=True)
class End:
    """Finish the message, with an outcome."""

    ended: Ended
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Park:
    """Send the message to ParkingQueue, for a person."""

    reason: Reason
    detail: str = ""

    def __str__(self) -> str:
        return f"park: {self.reason}"


Step = Close | Force | Wait | HandOver | End | Park


@dataclass(frozen=True, slots=True)
class Decision:
    """The step that a look decided on, with the message and the job as now known.

    `first_look` is true until something is posted, if no earlier look at the message
    can have posted a close.
    """

    step: Step
    message: CloseMessage
    job: Job | None
    first_look: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """A post whose job has to be read again before its next step is known.

    `message` has what the post adds to it. `after` is the next step if the job is still
    as it was; None if Elasticsearch reported the job as closed.
    """

    step: Close | Force
    message: CloseMessage
    after: Step | None = None
