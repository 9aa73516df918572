"""The only module that posts closes. It reads the jobs again after the posts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idle_jobs.batch import LAST_SECONDS
from idle_jobs.errors import ClusterError, LookAgain, NotSent, Refused, TryLater
from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.policy.job import Job, State
from idle_jobs.reasons import Reason
from idle_jobs.room import Room
from idle_jobs.services import Services
from idle_jobs.steps.after_post import (
    after_answer,
    after_evidence,
    after_success,
    stamped,
)
from idle_jobs.steps.deadlines import SHORTEST_WAIT, wait_or_give_up
from idle_jobs.steps.step import (
    Close,
    Decision,
    End,
    Force,
    Park,
    Posted,
    Step,
    Wait,
)

EARLY = timedelta(minutes=1)  # The close of a younger message has a short read timeout.
OLDEST_READ = timedelta(minutes=1)  # A job may be in use again after that.
TO_REPORT = timedelta(seconds=5)  # Kept free at the end of an invocation.


@dataclass
class CloseCalls:
    """Posts the closes of one batch. Create it right before the jobs are read.

    `ends` is when the invocation ends. The read becomes too old at `fresh_until`, or
    at `fresh_until_of` for a job that was read again. If `refused` is set, nothing more
    of the batch is posted. `room` limits closes.
    """

    services: Services
    ends: datetime
    fresh_until: datetime = field(init=False)
    fresh_until_of: dict[str, datetime] = field(default_factory=dict)
    refused: Refused | None = None
    room: Room = field(default_factory=Room)

    def __post_init__(self) -> None:
        """Compute when the read becomes too old."""
        self.fresh_until = self.now + OLDEST_READ

    @property
    def now(self) -> datetime:
        """Return the current time. It changes while a post waits for its answer."""
        return self.services.clock()

    @property
    def nearly_over(self) -> bool:
        """Return whether the last seconds of the invocation have begun."""
        return self._left(timedelta(seconds=LAST_SECONDS)) < 0

    def post(self, step: Close | Force, message: CloseMessage) -> Decision | Posted:
        """Post one close; return the next step, or what has to be read for it."""
        began, role = self.now, self.services.role
        if isinstance(step, Close) and (wait := self.room.hold(message, began, role)):
            return Decision(wait, message, step.job)
        try:
            self._call(step, message)
        except NotSent:
            return Decision(self._after_not_sent(step, message), message, step.job)
        except ClusterError as error:
            self._note(error, step, message)
            return self._after_error(error, step, stamped(message, began, error))
        self.services.telemetry.posted(message, str(step), "closed")
        return Posted(step, stamped(message, began))

    def read_again(self, posted: Collection[Posted]) -> Mapping[str, Job] | None:
        """Read the jobs of these posts again, once for all; None if that fails.

        The read may take no longer than the rest of the invocation.
        """
        ids, began = [each.step.job.job_id for each in posted], self.now
        cluster = self.services.cluster.within(self._longest_read)
        closed = all(each.after is None for each in posted)
        read = cluster.jobs_after_close if closed else cluster.jobs
        try:
            jobs = {job.job_id: job for job in read(began, ids)}
        except ClusterError as error:
            self.services.telemetry.trouble(error)
            return None
        self.fresh_until_of |= dict.fromkeys(ids, began + OLDEST_READ)
        return jobs

    def after(self, posted: Posted, jobs: Mapping[str, Job] | None) -> Decision:
        """Return the step after a post, given the jobs as read again."""
        if jobs is None:
            return self._unproved(posted)
        job = jobs.get(posted.step.job.job_id)
        message, now, role = posted.message, self.now, self.services.role
        if isinstance(posted.after, Force):
            after = after_evidence(posted.after.evidence, job, message, now, role)
            return Decision(after, message, job)
        closed = after_success(posted.step, job, message, now, role)
        if posted.after and not _closes(posted.step, job):
            return Decision(posted.after, message, job)
        return Decision(closed, message, job)

    def _after_error(
        self, error: ClusterError, step: Close | Force, message: CloseMessage
    ) -> Decision | Posted:
        """Return the next step; the job is read first if the close may have begun."""
        after = after_answer(step, error, message, self.now, self.services.role)
        last = isinstance(error, LookAgain | TryLater) and isinstance(after, End | Park)
        # A 409 that is evidence may have come late.
        if last or isinstance(after, Force):
            return Posted(step, message, after)
        return Decision(after, message, step.job)

    def _unproved(self, posted: Posted) -> Decision:
        """Return the step after a post whose job cannot be read again."""
        message, after = posted.message, posted.after
        if after is None:
            # The next look reads the job. The message waits, however old it is.
            after = Wait(SHORTEST_WAIT, Reason.STILL_CLOSING)
        elif isinstance(after, Force):
            role = self.services.role
            after = wait_or_give_up(after.evidence, message, self.now, role)
        return Decision(after, message, posted.step.job)

    def _longest_read(self) -> float:
        return min(self._left(TO_REPORT), self.services.timeouts.read)

    def _left(self, reserve: timedelta) -> float:
        """Return the remaining seconds of the invocation, less a reserve."""
        return (self.ends - reserve - self.now).total_seconds()

    def _fresh_for(self, job: Job) -> float:
        """Return in how many seconds the read of this job becomes too old."""
        fresh_until = self.fresh_until_of.get(job.job_id, self.fresh_until)
        return (fresh_until - self.now).total_seconds()

    def _after_not_sent(self, step: Close | Force, message: CloseMessage) -> Step:
        """Return the next step for a close that was not sent: the read was too old.

        The next look reads the job again. If the message is too old for another look,
        its outcome names the evidence for a force.
        """
        why = step.evidence if isinstance(step, Force) else Reason.CLUSTER_UNAVAILABLE
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
        # A proxy may drop a request if its caller hangs up before it is passed on. So
        # only the first post hangs up at once.
        if self.room.closing is not None and not message.posted_at:
            return timeouts.close_counted
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


def _closes(step: Close | Force, job: Job | None) -> bool:
    """Return whether a post without an answer did close the job, or does so now."""
    state = job.state if job else State.CLOSED
    # A job that is forced may have been closing before, so that proves nothing.
    closing = state is State.CLOSING and isinstance(step, Close)
    return closing or state is State.CLOSED
