"""May this closing be undone, and what is the next step to it? Pure.

A job is reopened only if the ledger says that we closed it, and only while it is as we
left it. Elasticsearch does not say who opened a job. So the ledger has a mark, which is
written before the job is opened: a job that is open and marked was opened by an undo.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from idle_jobs.messages.ledger_item import US, LedgerItem
from idle_jobs.messages.outcome import Ended
from idle_jobs.policy.job import Job, State
from idle_jobs.reasons import Reason
from idle_jobs.steps.step import End, Wait
from idle_jobs.times import moment, rfc3339

# An undo that has not ended by then is over. Who finds its job open may use it.
MARK_LASTS = timedelta(hours=1)
NEXT_LOOK = timedelta(seconds=15)

_RAN = frozenset({"starting", "started"})


@dataclass(frozen=True, slots=True)
class Open:
    """Open the job; `marked`: the ledger says so already, and not for too long."""

    job: Job
    marked: bool

    def __str__(self) -> str:
        return "open"


@dataclass(frozen=True, slots=True)
class Start:
    """Start the datafeed of the job, which goes on from where it stood.

    Where it has found no data yet, it starts from a time: that of the closing. Else it
    would read all there is.
    """

    datafeed_id: str
    since: datetime | None = None

    def __str__(self) -> str:
        return "start the datafeed"


def next_undo(
    item: LedgerItem | None, job: Job | None, request_id: str, now: datetime
) -> Open | Start | Wait | End:
    """Return the next step, given the item of a closing and its job as it is now."""
    if item is None:
        return _left(Reason.NOT_IN_LEDGER, "the ledger has no such closing")
    if "reopened_at" in item:
        return _undone(item, request_id)
    if why := _not_ours(item):
        return why
    if job is None:
        return _left(Reason.GONE, "the job does not exist any more")
    if job.state is None:
        return Wait(NEXT_LOOK, Reason.UNKNOWN)  # The next look may see it.
    if job.state is State.CLOSED:
        return _of_closed(item, job, marked=_is_marked(item, now))
    if not _is_marked(item, now):
        return _left(Reason.REOPENED, f"somebody has opened it, it is {job.state}")
    return _of_opened(item, job)


def _left(reason: Reason, detail: str) -> End:
    return End(Ended.SKIPPED, reason, detail)


def _undone(item: LedgerItem, request_id: str) -> End:
    """Return the end of a closing that was undone: the same again for its request."""
    if item.get("reopened_request") == request_id:
        return End(Ended.REOPENED, Reason.REQUESTED)
    return _left(Reason.REOPENED, f"it was undone at {item['reopened_at']}")


def _not_ours(item: LedgerItem) -> End | None:
    """Return why a closing is none of ours, or not of an open job."""
    if item["closed_by"] != US or "finished" not in item:
        return _left(Reason.NOT_OURS, "the ledger does not say that we closed it")
    before = item.get("state_before", "")
    # Only a failed job cannot be closed without force.
    was_open = before in (State.OPENED, State.OPENING)
    if was_open or (not before and item["ended"] == Ended.CLOSED):
        return None
    was = f"it was {before}" if before else "it was forced, and may have failed"
    return _left(Reason.NOT_OPEN_BEFORE, f"{was} before")


def _is_marked(item: LedgerItem, now: datetime) -> bool:
    """Return whether an undo has begun that may not be over."""
    at = item.get("reopening_at")
    return at is not None and now - moment(at) <= MARK_LASTS


def _of_closed(item: LedgerItem, job: Job, *, marked: bool) -> Open | Wait | End:
    # Elasticsearch takes the finish time away when it opens a job.
    opened = "reopening_at" in item and not job.finished
    if job.finished != moment(item["finished"]) and not opened:
        at = f" at {rfc3339(job.finished)}" if job.finished else ""
        return _left(Reason.CLOSED_AGAIN, f"somebody has opened it, and closed it{at}")
    if job.deleting or job.blocked:
        reason = Reason.DELETING if job.deleting else Reason.BLOCKED
        return _left(reason, f"blocked by a {job.blocked or 'delete'}")
    if job.upgrade_mode:
        return Wait(NEXT_LOOK, Reason.UPGRADE_MODE)
    return Open(job, marked)


def _of_opened(item: LedgerItem, job: Job) -> Start | Wait | End:
    """Return the next step for a job that an undo has opened."""
    done = End(Ended.REOPENED, Reason.REQUESTED)
    if job.state is State.OPENING:
        return Wait(NEXT_LOOK, Reason.OPENING)
    if job.state is not State.OPENED:
        return _left(Reason.REOPENED, f"it was opened, and is {job.state} now")
    if item.get("datafeed_before") not in _RAN:
        return done
    if job.datafeed is None:
        return End(done.ended, done.reason, "its datafeed is gone")
    if job.datafeed.state == "stopped":
        unfed = None if job.last_data else moment(item["finished"])
        return Start(job.datafeed.datafeed_id, unfed)
    if job.datafeed.state == "stopping":
        return Wait(NEXT_LOOK, Reason.OPENING)
    return done
