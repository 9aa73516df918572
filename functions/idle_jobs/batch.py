"""One SQS batch: handle every record, and leave the unfinished ones in the queue."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from idle_jobs.messages.close_message import NewerVersion
from idle_jobs.messages.outcome import Ended, Outcome
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.records import Record, request_id_of, sort_records
from idle_jobs.messages.terms import Mode, Terms
from idle_jobs.modes import ModeUnreadable
from idle_jobs.services import Services
from idle_jobs.telemetry import Metric

# No record is begun in the last seconds of an invocation: Lambda could end it halfway.
LAST_SECONDS = 20
PAUSED_FOR = timedelta(hours=1)
MODE_UNREAD_FOR = timedelta(minutes=1)  # The first wait: see `while_away`.
# The metric of each look would be a sixth of the log of 1,000 closes. The alarm rings
# after 25 hours.
MEASURED_FROM = timedelta(hours=1)
NEWER_VERSION_WAITS = timedelta(hours=1)
NEWER_VERSION_LOOK = timedelta(minutes=15)

# What Lambda expects for a batch of SQS (ReportBatchItemFailures). Powertools would
# write it, too, but importing its batch utility took a sixth of a cold start.
BatchResponse = dict[str, list[dict[str, str]]]
NOTHING_STAYS: BatchResponse = {"batchItemFailures": []}

Handle = Callable[[Record], None]
Run = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


class NotFinished(Exception):
    """Raised to leave a record in its queue until `after` has passed; not a failure."""

    def __init__(self, after: timedelta, *, paused: bool = False) -> None:
        super().__init__(f"next look in {after}")
        self.after, self.paused = after, paused


Stopped = NotFinished | ModeUnreadable


def records_of(event: object, services: Services) -> list[Record]:
    """Return the records that SQS delivered; park all others.

    Nobody delivers the others again. So they are parked before anything else is done:
    if parking fails, the whole event fails, so that it can be sent again.
    """
    whole, odd = sort_records(event)
    for each in odd:
        request_id = request_id_of(each.body, each.message_id)
        known = Terms(request_id=request_id, requested_at=services.clock())
        _park(each.body, BadBody(each.why), services, known)
    return whole


def mode_of(services: Services) -> Mode | Stopped:
    """Return the mode, or the reason why every record has to wait."""
    try:
        mode = services.mode()
    except ModeUnreadable as unreadable:
        return unreadable
    return NotFinished(PAUSED_FOR, paused=True) if mode is Mode.PAUSED else mode


def give_back(why: Stopped) -> Handle:
    """Return a handler that leaves each record in the queue."""

    def handle(_record: Record) -> None:
        raise why

    return handle


def while_away(age: timedelta) -> timedelta:
    """Return how long a record waits for the mode, or for the ledger.

    It waits a minute at first, since most failures of AWS's services are short. The
    waits grow with the age of the record, since SQS dead-letters a message that it has
    delivered too often.
    """
    return min(max(age / 4, MODE_UNREAD_FOR), PAUSED_FOR)


def park_body(record: Record, bad: BadBody, services: Services, now: datetime) -> None:
    """Park a body that is not valid, unchanged.

    Raises NotFinished for a newer version: this function may be about to be updated.
    """
    if isinstance(bad, NewerVersion) and now - record.sent_at < NEWER_VERSION_WAITS:
        raise NotFinished(NEWER_VERSION_LOOK)
    known = Terms(
        request_id=request_id_of(record.body, record.message_id),
        requested_at=record.sent_at,
        sent_by=record.sent_by,
    )
    _park(record.body, bad, services, known)


def _park(body: str, bad: BadBody, services: Services, known: Terms) -> None:
    services.outbox.park_body(body, f"{bad.reason}: {bad}")
    services.telemetry.outcome(
        Outcome(Ended.PARKED, bad.reason, "", known, detail=str(bad))
    )


def in_time(handle: Handle, seconds_left: Callable[[], float]) -> Handle:
    """Return a handler that begins no record in the last seconds of an invocation."""

    def begin(record: Record) -> None:
        if seconds_left() < LAST_SECONDS:
            raise NotFinished(timedelta())  # It goes back at once.
        handle(record)

    return begin


def handle_batch(
    records: Iterable[Record], handle: Handle, services: Services, now: datetime
) -> BatchResponse:
    """Handle every record; return the ids of those that stay in the queue.

    What one record raises does not end the batch.
    """
    kept = []
    for record in records:
        try:
            handle(record)
        except Exception as error:  # noqa: BLE001 - `keep` reports it
            kept.append((record, error))
    return keep(kept, services, now)


def keep(
    kept: Sequence[tuple[Record, Exception]], services: Services, now: datetime
) -> BatchResponse:
    """Keep records in the queue for what their handling raised; return their ids.

    Their visibility timeouts are set together. A record that raised an unexpected
    exception, which is reported, comes back after the queue's visibility timeout. The
    age of an old record is measured for the alarm WorkOverdue, but not in a pause.
    """
    waits: dict[str, int] = {}
    for record, error in kept:
        age = now - record.sent_at
        if isinstance(error, ModeUnreadable):
            waits[record.receipt_handle] = round(while_away(age).total_seconds())
        elif isinstance(error, NotFinished):
            waits[record.receipt_handle] = round(error.after.total_seconds())
        else:
            services.telemetry.broken(record.message_id, error)
        if age >= MEASURED_FROM and not getattr(error, "paused", False):
            services.telemetry.count(Metric.WORK_OVERDUE, age.total_seconds())
    if failed := services.outbox.set_visibility(services.inbox, waits):
        services.telemetry.visibility_failed(failed)
    return {"batchItemFailures": [{"itemIdentifier": r.message_id} for r, _ in kept]}
