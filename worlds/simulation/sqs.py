"""A model of SQS's standard queues, as far as a stack can tell it from real ones.

Visibility, receive counts for each queue, redrive with the original send time,
retention by that time, refused entries, duplicate deliveries, deletes that are lost. A
message is delivered in the order in which it becomes visible.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Protocol

from local.topology import Queue
from simulation.faults import Faults
from simulation.history import Deleted, Event, Expired, Key, Left, Moved, Sent, Spoiled
from simulation.world import World

# Within so long one of Lambda's pollers looks, and so finds several messages at once.
POLLS = timedelta(seconds=5)
LONGEST_INVISIBLE = timedelta(hours=12)
MOST = 0.6


@dataclass(eq=False)
class Message:
    """A message; `receives` counts for the queue that it is in."""

    message_id: str
    body: str
    key: Key
    sent_at: datetime
    visible_at: datetime
    queue: str
    receives: int = 0
    receipt: str = ""


def key_of(body: str, message_id: str) -> Key:
    """Return whose wish a body is, as far as it can be read."""
    try:
        given = json.loads(body)
        return Key(str(given.get("request_id") or message_id), str(given["job_id"]))
    except (ValueError, KeyError, AttributeError):
        return Key(message_id, "")


class Queues:
    """All queues of a topology; `listen` is told when a message becomes visible.

    `refused` counts the entries of batches that were; while SQS is `ill`, most are.
    """

    def __init__(
        self,
        topology: Mapping[str, Queue],
        world: World,
        faults: Faults,
        source: Random,
        note: Callable[[Event], None],
    ) -> None:
        self.topology, self.world, self.faults = topology, world, faults
        self.listen: Callable[[str], None] = lambda _: None
        self._source, self._note = source, note
        self._held: dict[str, dict[str, Message]] = {name: {} for name in topology}
        self._ids = count(1)
        self.refused, self.ill = 0, False

    def send(
        self,
        queue: str,
        body: str,
        invocation: int = 0,
        key: Key | None = None,
        delay: int = 0,
    ) -> Message:
        """Take a message; its key is read from its body where it is not given."""
        message_id, now = f"m{next(self._ids)}", self.world.now
        key = key or key_of(body, message_id)
        message = Message(message_id, body, key, now, now, queue)
        kind = _kind(body) if queue != "RequestQueue" else ""
        self._note(
            Sent(self.world.now, invocation, queue, message_id, message.key, kind)
        )
        self._show(message, self.world.now + timedelta(seconds=delay))
        return message

    def hold(self, queue: str, body: str, sent_at: datetime) -> Message:
        """Put a message there that was sent long ago."""
        message_id = f"m{next(self._ids)}"
        key = key_of(body, message_id)
        message = Message(message_id, body, key, sent_at, sent_at, queue)
        self._held[queue][message_id] = message
        return message

    def receive(self, queue: str, most: int) -> list[Message]:
        """Hand out what is visible, and move on what was received too often."""
        now = self.world.now
        received: list[Message] = []
        visible = [m for m in self._held[queue].values() if m.visible_at <= now]
        for message in sorted(visible, key=lambda m: (m.visible_at, m.message_id)):
            if len(received) == most:
                break
            if not self._expired(message) and not self._spent(message):
                received.append(self._deliver(message))
        return received

    def _deliver(self, message: Message) -> Message:
        message.receives += 1
        message.receipt = f"{message.message_id}/{message.queue}/{message.receives}"
        wait = timedelta(seconds=self.topology[message.queue].visibility)
        if self._happens(self.faults.duplicates):
            self._spoil(message, "duplicated")
            wait = timedelta(seconds=self._source.uniform(0, 5))
        self._show(message, self.world.now + wait)
        return message

    def delete(self, queue: str, message_id: str, receipt: str) -> None:
        """Delete a message, unless that is lost or its receipt is an old one's."""
        message = self._held[queue].get(message_id)
        if message is None:
            return
        old = message.receipt != receipt and self._source.random() < 0.5
        if old or self._happens(self.faults.lost_deletes):
            self._spoil(message, "delete_lost")
            return
        del self._held[queue][message_id]
        self._note(Deleted(self.world.now, queue, message_id, message.key))

    def change_visibility(self, queue: str, receipt: str, seconds: int) -> bool:
        """Set when a message is seen again; only its latest receipt can."""
        message = self._held[queue].get(receipt.partition("/")[0])
        if message is None or message.receipt != receipt:
            return False
        wait = min(timedelta(seconds=seconds), LONGEST_INVISIBLE)
        self._show(message, self.world.now + wait)
        return True

    def take_all(self, queue: str) -> list[Message]:
        """Take everything out of a queue, as a person who redrives does."""
        messages, self._held[queue] = list(self._held[queue].values()), {}
        return messages

    def left(self) -> list[Left]:
        """Return what is still there, after retention had its say."""
        kept = [m for held in self._held.values() for m in list(held.values())]
        return [Left(m.queue, m.key, m.sent_at) for m in kept if not self._expired(m)]

    def waiting(self, queue: str) -> int:
        """Return how many messages are not delayed: visible, or received before."""
        now, held = self.world.now, self._held[queue].values()
        return sum(1 for m in held if m.receives or m.visible_at <= now)

    def empty(self, *queues: str) -> bool:
        """Tell whether nothing is left in these queues, in flight or not."""
        return not any(self._held[queue] for queue in queues)

    def _show(self, message: Message, when: datetime) -> None:
        message.visible_at = when
        self._held[message.queue][message.message_id] = message
        seen = when + POLLS * self._source.random()
        self.world.at(seen, lambda: self.listen(message.queue))

    def _spent(self, message: Message) -> bool:
        policy = self.topology[message.queue]
        if policy.redrive_to is None or policy.max_receive_count is None:
            return False
        if message.receives < policy.max_receive_count:
            return False
        del self._held[message.queue][message.message_id]
        source, message.queue, message.receives = message.queue, policy.redrive_to, 0
        now, key = self.world.now, message.key
        self._note(Moved(now, message.message_id, key, source, message.queue))
        self._show(message, now)
        return True

    def _expired(self, message: Message) -> bool:
        keeps = timedelta(seconds=self.topology[message.queue].retention)
        if self.world.now - message.sent_at < keeps:
            return False
        del self._held[message.queue][message.message_id]
        self._note(
            Expired(self.world.now, message.queue, message.message_id, message.key)
        )
        return True

    def _spoil(self, message: Message, how: Any) -> None:
        self._note(
            Spoiled(self.world.now, message.queue, message.message_id, message.key, how)
        )

    def _happens(self, share: float) -> bool:
        return share > 0 and self._source.random() < share

    def refuses(self) -> bool:
        """Tell whether an entry of a batch is refused, and count it then."""
        refused = self._happens(MOST if self.ill else self.faults.refused_entries)
        self.refused += refused
        return refused


