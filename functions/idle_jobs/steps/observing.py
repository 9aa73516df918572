"""The step that is taken in mode `observe` instead of another one; pure."""

from datetime import datetime

from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.outcome import Ended
from idle_jobs.messages.terms import Mode
from idle_jobs.policy.job import Job, State
from idle_jobs.reasons import Reason
from idle_jobs.steps.deadlines import look_again
from idle_jobs.steps.role import CLOSER_GIVES_UP_AFTER
from idle_jobs.steps.step import End, Step, Wait


def in_observe(
    step: Step, message: CloseMessage, job: Job | None, now: datetime
) -> Step:
    """Return the step to take in mode `observe`: usually, end the message.

    The detail of its outcome is `would` and the step that is not taken. For a message
    of mode `close`, a close may have been posted. It may still wait: while its job is
    closing, until the age at which the Closer gives up.
    """
    if message.mode is Mode.CLOSE:
        if isinstance(step, Wait):
            return step
        young = now - message.requested_at < CLOSER_GIVES_UP_AFTER
        if young and job and job.state is State.CLOSING:
            return look_again(Reason.STILL_CLOSING, message, now)
    return End(Ended.SKIPPED, Reason.OBSERVED, f"would {step}")
