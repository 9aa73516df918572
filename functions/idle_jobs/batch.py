"""One SQS batch: every record is handled, and what is not finished is seen again."""

from collections.abc import Callable, Iterable, Mapping
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

from idle_jobs.bodies import BadBody, name, parse_object, read_fields
from idle_jobs.desk import Desk
from idle_jobs.messages import NewerVersion
from idle_jobs.outcomes import Ended, Outcome
from idle_jobs.telemetry import Metric

# No work is begun in the last seconds of an invocation: it could be cut in the middle.
LAST_SECONDS = 20
PAUSED_FOR = timedelta(hours=1)
NEWER_VERSION_WAITS = timedelta(hours=1)
NEWER_VERSION_LOOK = timedelta(minutes=15)

Handle = Callable[[SQSRecord], None]
Run = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


class NotFinished(Exception):
    """A record that stays in its queue; the normal way to wait, not a failure."""

    def __init__(self, after: timedelta) -> None:
        super().__init__(f"looked at again in {after}")
        self.after = after


class Batch(BatchProcessor):
    """Powertools' batch, run by any `map`, that knows waiting from breaking.

    Powertools says nothing of a record that failed: here an unexpected exception is
    logged and counted. It stays in its queue, for the queue's whole visibility. The age
    of whatever stays is measured, for the alarm WorkOverdue.
    """

    def __init__(
        self, desk: Desk, now: datetime, seconds_left: Callable[[], float], run: Run
    ) -> None:
        # False: a batch that waits as a whole is no error of the function.
        super().__init__(EventType.SQS, raise_on_entire_batch_failure=False)
        self.waits: dict[str, int] = {}
        self._desk = desk
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
        error = exception[1]
        if isinstance(error, NotFinished):
            self.waits[record.receipt_handle] = round(error.after.total_seconds())
        else:
            self._desk.telemetry.broken(record.message_id, error)
        age = (self._now - sent_at(record)).total_seconds()
        self._desk.telemetry.count(Metric.WORK_OVERDUE, age)
        return super().failure_handler(record, exception)


_OUT_OF_TIME = (NotFinished, NotFinished(timedelta()), None)


def records_of(event: Mapping[str, Any]) -> list[SQSRecord]:
    """Return the SQS records of an event; there is always one at least."""
    records = event.get("Records")
    if not isinstance(records, list) or not records:
        raise BadBody(f"Records: expected SQS records, got {records!r:.60}")
    return [SQSRecord(record) for record in records]


def sent_at(record: SQSRecord) -> datetime:
    """Return SQS's SentTimestamp, which a message keeps when it is dead-lettered."""
    return datetime.fromtimestamp(int(record.attributes.sent_timestamp) / 1000, UTC)


def give_back(_record: SQSRecord) -> None:
    """Leave a record for an hour: while paused, nothing moves and no clock runs."""
    raise NotFinished(PAUSED_FOR)


def park_body(record: SQSRecord, bad: BadBody, desk: Desk, now: datetime) -> None:
    """Give a body that cannot be acted on to a person, as it came."""
    if isinstance(bad, NewerVersion) and now - sent_at(record) < NEWER_VERSION_WAITS:
        raise NotFinished(NEWER_VERSION_LOOK)
    desk.outbox.park_body(record.body, f"{bad.reason}: {bad}")
    desk.telemetry.outcome(
        Outcome(Ended.PARKED, bad.reason, "", _request_id(record), detail=str(bad))
    )


def _request_id(record: SQSRecord) -> str:
    """Return the id that the sender knows a body by, where it can be read at all."""
    with suppress(BadBody):
        read = read_fields(parse_object(record.body), {"request_id": name})
        return str(read.get("request_id", record.message_id))
    return record.message_id


def handle_batch(  # noqa: PLR0913, PLR0917 - the event, who handles it, and when
    event: Mapping[str, Any],
    handle: Handle,
    desk: Desk,
    now: datetime,
    seconds_left: Callable[[], float],
    run: Run = map,
) -> PartialItemFailureResponse:
    """Handle every record of an event; return the ids of those that stay.

    Their next looks are set in one call, after the last record.
    """
    batch = Batch(desk, now, seconds_left, run)

    def record_handler(record: SQSRecord) -> None:  # Powertools passes `record=`.
        handle(record)

    response = process_partial_response(dict(event), record_handler, batch)
    if failed := desk.outbox.set_visibility(desk.inbox, batch.waits):
        desk.telemetry.visibility_failed(failed)
    return response
