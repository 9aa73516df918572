"""One SQS batch: handle every record, and leave the unfinished ones in the queue."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from idle_jobs.messages.close_message import NewerVersion
from idle_jobs.messages.outcome import Ended, Outcome
from idle_jobs.messages.readers import LONGEST_TEXT, BadBody
from idle_jobs.messages.records import request_id_of, sort_records
from idle_jobs.messages.terms import Mode, Terms
from idle_jobs.modes import ModeUnreadable
from idle_jobs.safe_text import printable
from idle_jobs.services import Services
from idle_jobs.telemetry import Metric

# No record is begun in the last seconds of an invocation: Lambda could end it halfway.
LAST_SECONDS = 20
PAUSED_FOR = timedelta(hours=1)
MODE_UNREAD_FOR = timedelta(minutes=1)  # The first wait: see `while_away`.
NEWER_VERSION_WAITS = timedelta(hours=1)
NEWER_VERSION_LOOK = timedelta(minutes=15)
NOTHING_STAYS: PartialItemFailureResponse = {"batchItemFailures": []}

Handle = Callable[[SQSRecord], None]
Run = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


class NotFinished(Exception):
    """Raised to leave a record in its queue until `after` has passed; not a failure."""

    def __init__(self, after: timedelta, *, paused: bool = False) -> None:
        super().__init__(f"next look in {after}")
        self.after, self.paused = after, paused


Stopped = NotFinished | ModeUnreadable


class Batch(BatchProcessor):
    """A batch of Powertools that distinguishes waiting records from failed ones.

    Powertools does not log the exception of a record. Here an unexpected exception is
    logged and counted; its record comes back after the queue's visibility timeout. The
    age of each record that stays is measured for the alarm WorkOverdue, but in a pause.
    """

    def __init__(
        self,
        services: Services,
        now: datetime,
    ) -> None:
        # False: a batch in which every record waits is not an error of the function.
        super().__init__(EventType.SQS, raise_on_entire_batch_failure=False)
        self.waits: dict[str, int] = {}
        self._services = services
        self._now = now

    def failure_handler(self, record: Any, exception: Any) -> Any:  # noqa: ANN401
        """Remember how long the record waits, or report the exception."""
        error, age = exception[1], self._now - sent_at(record)
        if isinstance(error, ModeUnreadable):
            error = NotFinished(while_away(age))
        if isinstance(error, NotFinished):
            self.waits[record.receipt_handle] = round(error.after.total_seconds())
        else:
            self._services.telemetry.broken(record.message_id, error)
        if not getattr(error, "paused", False):
            self._services.telemetry.count(Metric.WORK_OVERDUE, age.total_seconds())
        return super().failure_handler(record, exception)


def records_of(event: object, services: Services) -> list[SQSRecord]:
    """Return the records that SQS delivered; park all others.

    Nobody delivers the others again. So they are parked before anything else is done:
    if parking fails, the whole event fails, so that it can be sent again.
    """
    whole, odd = sort_records(event)
    for each in odd:
        request_id = request_id_of(each.body, each.message_id)
        known = Terms(request_id=request_id, requested_at=services.clock())
        _park(each.body, BadBody(each.why), services, known)
    return [SQSRecord(record) for record in whole]


def is_first_look(record: SQSRecord) -> bool:
    """Return whether SQS delivers the record for the first time, as far as it says."""
    return bool(record["attributes"].get("ApproximateReceiveCount") == "1")


def sent_at(record: SQSRecord) -> datetime:
    """Return SQS's SentTimestamp; a message keeps it when SQS dead-letters it."""
    return datetime.fromtimestamp(int(record.attributes.sent_timestamp) / 1000, UTC)


def sent_by(record: SQSRecord) -> str:
    """Return SQS's SenderId, the id of the principal that sent the message, or ""."""
    return printable(str(record.attributes.get("SenderId", "")), most=LONGEST_TEXT)


def mode_of(services: Services) -> Mode | Stopped:
    """Return the mode, or the reason why every record has to wait."""
    try:
        mode = services.mode()
    except ModeUnreadable as unreadable:
        return unreadable
    return NotFinished(PAUSED_FOR, paused=True) if mode is Mode.PAUSED else mode


def give_back(why: Stopped) -> Handle:
    """Return a handler that leaves each record in the queue."""

    def handle(_record: SQSRecord) -> None:
        raise why

    return handle


def while_away(age: timedelta) -> timedelta:
    """Return how long a record waits for the mode, or for the ledger.

    It waits a minute at first, since most failures of AWS's services are short. The
    waits grow with the age of the record, since SQS dead-letters a message that it has
    delivered too often.
    """
    return min(max(age / 4, MODE_UNREAD_FOR), PAUSED_FOR)


def park_body(
    record: SQSRecord, bad: BadBody, services: Services, now: datetime
) -> None:
    """Park a body that is not valid, unchanged.

    Raises NotFinished for a newer version: this function may be about to be updated.
    """
    if isinstance(bad, NewerVersion) and now - sent_at(record) < NEWER_VERSION_WAITS:
        raise NotFinished(NEWER_VERSION_LOOK)
    known = Terms(
        request_id=request_id_of(record.body, record.message_id),
        requested_at=sent_at(record),
        sent_by=sent_by(record),
    )
    _park(record.body, bad, services, known)


def _park(body: str, bad: BadBody, services: Services, known: Terms) -> None:
    services.outbox.park_body(body, f"{bad.reason}: {bad}")
    services.telemetry.outcome(
        Outcome(Ended.PARKED, bad.reason, "", known, detail=str(bad))
    )


def in_time(handle: Handle, seconds_left: Callable[[], float]) -> Handle:
    """Return a handler that begins no record in the last seconds of an invocation."""

    def begin(record: SQSRecord) -> None:
        if seconds_left() < LAST_SECONDS:
            raise NotFinished(timedelta())  # It goes back at once.
        handle(record)

    return begin


def handle_batch(
    records: Sequence[SQSRecord],
    handle: Handle,
    services: Services,
    now: datetime,
) -> PartialItemFailureResponse:
    """Handle every record; return the ids of those that stay in the queue.

    Their visibility timeouts are set together, after the last record.
    """
    batch = Batch(services, now)
    event = {"Records": [record.raw_event for record in records]}

    def record_handler(record: SQSRecord) -> None:  # Powertools passes `record=`.
        handle(record)

    response = process_partial_response(event, record_handler, batch)
    if failed := services.outbox.set_visibility(services.inbox, batch.waits):
        services.telemetry.visibility_failed(failed)
    return response
