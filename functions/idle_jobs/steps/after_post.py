"""The step after a post, by its answer or by the job as read again; pure."""

from dataclasses import replace
from datetime import datetime

from idle_jobs.errors import (
    BadRequest,
    ClusterError,
    DatafeedWouldNotStop,
    Gone,
    JobFailed,
    LookAgain,
    NotReached,
    Refused,
    TryLater,
    Unanswered,
)
from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.outcome import Ended
from idle_jobs.policy.job import Job, State
from idle_jobs.reasons import Reason
from idle_jobs.steps.deadlines import (
    LONGEST_WAIT,
    SHORTEST_WAIT,
    give_up,
    look_again,
    park_as_expired,
    wait_or_give_up,
)
from idle_jobs.steps.next_step import next_step, why_closed
from idle_jobs.steps.role import Role
from idle_jobs.steps.step import Close, End, Force, Park, Step, Wait


def after_success(
    step: Close | Force,
    job: Job | None,
    message: CloseMessage,
    now: datetime,
    role: Role,
) -> Step:
    """Return the step after a successful post, given the job as read again."""
    if job and job.state is not State.CLOSED:
        if job.state is State.FAILED and isinstance(step, Close):
            # The close was posted, and the job failed while it closed.
            return next_step(job, message, now, role)
        why, closing = Reason.STILL_CLOSING, job.state is State.CLOSING
        after = wait_or_give_up(why, message, now, role)
        if isinstance(step, Close) and closing and isinstance(after, End | Park):
            # It has only begun to close: look again, however old the message is.
            return look_again(why, message, now, at_least=LONGEST_WAIT)
        return after
    if isinstance(step, Force):
        # An orphan has only its task, so it no longer exists once that is closed.
        return End(Ended.FORCE_CLOSED, step.evidence)
    if job is None:
        return End(Ended.SKIPPED, Reason.GONE, "deleted as soon as it was closed")
    return End(Ended.CLOSED, why_closed(message))


def after_evidence(
    evidence: Reason,
    job: Job | None,
    message: CloseMessage,
    now: datetime,
    role: Role,
) -> Step:
    """Return the step after a 409 that is evidence, given the job as read again.

    The close may have taken minutes. If the job's present state leads to another step
    than a close, that step is taken. Otherwise a datafeed that did not stop in a
    measured close is enough to force. Any other evidence waits for the next look.
    """
    step = next_step(job, message, now, role)
    if not isinstance(step, Close):
        return step
    if step.measured and evidence is Reason.DATAFEED_WOULD_NOT_STOP:
        return Force(step.job, evidence)
    return wait_or_give_up(evidence, message, now, role)


def after_answer(
    step: Close | Force,
    error: ClusterError,
    message: CloseMessage,
    now: datetime,
    role: Role,
) -> Step:
    """Return the step after a post that did not close the job."""
    if isinstance(error, Gone):
        return End(Ended.SKIPPED, Reason.GONE, str(error))
    if isinstance(error, BadRequest):
        return give_up(error.reason, str(error), message)
    if isinstance(error, JobFailed) and isinstance(step, Close):
        return role.force(step.job, Reason.FAILED)
    measured = isinstance(step, Close) and step.measured
    if isinstance(error, DatafeedWouldNotStop) and measured:
        return Force(step.job, Reason.DATAFEED_WOULD_NOT_STOP)
    at_least = LONGEST_WAIT if isinstance(error, Refused) else SHORTEST_WAIT
    after = wait_or_give_up(error.reason, message, now, role, at_least=at_least)
    if isinstance(after, Wait) and not isinstance(error, LookAgain):
        return _park_if_it_expires(after, step.job, error, message, now, role)
    return after


def _park_if_it_expires(  # noqa: PLR0913, PLR0917 - a wait, and what the next look depends on
    after: Wait,
    job: Job,
    error: ClusterError,
    message: CloseMessage,
    now: datetime,
    role: Role,
) -> Step:
    """Park the request now if it will have expired at the next look; else wait.

    The detail of the parked request is then the answer of the cluster.
    """
    following = next_step(job, message, now + after.after, role)
    if isinstance(following, Park) and following.reason is Reason.REQUEST_EXPIRED:
        return park_as_expired(f"{error.reason}: {error}", role)
    return after


def stamped(
    message: CloseMessage, began: datetime, error: ClusterError | None = None
) -> CloseMessage:
    """Return the message with what a post adds to it, given its time and its answer.

    `posted_at` if the close may take effect, or if it found a failed job. `taken_at` if
    Elasticsearch has closed the job, or is at work.
    """
    throttled = error is not None and error.reason is Reason.THROTTLED
    if throttled or isinstance(error, NotReached):
        return message
    if not isinstance(error, LookAgain | TryLater | JobFailed | None):
        return message
    taken = began if isinstance(error, Unanswered | None) else None
    return replace(
        message,
        posted_at=message.posted_at or began,
        taken_at=taken or message.taken_at,
    )
