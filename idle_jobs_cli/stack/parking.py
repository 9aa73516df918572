"""Reads ParkingQueue, where requests wait for a person, without removing anything."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from idle_jobs.messages.readers import BadBody, parse_object
from idle_jobs.outbox import LONGEST_MESSAGE
from idle_jobs.times import rfc3339
from idle_jobs_cli.output.lines import one_line

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MOST_ENTRIES = 10  # of any SQS batch call
HIDDEN_FOR = 60  # seconds, if this is killed before it makes them visible again


@dataclass(frozen=True)
class Parked:
    """One message of ParkingQueue; its body is untrusted."""

    message_id: str
    receipt: str
    body: str
    sent_at: datetime
    attribute: str

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """Return the fields of the body, none if it cannot be read."""
        try:
            return parse_object(self.body)
        except BadBody:
            return {}

    @property
    def asked_first(self) -> Mapping[str, Any]:
        """Return the fields, with the id and the time of the first request.

        A function that parks a request writes both into the body. SQS does not when it
        dead-letters a message, but the message keeps its id and SentTimestamp.
        """
        known = {"request_id": self.message_id, "requested_at": rfc3339(self.sent_at)}
        return {**known, **self.fields} if self.fields else {}

    @property
    def redriven(self) -> str:
        """Return the body to send, with the first id and time."""
        written = json.dumps(self.asked_first)
        # A body that is too long for SQS after escaping is no valid request anyway.
        changed = self.asked_first != self.fields and len(written) <= LONGEST_MESSAGE
        return written if changed else self.body

    def printable_field(self, field: str) -> str:
        """Return a field of the body as printable text, "" if it is missing."""
        return printable(self.fields.get(field, ""))

    @property
    def reason(self) -> str:
        """Return why the message was parked."""
        reason = self.printable_field("parked_reason") or printable(self.attribute)
        return reason or "dead-lettered by SQS"


def printable(value: object) -> str:
    """Return any JSON value as one line of printable characters."""
    return one_line(value if isinstance(value, str) else json.dumps(value))


@contextmanager
def held(sqs: "SQSClient", queue: str) -> Iterator[list[Parked]]:
    """Receive all messages, and make them visible again at the end.

    All are received before the first is used. So a message that is moved, and parked
    again in the meantime, is not received a second time.
    """
    messages: dict[str, Parked] = {}
    try:
        while _adds(messages, _receive(sqs, queue)):
            pass
        yield sorted(messages.values(), key=lambda message: message.sent_at)
    finally:
        _show_again(sqs, queue, [m.receipt for m in messages.values()])


def _adds(messages: dict[str, Parked], received: Sequence[Parked]) -> bool:
    """Add messages, with their newest receipt handles; return whether any is new."""
    before = len(messages)
    messages |= {message.message_id: message for message in received}
    return len(messages) > before


def _receive(sqs: "SQSClient", queue: str) -> list[Parked]:
    answer = sqs.receive_message(
        QueueUrl=queue,
        MaxNumberOfMessages=MOST_ENTRIES,
        VisibilityTimeout=HIDDEN_FOR,
        WaitTimeSeconds=1,  # Without it, SQS queries only some of its servers.
        MessageSystemAttributeNames=["SentTimestamp"],
        MessageAttributeNames=["parked_reason"],
    )
    return [_parked(message) for message in answer.get("Messages", [])]


def _parked(message: "MessageTypeDef") -> Parked:
    sent = int(message["Attributes"]["SentTimestamp"]) / 1000
    reason = message.get("MessageAttributes", {}).get("parked_reason")
    return Parked(
        message_id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        body=message["Body"],
        sent_at=datetime.fromtimestamp(sent, UTC),
        attribute=reason.get("StringValue", "") if reason else "",
    )


def _show_again(sqs: "SQSClient", queue: str, receipts: Sequence[str]) -> None:
    for start in range(0, len(receipts), MOST_ENTRIES):
        batch = receipts[start : start + MOST_ENTRIES]
        # SQS refuses deleted messages. Others become visible after HIDDEN_FOR anyway.
        with suppress(BotoCoreError, ClientError):
            sqs.change_message_visibility_batch(
                QueueUrl=queue,
                Entries=[
                    {"Id": str(n), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                    for n, receipt in enumerate(batch)
                ],
            )


def counted(number: int) -> str:
    """Return `1 message`, `2 messages`."""
    return f"{number} message" if number == 1 else f"{number} messages"
