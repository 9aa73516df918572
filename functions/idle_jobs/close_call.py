"""The only module that posts closes. It reads each job again after the post."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idle_jobs.batch import LAST_SECONDS
from idle_jobs.errors import (
    ClusterError,
    LookAgain,
    NotSent,
    Refused,
    TryLater,
)
from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.policy.job import Job, State
from idle_jobs.reasons import Reason
from idle_jobs.services import Services
from idle_jobs.steps.after_post import (
    after_answer,
    after_evidence,
    after_success,
    stamped,
)
from idle_jobs.steps.deadlines import SHORTEST_WAIT, wait_or_give_up
from idle_jobs.steps.step import Close, End, Force, Park, Step, Wait

EARLY = timedelta(minutes=1)  # The close of a younger message has a short read timeout.
OLDEST_READ = timedelta(minutes=1)  # A job may be in use again after that.
TO_REPORT = timedelta(seconds=5)  # Kept free at the end of an invocation.


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


@dataclass
class CloseCalls:
    """Posts the closes of one batch. Create it right before the jobs are read.

    `ends` is when the invocation ends. The read becomes too old at `fresh_until`, or
    at `fresh_until_of` for a job that was read again. If `refused` is set, nothing more
    of the batch is posted.
    """

    services: Services
    ends: datetime
    fresh_until: datetime = field(init=False)
    fresh_until_of: dict[str, datetime] = field(default_factory=dict)
    refused: Refused | None = None

    def __post_init__(self) -> None:
        """Compute when the read becomes too old."""
        self.fresh_until = self.now + OLDEST_READ

    @property
    def now(self) -> datetime:
        """Return the current time. It changes while a post waits for its answer."""
        return self.services.clock()

    def post(self, step: Close | Force, message: CloseMessage) -> Decision:
        """Post one close, read the job again, and return the next step."""
        job, began = step.job, self.now
        try:
            self._call(step, message)
        except NotSent:
            return Decision(self._after_not_sent(step, message), message, job)
        except ClusterError as error:
            self._note(error, step, message)
            return self._after_error(error, step, stamped(message, began, error))
        self.services.telemetry.posted(message, str(step), "closed")
        message = stamped(message, began)
        try:
            return self._checked(step, message)
        except ClusterError as error:
            # Elasticsearch reported the job as closed, but it cannot be read again. The
            # next look reads it. The message waits for that, however old it is.
            self.services.telemetry.trouble(error)
            return Decision(Wait(SHORTEST_WAIT, Reason.STILL_CLOSING), message, job)

    def _after_error(
        self, error: ClusterError, step: Close | Force, message: CloseMessage
    ) -> Decision:
        after = after_answer(step, error, message, self.now, self.services.role)
        if isinstance(error, LookAgain | TryLater) and isinstance(after, End | Park):
            return self._unless_it_closes(after, step, message)
        if isinstance(after, Force):
            return self._judged_again(after, message)
        return Decision(after, message, step.job)

    def _read(self, job_id: str) -> Job | None:
        """Read the job again, within the remaining time of the invocation."""
        cluster = self.services.cluster.within(self._longest_read)
        found = {j.job_id: j for j in cluster.jobs(self.now, [job_id])}
        return found.get(job_id)

    def _longest_read(self) -> float:
        return min(self._left(TO_REPORT), self.services.timeouts.read)

    def _left(self, reserve: timedelta) -> float:
        """Return the remaining seconds of the invocation, less a reserve."""
        return (self.ends - reserve - self.now).total_seconds()

    def _fresh_for(self, job: Job) -> float:
        """Return in how many seconds the read of this job becomes too old."""
        fresh_until = self.fresh_until_of.get(job.job_id, self.fresh_until)
        return (fresh_until - self.now).total_seconds()

    def _judged_again(self, step: Force, message: CloseMessage) -> Decision:
        """Read and judge the job again after a 409, which may have come late."""
        job_id, now, role = step.job.job_id, self.now, self.services.role
        try:
            job = self._read(job_id)
        except ClusterError as error:
            self.services.telemetry.trouble(error)
            after = wait_or_give_up(step.evidence, message, now, role)
            return Decision(after, message, step.job)
        self.fresh_until_of[job_id] = now + OLDEST_READ
        after = after_evidence(step.evidence, job, message, now, role)
        return Decision(after, message, job)

    def _checked(self, step: Close | Force, message: CloseMessage) -> Decision:
        """Read the job again; return the next step for its present state."""
        job = self._read(step.job.job_id)
        after = after_success(step, job, message, self.now, self.services.role)
        return Decision(after, message, job)

    def _unless_it_closes(
        self, after: Step, step: Close | Force, message: CloseMessage
    ) -> Decision:
        """Return the last step `after`, unless the job is closing or closed."""
        try:
            checked = self._checked(step, message)
        except ClusterError as error:
            self.services.telemetry.trouble(error)
            return Decision(after, message, step.job)
        state = checked.job.state if checked.job else State.CLOSED
        # A job that is forced may have been closing before, so that proves nothing.
        closing = state is State.CLOSING and isinstance(step, Close)
        if closing or state is State.CLOSED:
            return checked
        return Decision(after, message, checked.job)

    def _after_not_sent(self, step: Close | Force, message: CloseMessage) -> Step:
        """Return the next step for a close that was not sent: the read was too old.

        The next look reads the job again. If the message is too old for another look,
        its outcome names the evidence for a force.
        """
        unsent = Reason.CLUSTER_UNAVAILABLE
        why = step.evidence if isinstance(step, Force) else unsent
        return wait_or_give_up(why, message, self.now, self.services.role)

    def _call(self, step: Close | Force, message: CloseMessage) -> None:
        left = self._left(timedelta(seconds=LAST_SECONDS))
        if self._fresh_for(step.job) < 0 or left < 0:
            raise NotSent("the read is too old, or the invocation is nearly over")
        if self.refused:
            raise self.refused
        self.services.cluster.close(
            step.job,
            timeout=message.timeout if isinstance(step, Force) else step.timeout,
            # Leaves time to report.
            read_timeout=min(self._answer_timeout(step, message), max(left, 1)),
            send_within=self._fresh_for(step.job),
            force=isinstance(step, Force),
        )

    def _answer_timeout(self, step: Close | Force, message: CloseMessage) -> float:
        """Return the seconds to wait for an answer: more if the answer is evidence."""
        timeouts = self.services.timeouts
        if isinstance(step, Force) or step.measured:
            # Without the answer, a forced job would be reported as `closed`.
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
