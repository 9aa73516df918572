"""The queues of the template, kept by moto, with the redrive that moto gets wrong.

moto 5.2.5 skips the second queue of a chain of dead-letter queues, so its queues are
made without a RedrivePolicy and a spent message is moved as moto's own object: it keeps
its id and its SentTimestamp, as a standard queue's dead letters do.

moto also counts the 12 hours that a message may stay invisible from its sending, SQS
from the latest receive: so moto's SentTimestamp is set anew at each receive, and the
real one is kept here.
"""

import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from moto.sqs.models import Queue as MotoQueue
from moto.sqs.models import sqs_backends

from local.place import ACCOUNT, REGION
from local.topology import Queue

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType


class Queues:
    """Sends to, receives from and redrives between a topology's queues."""

    def __init__(self, queues: Mapping[str, Queue]) -> None:
        self._queues = queues
        self._receives: Counter[tuple[str, str]] = Counter()
        self._sent: dict[str, str] = {}
        self._sqs = boto3.client("sqs")
        self.urls = {name: self._create(queue) for name, queue in queues.items()}

    def _create(self, queue: Queue) -> str:
        attributes: dict[QueueAttributeNameType, str] = {
            "VisibilityTimeout": str(queue.visibility),
            "MessageRetentionPeriod": str(queue.retention),
        }
        made = self._sqs.create_queue(QueueName=queue.name, Attributes=attributes)
        return made["QueueUrl"]

    def send(self, queue: str, body: str, *, sent: datetime | None = None) -> str:
        """Send a body as a person would, now or at `sent`; return its message id."""
        url = self.urls[queue]
        answer = self._sqs.send_message(QueueUrl=url, MessageBody=body)
        if sent:
            self._sent[answer["MessageId"]] = str(int(sent.timestamp() * 1000))
        return answer["MessageId"]

    def receive(self, queue: str, most: int) -> list[dict[str, Any]]:
        """Return the records that Lambda would get, and redrive the spent ones."""
        answer = self._sqs.receive_message(
            QueueUrl=self.urls[queue],
            MaxNumberOfMessages=most,
            WaitTimeSeconds=0,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages = answer.get("Messages", [])
        return [self._record(queue, m) for m in messages if not self._spent(queue, m)]

    def _spent(self, queue: str, message: Mapping[str, Any]) -> bool:
        """Count a receive; move the message on if it has had too many here."""
        self._receives[queue, message["MessageId"]] += 1
        policy = self._queues[queue]
        if policy.redrive_to is None or policy.max_receive_count is None:
            return False
        if self._receives[queue, message["MessageId"]] <= policy.max_receive_count:
            return False
        source, target = self._moto(queue), self._moto(policy.redrive_to)
        for kept in [m for m in source._messages if m.id == message["MessageId"]]:  # noqa: SLF001
            source._messages.remove(kept)  # noqa: SLF001
            source.pending_messages.discard(kept)
            kept.visible_at = kept.delayed_until = 0
            target.add_message(kept)
        return True

    def delete(self, queue: str, record: Mapping[str, Any]) -> None:
        """Delete a record that a function has finished."""
        receipt = record["receiptHandle"]
        self._sqs.delete_message(QueueUrl=self.urls[queue], ReceiptHandle=receipt)

    def remove(self, queue: str) -> None:
        """Delete a queue, so that nothing can be sent to it."""
        self._sqs.delete_queue(QueueUrl=self.urls[queue])

    def bodies(self, queue: str) -> list[str]:
        """Return all bodies in a queue, in flight or not."""
        return [message.body for message in self._moto(queue)._messages]  # noqa: SLF001

    def next_visible(self, queue: str) -> datetime | None:
        """Return when the next message of a queue can be received."""
        messages = self._moto(queue)._messages  # noqa: SLF001
        if not messages:
            return None
        # moto compares strictly, hence the millisecond more.
        first = min(max(m.visible_at, m.delayed_until) for m in messages) + 1
        return datetime.fromtimestamp(first / 1000, UTC)

    def age_of_oldest(self, queue: str) -> float:
        """Return what SQS would tell as ApproximateAgeOfOldestMessage, in seconds.

        It leaves out what was received three times and not deleted.
        """
        sent = [
            float(self._sent.get(message.id) or message.sent_timestamp or 0)
            for message in self._moto(queue)._messages  # noqa: SLF001
            if self._receives[queue, message.id] < 3
        ]
        return time.time() - min(sent) / 1000 if sent else 0

    def _moto(self, queue: str) -> MotoQueue:
        return sqs_backends[ACCOUNT][REGION].queues[queue]

    def _record(self, queue: str, message: Mapping[str, Any]) -> dict[str, Any]:
        """Return a message the way Lambda hands it to a function."""
        message_id, attributes = message["MessageId"], dict(message["Attributes"])
        sent = self._sent.setdefault(message_id, attributes["SentTimestamp"])
        for kept in self._moto(queue)._messages:  # noqa: SLF001
            if kept.id == message_id:
                kept.sent_timestamp = int(time.time() * 1000)  # type: ignore[assignment]
        return {
            "messageId": message_id,
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": attributes | {"SentTimestamp": sent},
            "messageAttributes": {},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
            "awsRegion": REGION,
        }
