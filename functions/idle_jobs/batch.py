"""One SQS batch: every record is handled, and what is not finished is seen again."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
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
from idle_jobs.messages.readers import BadBody, name, parse_object, read_fields
from idle_jobs.messages.records import sort_records
from idle_jobs.messages.terms import Mode, Terms
from idle_jobs.modes import ModeUnreadable
from idle_jobs.services import Services
from idle_jobs.telemetry import Metric

# No work is begun in the last seconds of an invocation: it could be cut in the middle.
LAST_SECONDS = 20
PAUSED_FOR = timedelta(hours=1)
MODE_UNREAD_FOR = timedelta(minutes=1)  # At first: see `_while_unread`.
NEWER_VERSION_WAITS = timedelta(hours=1)
NEWER_VERSION_LOOK = timedelta(minutes=15)
NOTHING_STAYS: PartialItemFailureResponse = {"batchItemFailures": []}

Handle = Callable[[SQSRecord], None]
Run = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


class NotFinished(Exception):
    """A record that stays in its queue; the normal way to wait, not a failure."""

    def __init__(self, after: timedelta) -> None:
        super().__init__(f"looked at again in {after}")
        self.after = after


Stopped = NotFinished | ModeUnreadable


class Batch(BatchProcessor):
    """Powertools' batch, run by any `map`, that knows waiting from breaking.

    Powertools says nothing of a record that failed: here an unexpected exception is
    logged and counted. It stays in its queue, for the queue's whole visibility. The age
    of whatever stays is measured, for the alarm WorkOverdue.
    """

    def __init__(
        self,
        services: Services,
        now: datetime,
        seconds_left: Callable[[], float],
        run: Run,
    ) -> None:
        # False: a batch that waits as a whole is no error of the function.
        super().__init__(EventType.SQS, raise_on_entire_batch_failure=False)
        self.waits: dict[str, int] = {}
        self._services = services
        self._now = now
        self._seconds_left = seconds_left
        self._run = run

    def process(self) -> list[tuple[Any, ...]]:
        """Handle all records, in whatever way `run` maps."""
        return list(self._run(self._process_record, self.records))

    def _process_record(self, record: dict[str, Any]) -> Any:  # noqa: ANN401 - Powertools'
        if self._seconds_left() < LAST_SECONDS:
            return self.failure_handler(SQSRecord(record), _OUT_OF_TIME)
        return super()._process_record(record)

    def failure_handler(self, record: Any, exception: Any) -> Any:  # noqa: ANN401
        """Note when to look again, or report what broke."""
        error, age = exception[1], self._now - sent_at(record)
        if isinstance(error, ModeUnreadable):
            error = NotFinished(_while_unread(age))
        if isinstance(error, NotFinished):
            self.waits[record.receipt_handle] = round(error.after.total_seconds())
        else:
            self._services.telemetry.broken(record.message_id, error)
        self._services.telemetry.count(Metric.WORK_OVERDUE, age.total_seconds())
        return super().failure_handler(record, exception)


_OUT_OF_TIME = (NotFinished, NotFinished(timedelta()), None)


def records_of(event: object, services: Services) -> list[SQSRecord]:
    """Return the records that SQS handed over; the others go to a person at once.

    Nobody would hand them over again. They are parked before anything else is done: if
    that fails, the whole event fails, and comes again as a whole or is its sender's.
    """
    whole, odd = sort_records(event)
    for each in odd:
        _park(each.body, each.message_id, BadBody(each.why), services, services.clock())
    return [SQSRecord(record) for record in whole]


def sent_at(record: SQSRecord) -> datetime:
    """Return SQS's SentTimestamp, which a message keeps when it is dead-lettered."""
    return datetime.fromtimestamp(int(record.attributes.sent_timestamp) / 1000, UTC)


def mode_of(services: Services) -> Mode | Stopped:
    """Return the mode, or why nothing may move."""
    try:
        mode = services.mode()
    except ModeUnreadable as unreadable:
        return unreadable
    return NotFinished(PAUSED_FOR) if mode is Mode.PAUSED else mode


def give_back(why: Stopped) -> Handle:
    """Return what leaves each record as it is: nothing moves and no clock runs."""

    def handle(_record: SQSRecord) -> None:
        raise why

    return handle


def _while_unread(age: timedelta) -> timedelta:
    """Return how long a record waits for a mode that can be read.

    A minute, if the Parameter Store was away for a moment. Where it stays away, the
    waits grow with the record's age, since SQS gives up what it handed over 250 times.
    """
    return min(max(age / 4, MODE_UNREAD_FOR), PAUSED_FOR)


def park_body(
    record: SQSRecord, bad: BadBody, services: Services, now: datetime
) -> None:
    """Give a body that cannot be acted on to a person, as it came."""
    if isinstance(bad, NewerVersion) and now - sent_at(record) < NEWER_VERSION_WAITS:
        raise NotFinished(NEWER_VERSION_LOOK)
    _park(record.body, record.message_id, bad, services, sent_at(record))


def _park(
    body: str, message_id: str, bad: BadBody, services: Services, came: datetime
) -> None:
    services.outbox.park_body(body, f"{bad.reason}: {bad}")
    known = Terms(request_id=_request_id(body, message_id), requested_at=came)
    services.telemetry.outcome(
        Outcome(Ended.PARKED, bad.reason, "", known, detail=str(bad))
    )


def _request_id(body: str, message_id: str) -> str:
    """Return the id that the sender knows a body by, where it can be read at all."""
    with suppress(BadBody):
        read = read_fields(parse_object(body), {"request_id": name})
        return str(read.get("request_id", message_id))
    return message_id


def handle_batch(  # noqa: PLR0913, PLR0917 - the records, who handles them, and when
    records: Sequence[SQSRecord],
    handle: Handle,
    services: Services,
    now: datetime,
    seconds_left: Callable[[], float],
    run: Run = map,
) -> PartialItemFailureResponse:
    """Handle every record; return the ids of those that stay.

    Their next looks are set in one call, after the last record.
    """
    batch = Batch(services, now, seconds_left, run)
    event = {"Records": [record.raw_event for record in records]}

    def record_handler(record: SQSRecord) -> None:  # Powertools passes `record=`.
        handle(record)

    response = process_partial_response(event, record_handler, batch)
    if failed := services.outbox.set_visibility(services.inbox, batch.waits):
        services.telemetry.visibility_failed(failed)
    return response
