"""What both closers do: read the jobs again, decide, act, report."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from idle_jobs.batch import (
    NOTHING_STAYS,
    PAUSED_FOR,
    NotFinished,
    Run,
    Stopped,
    give_back,
    handle_batch,
    is_first_look,
    mode_of,
    park_body,
    records_of,
    sent_at,
    while_away,
)
from idle_jobs.close_call import CloseCalls, Decision
from idle_jobs.errors import ClusterError
from idle_jobs.ledger import LedgerAway
from idle_jobs.messages.close_message import CloseMessage, parse_message
from idle_jobs.messages.outcome import Ended
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.terms import Mode
from idle_jobs.policy.job import Job
from idle_jobs.reasons import Reason
from idle_jobs.reporting import report_end
from idle_jobs.services import Services
from idle_jobs.steps.deadlines import unread
from idle_jobs.steps.next_step import next_step
from idle_jobs.steps.observing import in_observe
from idle_jobs.steps.role import Role
from idle_jobs.steps.step import Close, End, Force, HandOver, Park, Step, Wait
from idle_jobs.times import rfc3339


def close_batch(
    event: object,
    services: Services,
    seconds_left: Callable[[], float],
    run: Run = map,
) -> PartialItemFailureResponse:
    """Take the next step for each close message; return which records stay.

    All jobs of the batch are read once. If that fails, the whole batch waits.
    """
    if not (records := records_of(event, services)):
        return NOTHING_STAYS
    mode, now = mode_of(services), services.clock()
    if isinstance(mode, Stopped):
        return handle_batch(records, give_back(mode), services, now, seconds_left, run)
    messages = {r.message_id: _read(r, now, services.role) for r in records}
    ends = services.clock() + timedelta(seconds=seconds_left())
    batch = _Batch(services, now, messages, CloseCalls(services, ends))
    batch.read_jobs()
    return handle_batch(records, batch.look, services, batch.now, seconds_left, run)


def _marks(message: CloseMessage) -> tuple[bool, bool]:
    """Return which of the marks of a post a message has."""
    return bool(message.posted_at), bool(message.taken_at)


def _read(record: SQSRecord, now: datetime, role: Role) -> CloseMessage | BadBody:
    came = sent_at(record)
    try:
        message = parse_message(record.body, sent_at=came, now=now)
        return message.not_before(came) if role.may_force else message
    except BadBody as bad:
        # The traceback would keep the whole body in memory.
        return bad.with_traceback(None)


@dataclass
class _Batch:
    """The messages of one batch, and the jobs as read once for all of them.

    `now` is set again after the read, so that no data of a job is newer than `now`.
    """

    services: Services
    now: datetime
    messages: dict[str, CloseMessage | BadBody]
    calls: CloseCalls
    jobs: dict[str, Job] = field(default_factory=dict)
    read_error: ClusterError | None = None

    def read_jobs(self) -> None:
        """Read the jobs of all messages, by their exact ids."""
        messages = self.messages.values()
        ids = [m.job_id for m in messages if isinstance(m, CloseMessage)]
        try:
            self.jobs = {j.job_id: j for j in self.services.cluster.jobs(self.now, ids)}
        except ClusterError as error:
            self.read_error = error
            self.services.telemetry.trouble(error)
        self.now = self.services.clock()

    def look(self, record: SQSRecord) -> None:
        """Take the next step for one message; NotFinished leaves it in its queue."""
        message = self.messages[record.message_id]
        if isinstance(message, BadBody):
            park_body(record, message, self.services, self.now)
            return
        # If a group has this name now, its jobs were read. None of them has this id.
        job = self.jobs.get(message.job_id)
        first = is_first_look(record) and not self.services.role.may_force
        step = self._first_step(job, message)
        decision = self._allowed(Decision(step, message, job, first_look=first))
        while isinstance(decision.step, Close | Force):
            decision = self._allowed(self.calls.post(decision.step, decision.message))
        changed = _marks(decision.message) != _marks(message)
        self._carry_out(decision.step, decision, changed=changed)

    def _first_step(self, job: Job | None, message: CloseMessage) -> Step:
        if message.cluster != self.services.cluster_name:
            return Park(Reason.FOREIGN_CLUSTER, f"the message is for {message.cluster}")
        if self.read_error:
            return unread(self.read_error, message, self.now, self.services.role)
        return next_step(job, message, self.now, self.services.role)

    def _allowed(self, decision: Decision) -> Decision:
        """Return the step that the mode and the quiet hours allow.

        NotFinished if the mode is `paused`.
        """
        mode = self.services.mode_for(
            decision.message, fresh=isinstance(decision.step, Force)
        )
        if mode is Mode.PAUSED:
            raise NotFinished(PAUSED_FOR, paused=True)
        if mode is Mode.OBSERVE and not isinstance(decision.step, End):
            step = in_observe(decision.step, decision.message, decision.job, self.now)
            return replace(decision, step=step)
        until = self.services.quiet_until(decision.message)
        if until and isinstance(decision.step, Close | Force):
            # The next sweep after that sends another message.
            why = f"would {decision.step}; quiet until {rfc3339(until)}"
            return replace(decision, step=End(Ended.SKIPPED, Reason.QUIET_HOURS, why))
        return decision

    def _carry_out(
        self,
        step: Wait | HandOver | Park | End,
        decision: Decision,
        *,
        changed: bool,
    ) -> None:
        """Carry out the last step of a look; it is never a post."""
        match step:
            case Wait():
                self._wait(step, decision.message, changed=changed)
            case HandOver():
                self._hand_over(step, decision.message)
            case Park():
                end = End(Ended.PARKED, step.reason, step.detail)
                self.services.outbox.park(
                    decision.message, f"{step.reason}: {step.detail}"
                )
                self._end(end, decision, changed=False)
            case End():
                self._end(step, decision, changed=changed)
            case _:
                assert_never(step)

    def _wait(self, step: Wait, message: CloseMessage, *, changed: bool) -> None:
        """Leave the record in its queue, or replace it if its message has changed.

        SQS cannot change a body. So after a post of the Closer that sets `posted_at` or
        `taken_at`, the message is sent to the same queue again, and the old record is
        finished. This happens twice at most for each message.
        """
        seconds = step.after.total_seconds()
        self.services.telemetry.waiting(message, step.why, seconds)
        if changed and not self.services.role.may_force:
            return self.services.outbox.put_back(message, round(seconds))
        raise NotFinished(step.after)

    def _hand_over(self, step: HandOver, message: CloseMessage) -> None:
        seen = self.now if step.closing_seen else message.closing_seen_at
        stamped = replace(message, closing_seen_at=seen)
        self.services.outbox.hand_over([stamped], self.now)
        self.services.telemetry.sent(message, "ForceQueue", step.why)

    def _end(self, step: End, decision: Decision, *, changed: bool) -> None:
        try:
            report_end(step, decision, self.services)
        except LedgerAway:
            age = self.now - (decision.message.sent_at or self.now)
            wait = Wait(while_away(age), Reason.LEDGER_AWAY)
            self._wait(wait, decision.message, changed=changed)
