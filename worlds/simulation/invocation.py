"""One invocation: a task whose every effect takes time, and may be its last one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from greenlet import getcurrent

from local.topology import Source
from simulation.history import Event, Finished, Function, Key
from simulation.sqs import Message, key_of
from simulation.world import World

T = TypeVar("T")

# Seconds: longer than a read may be old, and shorter than a function may take.
STALL = (55, 100)


class Killed(BaseException):
    """The end of an invocation, which no function can catch by accident."""


@dataclass(frozen=True)
class Death:
    """The effect at which an invocation dies: before it, or when it has had it."""

    number: int
    after: bool


class Invocation:
    """Suspends the story at its effects; a dead one has no effect any more.

    It dies at the chosen effect, or with its answer if it has fewer, or when its
    function's time is over.
    """

    def __init__(  # noqa: PLR0917 - what an invocation is made of
        self,
        number: int,
        function: Function,
        timeout: float,
        world: World,
        source: Random,
        note: Callable[[Event], None],
        death: Death | None,
        stalls: float = 0,
    ) -> None:
        self.number, self.function, self.world, self.note = (
            number,
            function,
            world,
            note,
        )
        self.over, self.answered = False, False
        self.when_over: Callable[[], object] = lambda: None
        self._ends = world.now.timestamp() + timeout
        self._source, self._death, self._effects = source, death, 0
        self._stalls = stalls
        self._keys: dict[object, Key] = {}
        self._held: list[Message] = []
        world.after(timeout, self._run_out)

    def _run_out(self) -> None:
        if not self.over:
            self.finish("died", "out of time")

    def hold(self, messages: Sequence[Message]) -> None:
        """Take over messages."""
        self._held = list(messages)

    def came_in(self, body: str) -> Key | None:
        """Return the key of a message that came with just this body, once for each."""
        for message in self._held:
            if message.body == body:
                self._held.remove(message)
                return message.key
        return None

    def seconds_left(self) -> float:
        """Return how long Lambda lets it go on."""
        return self._ends - self.world.now.timestamp()

    def effect(self, act: Callable[[], T]) -> T:
        """Act on the world: half of the way there, and half of it back."""
        self._effects += 1
        number = self._effects
        self.sleep(self._source.uniform(0.002, 0.03))
        self._die_at(number, after=False)
        result = act()
        self._die_at(number, after=True)
        self.sleep(self._source.uniform(0.002, 0.03))
        return result

    def stall(self) -> None:
        """Let its whole process stand still for long, now and then."""
        if self._source.random() < self._stalls:
            self.sleep(self._source.uniform(*STALL))

    def sleep(self, seconds: float) -> None:
        """Wait for the world; who has died meanwhile never comes back."""
        self.world.sleep(seconds)
        if self.over:
            raise Killed

    def _die_at(self, number: int, *, after: bool) -> None:
        if self._death and self._death == Death(number, after):
            self.finish("died", f"{'after' if after else 'before'} effect {number}")
            raise Killed

    def run(self, story: Callable[[], T]) -> T | None:
        """Run a story to its answer; None if it raises, or dies before that is out."""
        try:
            answer = story()
            self.sleep(0.001)
            if self._death:
                self.finish("died", "before its answer")
                return None
        except Killed:
            return None
        except Exception as error:  # noqa: BLE001 - Lambda, too, catches all.
            if not self.over:
                self.finish("failed", repr(error))
            return None
        self.answered = True
        self.finish("answered")
        return answer

    def finish(self, how: Any, error: str = "") -> None:
        """End it."""
        self.over = True
        self.note(Finished(self.world.now, self.number, how, error))
        self.world.at(self.world.now, self.when_over)

    def run_all(
        self, act: Callable[[Any], Any], records: Iterable[Any]
    ) -> Iterable[Any]:
        """Handle records side by side, as the Closer's threads do."""

        def one(record: Any) -> Any:
            self.handles(key_of(record.body, record.message_id))
            return act(record)

        return self.world.all_of(one, records)

    def run_in_turn(
        self, act: Callable[[Any], Any], records: Iterable[Any]
    ) -> Iterable[Any]:
        """Handle records one after the other."""
        for record in records:
            self.handles(key_of(record.body, record.message_id))
            yield act(record)

    def handles(self, key: Key) -> None:
        """Note whose wish the task that runs now serves."""
        self._keys[getcurrent()] = key

    @property
    def key(self) -> Key:
        """Return whose wish the task that runs now serves."""
        return self._keys.get(getcurrent(), Key("", ""))


def event_of(messages: Sequence[Message], source: Source) -> dict[str, Any]:
    """Return a batch as Lambda hands it to a function."""
    return {"Records": [_record(message, source) for message in messages]}


def _record(message: Message, source: Source) -> dict[str, Any]:
    return {
        "messageId": message.message_id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.receives),
            "SentTimestamp": str(int(message.sent_at.timestamp() * 1000)),
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:eu-west-1:123456789012:{source.queue}",
    }


def receipts(messages: Sequence[Message]) -> list[tuple[str, str]]:
    """Return messages' ids with the receipts that they have now."""
    return [(message.message_id, message.receipt) for message in messages]


def finished_ids(answer: Any, held: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return what an answer says is done, of what an invocation held."""
    stay = {failed["itemIdentifier"] for failed in answer["batchItemFailures"]}
    return [
        (message_id, receipt) for message_id, receipt in held if message_id not in stay
    ]
