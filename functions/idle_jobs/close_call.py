"""The only place that posts a close: never on old news, and with a proof."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from idle_jobs.batch import LAST_SECONDS
from idle_jobs.errors import (
    ClusterError,
    JobFailed,
    LookAgain,
    NotReached,
    NotSent,
    Refused,
    TryLater,
)
from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.policy.job import Job, State
from idle_jobs.reasons import Reason
from idle_jobs.services import Services
from idle_jobs.steps.after_post import after_answer, after_evidence, after_success
from idle_jobs.steps.deadlines import SOONEST_LOOK, wait
from idle_jobs.steps.step import Close, End, Force, Park, Step, Wait

EARLY = timedelta(minutes=1)
OLDEST_READ = 60  # Seconds: what is closed was seen idle within them.
TO_REPORT = 5  # Seconds of an invocation that are left to tell what it has done.

Posted = tuple[Step, CloseMessage, Job | None]


@dataclass
class CloseCalls:
    """The posts of one batch. It is made right before the read that they rest on.

    After a refusal nothing more of the batch is posted. `fresh_until` is how many
    seconds are left when that read is old, `read_since` the same for the jobs that were
    read again.
    """

    services: Services
    seconds_left: Callable[[], float]
    fresh_until: float = field(init=False)
    read_since: dict[str, float] = field(default_factory=dict)
    refused: Refused | None = None

    def __post_init__(self) -> None:
        """Note how many seconds are left when the read is old."""
        self.fresh_until = self.seconds_left() - OLDEST_READ

    @property
    def now(self) -> datetime:
        """Return the time, which goes on while a post waits for its answer."""
        return self.services.clock()

    def post(self, step: Close | Force, message: CloseMessage) -> Posted:
        """Post one close and prove it; return what follows."""
        job, began = step.job, self.now
        try:
            self._call(step, message)
        except NotSent:
            return self._not_on_old_news(step, message), message, job
        except ClusterError as error:
            self._note(error, step, message)
            message = _stamped(message, began, error)
            after = after_answer(step, error, message, self.now, self.services.rules)
            if isinstance(error, LookAgain | TryLater) and isinstance(
                after, End | Park
            ):
                return self._unless_issued(after, step, message)
            if isinstance(after, Force):
                return self._judged_again(after, message)
            return after, message, job
        self.services.telemetry.posted(message, str(step), "closed")
        message = _stamped(message, began)
        try:
            return self._proved(step, message)
        except ClusterError as error:
            # It is said to be closed: whatever hides the proof, the next look has it.
            self.services.telemetry.trouble(error)
            # So it must come to that look, however old the message is.
            return Wait(SOONEST_LOOK, Reason.STILL_CLOSING), message, job

    def _read(self, job_id: str) -> Job | None:
        """Read the job once more, in what is left of the invocation."""
        cluster = self.services.cluster.within(self._longest_read)
        found = {j.job_id: j for j in cluster.jobs(self.now, [job_id])}
        return found.get(job_id)

    def _longest_read(self) -> float:
        return min(self.seconds_left() - TO_REPORT, self.services.timeouts.read)

    def _judged_again(self, step: Force, message: CloseMessage) -> Posted:
        """Read and judge anew what a 409 says: its try may outlast a fresh read."""
        job_id, now, rules = step.job.job_id, self.now, self.services.rules
        fresh_until = self.seconds_left() - OLDEST_READ
        try:
            job = self._read(job_id)
        except ClusterError as error:
            self.services.telemetry.trouble(error)
            return wait(step.evidence, message, now, rules), message, step.job
        self.read_since[job_id] = fresh_until
        return after_evidence(step.evidence, job, message, now, rules), message, job

    def _proved(self, step: Close | Force, message: CloseMessage) -> Posted:
        """Read the job once more; return what follows from how it is now."""
        proof = self._read(step.job.job_id)
        after = after_success(step, proof, message, self.now, self.services.rules)
        return after, message, proof

    def _unless_issued(
        self, after: Step, step: Close | Force, message: CloseMessage
    ) -> Posted:
        """End an old message that has no answer, unless its close went on its way."""
        try:
            following, message, proof = self._proved(step, message)
        except ClusterError as error:
            self.services.telemetry.trouble(error)
            return after, message, step.job
        state = proof.state if proof else State.CLOSED
        # A job that is forced may have been closing before, which says nothing.
        closing = state is State.CLOSING and isinstance(step, Close)
        issued = closing or state is State.CLOSED
        return following if issued else after, message, proof

    def _not_on_old_news(self, step: Close | Force, message: CloseMessage) -> Step:
        """Post nothing more than a minute after the read: the job may be in use by now.

        Evidence is seen anew at the next look; what ends without one says which it was.
        """
        away = Reason.CLUSTER_UNAVAILABLE
        why = step.evidence if isinstance(step, Force) else away
        return wait(why, message, self.now, self.services.rules)

    def _call(self, step: Close | Force, message: CloseMessage) -> None:
        left, force = self.seconds_left(), isinstance(step, Force)
        fresh_until = self.read_since.get(step.job.job_id, self.fresh_until)
        if left < max(fresh_until, LAST_SECONDS):
            raise NotSent("the state is old, or the invocation nearly over")
        if self.refused:
            raise self.refused
        most = max(left - LAST_SECONDS, 1)  # So that there is time to report.
        self.services.cluster.close(
            step.job,
            timeout=message.timeout if isinstance(step, Force) else step.timeout,
            read_timeout=min(self._patience(step, message), most),
            good_for=left - fresh_until,
            force=force,
        )

    def _patience(self, step: Close | Force, message: CloseMessage) -> float:
        """Return how many seconds to wait for an answer: long where it says most."""
        timeouts = self.services.timeouts
        if isinstance(step, Force) or step.measured:
            # A force whose answer is lost is told as a close like any other.
            return timeouts.measured
        early = self.now - (message.sent_at or self.now) < EARLY
        return timeouts.close_early if early else timeouts.close

    def _note(
        self, error: ClusterError, step: Close | Force, message: CloseMessage
    ) -> None:
        if self.refused:
            return
        self.services.telemetry.posted(message, str(step), f"{error.reason}: {error}")
        if isinstance(error, Refused):
            self.refused = error
            self.services.telemetry.trouble(error)


def _stamped(
    message: CloseMessage, began: datetime, error: ClusterError | None = None
) -> CloseMessage:
    """Note when a close was posted that may be on its way, or met a failed job."""
    throttled = error is not None and error.reason is Reason.THROTTLED
    if throttled or isinstance(error, NotReached):
        return message
    if isinstance(error, LookAgain | TryLater | JobFailed | None):
        return replace(message, posted_at=message.posted_at or began)
    return message
