"""The step after a post, by its answer or by the job as read again; pure."""

from datetime import datetime

from idle_jobs.errors import (
    BadRequest,
    ClusterError,
    DatafeedWouldNotStop,
    Gone,
    JobFailed,
    LookAgain,
    Refused,
)
from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.outcome import Ended
from idle_jobs.policy.job import Job, State
from idle_jobs.reasons import Reason
from idle_jobs.steps.deadlines import (
    LATEST_LOOK,
    SOONEST_LOOK,
    expired,
    give_up,
    look_again,
    wait,
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
            # The close was issued, and the job failed while it closed.
            return next_step(job, message, now, role)
        why, closing = Reason.STILL_CLOSING, job.state is State.CLOSING
        after = wait(why, message, now, role)
        if isinstance(step, Close) and closing and isinstance(after, End | Park):
            # It has only begun to close: look again, however old the message is.
            return look_again(why, message, now, at_least=LATEST_LOOK)
        return after
    if isinstance(step, Force):
        # A missing job counts as closed: an orphan is nothing but its task.
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
    return wait(evidence, message, now, role)


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
    at_least = LATEST_LOOK if isinstance(error, Refused) else SOONEST_LOOK
    after = wait(error.reason, message, now, role, at_least=at_least)
    if isinstance(after, Wait) and not isinstance(error, LookAgain):
        return _or_expired(after, step.job, error, message, now, role)
    return after


def _or_expired(  # noqa: PLR0913, PLR0917 - a wait, and what the next look depends on
    after: Wait,
    job: Job,
    error: ClusterError,
    message: CloseMessage,
    now: datetime,
    role: Role,
) -> Step:
    """Park now if the request will have expired at the next look.

    So the reason for parking can name the answer of the cluster.
    """
    following = next_step(job, message, now + after.after, role)
    if isinstance(following, Park) and following.reason is Reason.REQUEST_EXPIRED:
        return expired(f"{error.reason}: {error}", role)
    return after
