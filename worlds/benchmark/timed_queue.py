"""A queue as SQS keeps it: visibility timeouts, delays, and counted deliveries.

Times are seconds of a monotonic clock, which is an argument.
"""

from dataclasses import dataclass
from itertools import count
from typing import Any

from local.place import ACCOUNT, REGION


@dataclass(eq=False)
class Message:
    """A message, and when it can be received again."""

    message_id: str
    body: str
    sent_at: float
    visible_at: float
    receives: int = 0

    @property
    def receipt(self) -> str:
        """Return the handle of its last delivery."""
        return f"{self.message_id}/{self.receives}"


class TimedQueue:
    """One standard queue; `name` is that of the template, `visibility` is seconds."""

    def __init__(self, name: str, visibility: float) -> None:
        self.name, self.visibility = name, visibility
        self._messages: dict[str, Message] = {}
        self._ids = count(1)

    def __len__(self) -> int:
        """Return how many messages there are, in flight or not."""
        return len(self._messages)

    def waiting(self, now: float) -> int:
        """Return how many messages are not delayed: visible, or received before."""
        messages = self._messages.values()
        return sum(1 for m in messages if m.receives or m.visible_at <= now)

    def send(self, body: str, now: float, delay: float = 0) -> str:
        """Take a message; return its id."""
        message = Message(f"{self.name}-{next(self._ids)}", body, now, now + delay)
        self._messages[message.message_id] = message
        return message.message_id

    def receive(self, most: int, now: float) -> list[Message]:
        """Return what is visible, the oldest first; it is hidden for a while then."""
        visible = [m for m in self._messages.values() if m.visible_at <= now]
        received = sorted(visible, key=lambda m: m.visible_at)[:most]
        for message in received:
            message.receives += 1
            message.visible_at = now + self.visibility
        return received

    def delete(self, message_id: str) -> None:
        """Delete a message, which a function has finished."""
        del self._messages[message_id]

    def hide(self, receipt: str, seconds: float, now: float) -> bool:
        """Set when a message is visible again; tell if that is its last receipt."""
        message = self._messages.get(receipt.partition("/")[0])
        if message is None or message.receipt != receipt:
            return False
        message.visible_at = now + seconds
        return True

    def next_visible(self) -> float | None:
        """Return when the next message is visible; None if there is none."""
        return min((m.visible_at for m in self._messages.values()), default=None)


def event_of(queue: TimedQueue, messages: list[Message], epoch: float) -> Any:
    """Return messages as Lambda hands them to a function; `epoch` is the clock's 0."""
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue.name}"
    return {"Records": [_record(message, arn, epoch) for message in messages]}


def _record(message: Message, arn: str, epoch: float) -> dict[str, Any]:
    return {
        "messageId": message.message_id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.receives),
            "SentTimestamp": str(int((epoch + message.sent_at) * 1000)),
            "SenderId": "AROAEXAMPLE:sweeper",
            "ApproximateFirstReceiveTimestamp": str(int(epoch * 1000)),
        },
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": REGION,
    }