def _kind(body: str) -> str:
    try:
        given = json.loads(body)
        return str(given.get("kind", "")) if "version" in given else ""
    except (ValueError, AttributeError):
        return ""


class Caller(Protocol):
    """Who calls: an invocation."""

    number: int

    def came_in(self, body: str) -> Key | None:
        """Return the key of the message that it holds with just this body."""

    def effect(self, act: Callable[[], Any]) -> Any:
        """Act on the world."""


class Client:
    """What an invocation calls as `boto3.client("sqs")`; a queue's URL is its name."""

    def __init__(self, queues: Queues, caller: "Caller") -> None:
        self._queues, self._caller = queues, caller

    def send_message_batch(
        self,
        *,
        QueueUrl: str,  # noqa: N803 - boto3's name
        Entries: Sequence[Mapping[str, Any]],  # noqa: N803
    ) -> dict[str, Any]:
        """Take entries, each for itself."""

        def act() -> list[dict[str, Any]]:
            failed = []
            for entry in Entries:
                if self._queues.refuses():
                    failed.append({"Id": entry["Id"], "Code": "InternalError"})
                else:
                    self._send(QueueUrl, entry)
            return failed

        return {"Failed": self._caller.effect(act)}

    def _send(self, queue: str, entry: Mapping[str, Any]) -> None:
        # A body that cannot be read is known by the message that it came in.
        body, delay = entry["MessageBody"], entry.get("DelaySeconds", 0)
        key = self._caller.came_in(body)
        self._queues.send(queue, body, self._caller.number, key, delay)

    def change_message_visibility_batch(
        self,
        *,
        QueueUrl: str,  # noqa: N803 - boto3's name
        Entries: Sequence[Mapping[str, Any]],  # noqa: N803
    ) -> dict[str, Any]:
        """Set when messages are seen again, each for itself."""

        def act() -> list[dict[str, Any]]:
            return [
                {"Id": entry["Id"], "Code": "ReceiptHandleIsInvalid"}
                for entry in Entries
                if self._queues.refuses()
                or not self._queues.change_visibility(
                    QueueUrl, entry["ReceiptHandle"], entry["VisibilityTimeout"]
                )
            ]

        return {"Failed": self._caller.effect(act)}

    def get_queue_attributes(
        self,
        *,
        QueueUrl: str,  # noqa: N803 - boto3's name
        AttributeNames: Sequence[str],  # noqa: N803
    ) -> dict[str, Any]:
        """Count what is not delayed by the first name: nobody asks for one kind."""

        def act() -> dict[str, str]:
            first, *others = AttributeNames
            waiting = str(self._queues.waiting(QueueUrl))
            return dict.fromkeys(others, "0") | {first: waiting}

        return {"Attributes": self._caller.effect(act)}
