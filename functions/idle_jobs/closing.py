"""The act that both closers share: re-read the batch, ask, act, report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, assert_never

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from idle_jobs.batch import (
    PAUSED_FOR,
    NotFinished,
    Run,
    give_back,
    handle_batch,
    park_body,
    records_of,
    sent_at,
)
from idle_jobs.bodies import BadBody
from idle_jobs.desk import Desk
from idle_jobs.errors import ClusterError, Refused
from idle_jobs.jobs import Job
from idle_jobs.messages import CloseMessage, Mode, parse_message
from idle_jobs.moves import Close, End, Force, HandOver, Park, Step, Wait
from idle_jobs.outcomes import Ended, outcome_of
from idle_jobs.patience import SOONEST_LOOK, unread, wait
from idle_jobs.reasons import Reason
from idle_jobs.steps import after_answer, after_success, next_step

EARLY = timedelta(minutes=1)
OLDEST_READ = 60  # Seconds: what is closed was seen idle within them.


def close_batch(
    event: Mapping[str, Any],
    desk: Desk,
    now: datetime,
    seconds_left: Callable[[], float],
    run: Run = map,
) -> PartialItemFailureResponse:
    """Take each close message of a batch one step further.

    The state of all its jobs is read once, and that read is the breaker: where it
    fails, nothing is tried and the whole batch waits.
    """
    records = records_of(event)
    if desk.mode() is Mode.PAUSED:
        return handle_batch(event, give_back, desk, now, seconds_left, run)
    messages = {r.message_id: _read(r, now) for r in records}
    batch = _Batch(desk, now, messages, seconds_left, seconds_left() - OLDEST_READ)
    batch.read_jobs()
    return handle_batch(event, batch.look, desk, now, seconds_left, run)


def _read(record: SQSRecord, now: datetime) -> CloseMessage | BadBody:
    try:
        return parse_message(record.body, sent_at=sent_at(record), now=now)
    except BadBody as bad:
        # Without its frames, which hold all that was read of the body.
        return bad.with_traceback(None)


@dataclass
class _Batch:
    """The messages of one batch and the one read of the cluster that they share.

    `fresh_until` is how many seconds of the invocation are left when that read is old.
    """

    desk: Desk
    now: datetime
    messages: dict[str, CloseMessage | BadBody]
    seconds_left: Callable[[], float]
    fresh_until: float
    jobs: dict[str, Job] = field(default_factory=dict)
    away: ClusterError | None = None
    refused: Refused | None = None

    def read_jobs(self) -> None:
        """Read the jobs of all messages, by their exact ids."""
        messages = self.messages.values()
        ids = [m.job_id for m in messages if isinstance(m, CloseMessage)]
        try:
            self.jobs = {j.job_id: j for j in self.desk.cluster.jobs(self.now, ids)}
        except ClusterError as error:
            self.away = error
            self.desk.telemetry.trouble(error)

    def look(self, record: SQSRecord) -> None:
        """Take one message one step further; NotFinished leaves it in its queue."""
        message = self.messages[record.message_id]
        if isinstance(message, BadBody):
            return park_body(record, message, self.desk, self.now)
        # The answer may hold the jobs of a group that has this name now, instead.
        job = self.jobs.get(message.job_id)
        return self._take(self._first_step(job, message), message, job)

    def _first_step(self, job: Job | None, message: CloseMessage) -> Step:
        if message.cluster != self.desk.cluster_name:
            return Park(Reason.FOREIGN_CLUSTER, f"it is for {message.cluster}")
        if self.away:
            return unread(self.away, message, self.now, self.desk.rules)
        return next_step(job, message, self.now, self.desk.rules)

    def _take(self, step: Step, message: CloseMessage, job: Job | None) -> None:
        """Carry out a step and, once it has posted, the step that follows."""
        mode = self.desk.mode_for(message, fresh=isinstance(step, Force))
        if mode is Mode.PAUSED:
            raise NotFinished(PAUSED_FOR)
        if mode is Mode.OBSERVE and not isinstance(step, End):
            step = End(Ended.SKIPPED, Reason.OBSERVED, f"would {step}")
        match step:
            case Close() | Force():
                self._take(*self._post(step, message))
            case Wait():
                self._wait(step, message)
            case HandOver():
                self._hand_over(step, message)
            case Park():
                self.desk.outbox.park(message, f"{step.reason}: {step.detail}")
                self._end(End(Ended.PARKED, step.reason, step.detail), message, job)
            case End():
                self._end(step, message, job)
            case _:
                assert_never(step)

    def _post(
        self, step: Close | Force, message: CloseMessage
    ) -> tuple[Step, CloseMessage, Job | None]:
        """Post one close and prove it; return what follows."""
        desk, job = self.desk, step.job
        if self.seconds_left() < self.fresh_until:
            return self._not_on_old_news(step, message), message, job
        try:
            if self.refused:
                raise self.refused
            self._call(step, message)
        except ClusterError as error:
            self._note(error, step, message)
            after = after_answer(step, error, message, self.now, desk.rules)
            return after, message, job
        desk.telemetry.posted(message, str(step), "closed")
        try:
            found = {j.job_id: j for j in desk.cluster.jobs(self.now, [job.job_id])}
        except ClusterError as error:
            # It is said to be closed: whatever hides the proof, the next look has it.
            desk.telemetry.trouble(error)
            # So it must come to that look, however old the message is.
            return Wait(SOONEST_LOOK, Reason.STILL_CLOSING), message, job
        proof = found.get(job.job_id)
        after = after_success(step, proof, message, self.now, desk.rules)
        return after, message, proof

    def _not_on_old_news(self, step: Close | Force, message: CloseMessage) -> Step:
        """Post nothing more than a minute after the read: the job may be in use by now.

        Evidence is seen anew at the next look; what ends without one says which it was.
        """
        away = Reason.CLUSTER_UNAVAILABLE
        why = step.evidence if isinstance(step, Force) else away
        return wait(why, message, self.now, self.desk.rules)

    def _call(self, step: Close | Force, message: CloseMessage) -> None:
        timeouts, force = self.desk.timeouts, isinstance(step, Force)
        early = self.now - (message.sent_at or self.now) < EARLY
        read_timeout = timeouts.close_early if early else timeouts.close
        timeout = message.timeout if isinstance(step, Force) else step.timeout
        if isinstance(step, Close) and step.measured:
            read_timeout = timeouts.measured
        self.desk.cluster.close(
            step.job, timeout=timeout, read_timeout=read_timeout, force=force
        )

    def _note(
        self, error: ClusterError, step: Close | Force, message: CloseMessage
    ) -> None:
        if self.refused:
            return
        self.desk.telemetry.posted(message, str(step), f"{error.reason}: {error}")
        if isinstance(error, Refused):
            self.refused = error
            self.desk.telemetry.trouble(error)

    def _wait(self, step: Wait, message: CloseMessage) -> None:
        seconds = step.after.total_seconds()
        self.desk.telemetry.waiting(message, step.why, seconds)
        raise NotFinished(step.after)

    def _hand_over(self, step: HandOver, message: CloseMessage) -> None:
        seen = self.now if step.closing_seen else message.closing_seen_at
        self.desk.outbox.hand_over([replace(message, closing_seen_at=seen)], self.now)
        self.desk.telemetry.sent(message, "ForceQueue", step.why)

    def _end(self, step: End, message: CloseMessage, job: Job | None) -> None:
        self.desk.telemetry.outcome(
            outcome_of(message, job, step.ended, step.reason, step.detail)
        )
