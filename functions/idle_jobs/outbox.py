"""The only module that calls SQS."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from idle_jobs.messages.close_message import CloseMessage

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import (
        ChangeMessageVisibilityBatchRequestEntryTypeDef as Visibility,
    )
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef as Entry

T = TypeVar("T")
# What was received is invisible: in CloseQueue, until its next look; in ParkingQueue,
# for a moment after somebody has listed it.
COUNTS: "Sequence[QueueAttributeNameType]" = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
)
MOST_ENTRIES = 10  # of any SQS batch call
LONGEST_MESSAGE = 1024 * 1024  # bytes, with its attributes
LONGEST_DELAY = 900  # seconds
LONGEST_REASON = 2_100  # bytes of an attribute: its name, and 500 characters at most

# Characters outside those that SQS allows (SendMessage, "MessageBody"). It is compiled
# for the first text that is parked: to do so at the import takes 5 ms of a cold start.
_NOT_TAKEN = "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


class SendRefused(Exception):
    """SQS refused messages twice; those with these places in the list are not sent."""

    def __init__(self, places: Iterable[int], of: int) -> None:
        self.places = frozenset(places)
        super().__init__(f"SQS refused {len(self.places)} of {of} messages")


@dataclass(frozen=True, slots=True)
class Outbox:
    """Sends messages, and sets when those that stay are received again."""

    sqs: "SQSClient"
    close_queue: str
    force_queue: str
    parking_queue: str

    def send(self, messages: Iterable[CloseMessage]) -> None:
        """Send close messages to CloseQueue."""
        self._send(self.close_queue, [m.to_json() for m in messages])

    def hand_over(self, messages: Iterable[CloseMessage], now: datetime) -> None:
        """Send close messages to ForceQueue, with the time in `handed_at`."""
        stamped = (replace(message, handed_at=now) for message in messages)
        self._send(self.force_queue, [m.to_json() for m in stamped])

    def put_back(self, messages: Sequence[tuple[CloseMessage, int]]) -> None:
        """Send close messages to CloseQueue again, each delayed by its seconds."""
        bodies = [message.to_json(put_back=True) for message, _ in messages]
        self._send(self.close_queue, bodies, delays=[delay for _, delay in messages])

    def park(self, message: CloseMessage, reason: str) -> None:
        """Send a close message to ParkingQueue, with the reason in it."""
        parked = replace(message, parked_reason=reason)
        self._send(self.parking_queue, [parked.to_json()], reason)

    def park_body(self, body: str, reason: str) -> None:
        """Send a body to ParkingQueue; the reason is an attribute, if there is room."""
        body = _takable(body)
        room = LONGEST_MESSAGE - len(body.encode())
        self._send(self.parking_queue, [body], reason if room > LONGEST_REASON else "")

    def parked(self) -> int | None:
        """Return about how many messages are parked, None if SQS does not say."""
        return self._count(self.parking_queue)

    def waiting(self) -> int | None:
        """Return about how many messages wait in CloseQueue, None if SQS does not say.

        What was put back is not among them for as long as it is delayed.
        """
        return self._count(self.close_queue)

    def _count(self, queue: str) -> int | None:
        try:
            answer = self.sqs.get_queue_attributes(
                QueueUrl=queue, AttributeNames=COUNTS
            )
        except (BotoCoreError, ClientError):
            return None
        return sum(int(answer["Attributes"][name]) for name in COUNTS)

    def set_visibility(self, queue: str, seconds: Mapping[str, int]) -> str:
        """Set visibility timeouts, by receipt handle; return the errors, or "".

        Where that fails, the visibility timeout of the queue applies: the message comes
        back later, but is not lost.
        """
        entries: list[Visibility] = [
            {"Id": str(n), "ReceiptHandle": receipt, "VisibilityTimeout": wait}
            for n, (receipt, wait) in enumerate(seconds.items())
        ]
        failed = []
        for batch in _tens(entries):
            try:
                answer = self.sqs.change_message_visibility_batch(
                    QueueUrl=queue, Entries=batch
                )
            except (BotoCoreError, ClientError) as error:
                failed.append(str(error))
            else:
                failed += [entry["Code"] for entry in answer.get("Failed", [])]
        return ", ".join(failed)

    def _send(
        self,
        queue: str,
        bodies: Sequence[str],
        reason: str = "",
        delays: Sequence[int] = (),
    ) -> None:
        """Send all bodies; send refused ones once more. Raises SendRefused."""
        entries: list[Entry] = [
            {"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)
        ]
        for entry, delay in zip(entries, delays, strict=False):
            entry["DelaySeconds"] = min(delay, LONGEST_DELAY)
        why = _takable(reason[:500]) if reason else ""
        for entry in entries if why else ():
            entry["MessageAttributes"] = {
                "parked_reason": {"DataType": "String", "StringValue": why}
            }
        left = self._send_once(queue, entries)
        # If this fails, what was refused once stays so.
        with suppress(BotoCoreError, ClientError):
            left = self._send_once(queue, left)
        if left:
            raise SendRefused((int(entry["Id"]) for entry in left), len(bodies))

    def _send_once(self, queue: str, entries: Sequence["Entry"]) -> list["Entry"]:
        refused = set()
        for batch in _tens(entries):
            answer = self.sqs.send_message_batch(QueueUrl=queue, Entries=batch)
            refused |= {failed["Id"] for failed in answer.get("Failed", [])}
        return [entry for entry in entries if entry["Id"] in refused]


def _takable(text: str) -> str:
    return re.sub(_NOT_TAKEN, "\ufffd", text)


def _tens(entries: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(entries), MOST_ENTRIES):
        yield entries[start : start + MOST_ENTRIES]
