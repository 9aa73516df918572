"""Moves parked messages to RequestQueue, each with its first id and time.

Each message is sent, and then deleted. If the command is killed in between, it is in
both queues. Closing a job twice does no harm.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3

from idle_jobs.messages.close_message import is_close_message
from idle_jobs.times import moment, spoken
from idle_jobs_cli.output.formats import Format, note
from idle_jobs_cli.stack.outcomes import Awaited, normal
from idle_jobs_cli.stack.parking import Parked, held, printable
from idle_jobs_cli.stack.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

Choice = Callable[[Parked], bool]
MOVED_FIELDS = ("message_id", "new_message_id", "job_id", "request_id", "expired")


@dataclass(frozen=True, slots=True)
class Moved:
    """A message that was moved to RequestQueue, with its new message id.

    `expired` is the age of a request that closes its job only if that is idle, or None.
    """

    parked: Parked
    new_id: str
    expired: timedelta | None

    @property
    def request_id(self) -> str:
        """Return the request id in its outcome."""
        return printable(self.parked.asked_first.get("request_id") or self.new_id)

    @property
    def awaited(self) -> Awaited:
        """Return what to wait for."""
        expression = normal(self.parked.printable_field("job_id"))
        alone = is_close_message(self.parked.fields)
        return Awaited(self.request_id, self.new_id, expression, alone=alone)

    def fields(self) -> dict[str, Any]:
        """Return the move as plain values, for programs."""
        return {
            "message_id": self.parked.message_id,
            "new_message_id": self.new_id,
            "job_id": self.parked.printable_field("job_id"),
            "request_id": self.request_id,
            "expired": self.expired is not None,
        }


def move(stack: Stack, chosen: Choice, output: Format) -> list[Moved]:
    """Move the chosen messages to RequestQueue, and tell of each."""
    sqs, limit = boto3.client("sqs"), stack.expires_after()
    moved = []
    with held(sqs, stack["ParkingQueue"]) as messages:
        for message in filter(chosen, messages):
            moved.append(_move(sqs, message, stack, limit))
            _tell(moved[-1], limit, output)
    return moved


def _move(
    sqs: "SQSClient", message: Parked, stack: Stack, expires_after: timedelta
) -> Moved:
    queue, body = stack["RequestQueue"], message.redriven
    sent = sqs.send_message(QueueUrl=queue, MessageBody=body)
    sqs.delete_message(QueueUrl=stack["ParkingQueue"], ReceiptHandle=message.receipt)
    expired = _expired(message, expires_after, datetime.now(UTC))
    return Moved(message, sent["MessageId"], expired)


def _tell(moved: Moved, expires_after: timedelta, output: Format) -> None:
    note(f"moved {moved.parked.message_id}, now {moved.new_id}", output)
    job = moved.parked.printable_field("job_id") or "no readable job_id"
    where = f"its outcome will have the request_id {moved.request_id}"
    note(f"  {job}: {where}", output)
    if moved.expired:
        age, limit = spoken(moved.expired), spoken(expires_after)
        closes = "closes the job only if it is idle"
        note(f"  requested {age} ago, over {limit}: {closes}", output)


def _expired(
    message: Parked, expires_after: timedelta, now: datetime
) -> timedelta | None:
    """Return the age of a request that has expired, otherwise None."""
    try:
        age = now - moment(message.asked_first.get("requested_at"))
    except ValueError:
        return None
    asks_for_idle = message.fields.get("only_if_idle") is True
    return age if age > expires_after and not asks_for_idle else None
