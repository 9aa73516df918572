"""Undoes closings for a person, step by step.

A closing is undone by as many invocations as it takes, and each may die at any time:
what has been done is in the ledger and in the cluster.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, assert_never

from idle_jobs.close_call import OLDEST_READ
from idle_jobs.elastic.opening import open_job, start_datafeed
from idle_jobs.errors import BadRequest, ClusterError, LookAgain, Refused
from idle_jobs.ledger import LedgerAway
from idle_jobs.messages.ledger_item import LedgerItem
from idle_jobs.messages.outcome import Ended, Outcome
from idle_jobs.messages.undo_request import Closing, Reopen
from idle_jobs.policy.job import State
from idle_jobs.reasons import Reason
from idle_jobs.services import Services
from idle_jobs.steps.step import End, Wait
from idle_jobs.steps.undoing import NEXT_LOOK, Open, Start, next_undo
from idle_jobs.telemetry import Metric
from idle_jobs.times import moment, rfc3339

# A node opens two jobs at a time, and the others wait for it. Who reopens many at once
# floods it, also with the data that their datafeeds have to catch up with.
MOST_OPENING = 2
LONGEST_STEP = timedelta(seconds=140)  # An opening, and the reads around it.

Answer = dict[str, Any]


def reopen_closings(asked: Reopen, services: Services, ends: datetime) -> Answer:
    """Undo closings, one after the other; return how far each one has come.

    What has not ended is to be asked for again, with the same `request_id`.
    """
    results: list[Answer] = []
    waiting, away = 0, False
    for closed in asked.closings:
        undoing = _Undoing(Closing(closed, asked), services)
        if away or waiting >= MOST_OPENING or ends - services.clock() < LONGEST_STEP:
            results.append(undoing.told(None))
            continue
        step: Wait | End
        try:
            step = undoing.run()
        except LedgerAway as error:
            services.telemetry.ledger_away(undoing.closing.job_id, error)
            step, away = Wait(NEXT_LOOK, Reason.LEDGER_AWAY), True
        except ClusterError as error:
            undoing.trouble = error
            services.telemetry.trouble(error)
            step, away = Wait(NEXT_LOOK, error.reason), True
        # A job that is open holds up none: only its datafeed does not start.
        waiting += isinstance(step, Wait) and not undoing.is_open
        results.append(undoing.told(step))
    return {"results": results}


@dataclass
class _Undoing:
    """The steps for one closing, as far as one invocation comes.

    `trouble` is the last answer that was no success.
    """

    closing: Closing
    services: Services
    item: LedgerItem | None = None
    trouble: ClusterError | None = None
    is_open: bool = False
    read_at: datetime = field(init=False)

    def told(self, step: Wait | End | None) -> Answer:
        """Return how far it has come: no reason if it has not been begun."""
        told = {"closed": self.closing.closed, "job_id": self.closing.job_id}
        match step:
            case End():
                ended, why, detail = str(step.ended), str(step.reason), step.detail
            case Wait():
                detail = str(self.trouble or "")
                ended, why = "", str(step.why)
            case None:
                ended, why, detail = "", "", ""
            case _:
                assert_never(step)
        return told | {"ended": ended, "reason": why, "detail": detail}

    def run(self) -> Wait | End:
        """Take steps until the undo ends or has to wait.

        The mark is a step of its own, so that the job is read again between the mark
        and its opening. A step that is still the next one after it was taken has to
        wait. Raises LedgerAway, and ClusterError if the job cannot be read.
        """
        taken: set[str] = set()
        while True:
            step = self._next()
            match step:
                case Open(marked=False):
                    self._mark_opening()
                case Open() | Start() if _is_old(self.read_at, self.services.clock()):
                    return Wait(NEXT_LOOK, Reason.CLUSTER_UNAVAILABLE)
                case Open() | Start() if str(step) in taken:
                    return Wait(NEXT_LOOK, self._why())
                case Open() | Start():
                    taken.add(str(step))
                    if not (end := self._post(step)):
                        continue
                    return self._ended(end)
                case Wait():
                    return step
                case End():
                    return self._ended(step)
                case _:
                    assert_never(step)

    def _why(self) -> Reason:
        """Return why a step that was taken is still the next one."""
        if self.trouble is None or isinstance(self.trouble, LookAgain):
            return Reason.OPENING
        return self.trouble.reason

    def _next(self) -> Open | Start | Wait | End:
        """Read the closing and its job, and return the next step."""
        services, closing = self.services, self.closing
        self.read_at = services.clock()
        self.item = services.ledger.closing(services.cluster_name, closing.closed)
        found = services.cluster.jobs(services.clock(), [closing.job_id])
        # If a group has this name now, its jobs were read. None of them has this id.
        job = next((job for job in found if job.job_id == closing.job_id), None)
        self.is_open = job is not None and job.state is State.OPENED
        return next_undo(self.item, job, closing.request_id, services.clock())

    def _post(self, step: Open | Start) -> End | None:
        """Post one step; return the end of an undo that the cluster refuses."""
        services, timeout = self.services, self.services.timeouts.measured
        try:
            if isinstance(step, Open):
                open_job(services.cluster, step.job, timeout)
            else:
                start_datafeed(services.cluster, step.datafeed_id, step.since, timeout)
        except ClusterError as error:
            self.trouble, told = error, f"{error.reason}: {error}"
            services.telemetry.posted(self.closing, str(step), told)
            if isinstance(error, Refused | BadRequest):
                services.telemetry.trouble(error)
                opened = "it is open, but its datafeed is not started: "
                told = f"{opened if isinstance(step, Start) else ''}{error}"
                return End(Ended.SKIPPED, error.reason, told)
            return None
        services.telemetry.posted(self.closing, str(step), "done")
        return None

    def _mark_opening(self) -> None:
        """Write down that an undo opens the job, before it does."""
        at, request = rfc3339(self.services.clock()), self.closing.request_id
        item = self.item or {}
        old = str(item.get("reopening_at", ""))
        self.services.ledger.mark(
            item, old=old, reopening_at=at, reopening_request=request
        )

    def _ended(self, end: End) -> End:
        """Report the end, then write down that the closing is undone.

        A function that dies in between reports it twice, but counts it once.
        """
        services, item, asked = self.services, self.item or {}, self.closing.asked
        finished = item.get("finished")
        outcome = Outcome(
            end.ended,
            end.reason,
            self.closing.job_id,
            asked.terms,
            detail=end.detail,
            owner=str(item.get("owner", "")),
            finished=moment(finished) if finished else None,
        )
        services.telemetry.outcome(outcome, counted=False)
        if end.ended is Ended.REOPENED and services.ledger.mark(
            item,
            reopened_at=rfc3339(services.clock()),
            reopened_request=asked.request_id,
            reopened_by=asked.requested_by,
        ):
            services.telemetry.count(Metric.JOBS_REOPENED)
        return end


def _is_old(read_at: datetime, now: datetime) -> bool:
    """Return whether somebody may have used a job since it was read."""
    return now - read_at > OLDEST_READ
