"""What both closers do: read the jobs, decide, post, read again, report."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from idle_jobs.batch import (
    NOTHING_STAYS,
    PAUSED_FOR,
    BatchResponse,
    NotFinished,
    Run,
    Stopped,
    give_back,
    handle_batch,
    keep,
    mode_of,
    park_body,
    records_of,
)
from idle_jobs.close_call import CloseCalls
from idle_jobs.errors import ClusterError
from idle_jobs.last_step import carry_out, put_back
from idle_jobs.messages.close_message import CloseMessage, parse_message
from idle_jobs.messages.outcome import Ended
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.records import Record
from idle_jobs.messages.terms import Mode
from idle_jobs.policy.job import Job
from idle_jobs.reasons import Reason
from idle_jobs.services import Services
from idle_jobs.steps.deadlines import unread
from idle_jobs.steps.next_step import next_step
from idle_jobs.steps.observing import in_observe
from idle_jobs.steps.role import Role
from idle_jobs.steps.step import Close, Decision, End, Force, Park, Posted, Step
from idle_jobs.times import rfc3339

# A look yields the post that has to be proved, and gets the jobs as read again.
Jobs = Mapping[str, Job] | None
Look = Generator[Posted, Jobs, None]


def close_batch(
    event: object,
    services: Services,
    seconds_left: Callable[[], float],
    run: Run = map,
) -> BatchResponse:
    """Take the next step for each close message; return which records stay.

    All jobs of the batch are read once, and those that were posted once more. If the
    first read fails, the whole batch waits. `run` may be the map of a thread pool: the
    posts of a batch then go out at the same time.
    """
    if not (records := records_of(event, services)):
        return NOTHING_STAYS
    mode, now = mode_of(services), services.clock()
    if isinstance(mode, Stopped):
        return handle_batch(records, give_back(mode), services, now)
    messages = {r.message_id: _read(r, now, services.role) for r in records}
    ends = services.clock() + timedelta(seconds=seconds_left())
    batch = _Batch(services, mode, now, messages, CloseCalls(services, ends))
    batch.read_jobs()
    kept = batch.look_at(records, run)
    services.telemetry.no_room(batch.calls.room.held, services.rules.max_closing)
    return keep(kept, services, batch.now)


def _read(record: Record, now: datetime, role: Role) -> CloseMessage | BadBody:
    try:
        message = parse_message(record.body, sent_at=record.sent_at, now=now)
        return message.not_before(record.sent_at) if role.may_force else message
    except BadBody as bad:
        # The traceback would keep the whole body in memory.
        return bad.with_traceback(None)


def _go_on(
    looks: Mapping[str, Look], jobs: Jobs, record: Record
) -> Posted | Exception | None:
    """Go on with a look; return the post to prove, or what keeps the record, or None.

    What one look raises does not end the others.
    """
    try:
        return looks[record.message_id].send(jobs)
    except StopIteration:
        return None
    except Exception as error:  # noqa: BLE001 - `keep` reports it
        return error


@dataclass
class _Batch:
    """The messages of one batch, and the jobs as read once for all of them.

    `now` is set again after the read, so that no data of a job is newer than `now`.
    """

    services: Services
    mode: Mode
    now: datetime
    messages: dict[str, CloseMessage | BadBody]
    calls: CloseCalls
    jobs: dict[str, Job] = field(default_factory=dict)
    read_error: ClusterError | None = None

    def read_jobs(self) -> None:
        """Make room for closes, then read the jobs of the messages by their exact ids.

        Where there is no room for any close, only the jobs that are being closed for us
        are read.
        """
        room, came = self.calls.room, self.messages.values()
        messages = [m for m in came if isinstance(m, CloseMessage)]
        try:
            if self.mode is Mode.CLOSE:
                room.make(messages, self.services)
            if ids := [m.job_id for m in messages if not room.shuts_out(m)]:
                found = self.services.cluster.jobs(self.now, ids)
                self.jobs = {job.job_id: job for job in found}
        except ClusterError as error:
            self.read_error = error
            self.services.telemetry.trouble(error)
        self.now = self.services.clock()

    def look_at(
        self, records: Sequence[Record], run: Run
    ) -> list[tuple[Record, Exception]]:
        """Look at all messages; return the records that stay, each with the reason.

        The looks go side by side to their posts. One read then proves all of these.
        """
        looks = {record.message_id: self._look(record) for record in records}
        kept: list[tuple[Record, Exception]] = []
        jobs: Jobs = None
        while records:
            ends = run(partial(_go_on, looks, jobs), records)
            came = list(zip(records, ends, strict=True))
            stay = [(each, why) for each, why in came if isinstance(why, Exception)]
            kept += put_back(stay, self.services)
            posted = [what for _, what in came if isinstance(what, Posted)]
            jobs = self.calls.read_again(posted) if posted else None
            records = [each for each, what in came if isinstance(what, Posted)]
        return kept

    def _look(self, record: Record) -> Look:
        """Take a message as far as it comes now; NotFinished leaves it in its queue."""
        if self.calls.nearly_over:
            raise NotFinished(timedelta())  # It goes back at once.
        message = self.messages[record.message_id]
        if isinstance(message, BadBody):
            park_body(record, message, self.services, self.now)
            return
        # If a group has this name now, its jobs were read. None of them has this id.
        job = self.jobs.get(message.job_id)
        first = record.first and not self.services.role.may_force
        step = self._first_step(job, message)
        decision = self._allowed(Decision(step, message, job, first_look=first))
        while isinstance(decision.step, Close | Force):
            came = self.calls.post(decision.step, decision.message)
            if isinstance(came, Posted):
                came = self.calls.after(came, (yield came))
            decision = self._allowed(came)
        changed = decision.message.marks != message.marks
        carry_out(decision.step, decision, self.services, self.now, changed=changed)

    def _first_step(self, job: Job | None, message: CloseMessage) -> Step:
        if message.cluster != self.services.cluster_name:
            return Park(Reason.FOREIGN_CLUSTER, f"the message is for {message.cluster}")
        if self.calls.room.shuts_out(message):
            return self.calls.room.wait(message, self.now, self.services.role)
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
