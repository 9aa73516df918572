"""Which closer takes a look at a message, and what that one may do; pure."""

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
    """The Closer, which hands over what needs force, or the ForceCloser.

    Both judge by the same rules. The ForceCloser alone may force; it counts a message's
    age from when it was handed over, and it has the last word on a message.
    """

    rules: Rules
    may_force: bool = False

    def age_of(self, message: CloseMessage, now: datetime) -> timedelta:
        """Return for how long this closer has had the message."""
        sent = message.sent_at or now
        return now - ((message.handed_at or sent) if self.may_force else sent)

    @property
    def gives_up_after(self) -> timedelta:
        """Return the age at which this closer tries no more."""
        return self.rules.park_after if self.may_force else CLOSER_GIVES_UP_AFTER

    def force(self, job: Job, evidence: Reason) -> Force | HandOver:
        """Return what evidence for a force leads to in this closer."""
        return Force(job, evidence) if self.may_force else HandOver(evidence)
