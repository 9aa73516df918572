"""What the two closers may do, and when they give up; pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.policy.job import Job
from idle_jobs.policy.rules import Rules
from idle_jobs.reasons import Reason
from idle_jobs.steps.step import Force, HandOver

CLOSER_GIVES_UP_AFTER = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Role:
    """The Closer, which hands over jobs that need force, or the ForceCloser.

    Both judge by the same rules. Only the ForceCloser may force. It counts the age of a
    message from when the message was handed over, and it ends every message.
    """

    rules: Rules
    may_force: bool = False

    def age_of(self, message: CloseMessage, now: datetime) -> timedelta:
        """Return how long the message has been with this closer."""
        sent = message.sent_at or now
        return now - ((message.handed_at or sent) if self.may_force else sent)

    @property
    def gives_up_after(self) -> timedelta:
        """Return the age at which this closer gives up on a message."""
        return self.rules.park_after if self.may_force else CLOSER_GIVES_UP_AFTER

    def force(self, job: Job, evidence: Reason) -> Force | HandOver:
        """Return the step for a job that needs force: force it, or hand it over."""
        return Force(job, evidence) if self.may_force else HandOver(evidence)
