"""A model of the ledger's table, as far as a stack can tell it from DynamoDB's."""

from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ReadTimeoutError

from idle_jobs.steps.open_lately import OPEN_JOBS
from simulation.faults import Faults
from simulation.history import Announced, Event, Key, Written
from simulation.world import World

if TYPE_CHECKING:
    from simulation.invocation import Invocation

Item = Mapping[str, Mapping[str, str]]


class Table:
    """Keeps the items; while it is `away`, or now and then, a put is not answered."""

    def __init__(
        self,
        world: World,
        faults: Faults,
        source: Random,
        note: Callable[[Event], None],
    ) -> None:
        self.items: dict[tuple[str, str], Item] = {}
        self.away = False
        self._world, self._faults, self._source = world, faults, source
        self._note = note

    def put(
        self, item: Item, invocation: int, condition: tuple[str, set[str]]
    ) -> tuple[bool, Item | None]:
        """Keep an item if none is there, or one with one of these values of a field.

        Return whether it is kept, and what was there.
        """
        field, values = condition
        there = self.items.get(_place(item))
        if there and there[field]["S"] not in values:
            return False, there
        self.items[_place(item)] = item
        if item["closed"]["S"] != OPEN_JOBS:  # What a sweep remembers for the next.
            self._note(self._event(item, invocation))
        return True, there

    def _event(self, item: Item, invocation: int) -> Event:
        now, key = self._world.now, Key(item["request_id"]["S"], item["job_id"]["S"])
        if "announced_at" in item:
            since = datetime.fromisoformat(item["announced_at"]["S"])
            return Announced(now, invocation, key, since)
        closed, ended = item["closed"]["S"].split()[0], item["ended"]["S"]
        return Written(now, invocation, key, closed, item["closed_by"]["S"], ended)

    def refuses(self) -> bool:
        """Draw whether a put is refused."""
        share = 1.0 if self.away else self._faults.refused_puts
        return self._source.random() < share

    def loses_an_answer(self) -> bool:
        """Draw whether the caller never hears of a put."""
        return self._source.random() < self._faults.refused_puts


class TableClient:
    """What an invocation calls as `boto3.client("dynamodb")`."""

    def __init__(self, table: Table, caller: "Invocation") -> None:
        self._table, self._caller = table, caller

    def put_item(self, **asked: Any) -> dict[str, Any]:
        """Put an item on the ledger's condition, and say what was there."""
        # `attribute_not_exists(closed) OR`, and a field that has one of the values.
        field = asked["ConditionExpression"].split()[2]
        values = asked["ExpressionAttributeValues"].values()
        condition = field, {each["S"] for each in values}

        def act() -> tuple[bool, Item | None]:
            if self._table.refuses():
                raise _error("InternalServerError")
            return self._table.put(asked["Item"], self._caller.number, condition)

        kept, there = self._caller.effect(act)
        if self._table.loses_an_answer():
            raise ReadTimeoutError(endpoint_url="https://dynamodb")
        if not kept:
            raise _error("ConditionalCheckFailedException", Item=there)
        return {"Attributes": there} if there else {}

    def get_item(self, **asked: Any) -> dict[str, Any]:
        """Return one item, as it is now."""

        def act() -> Item | None:
            if self._table.refuses():
                raise _error("InternalServerError")
            return self._table.items.get(_place(asked["Key"]))

        item = self._caller.effect(act)
        return {} if item is None else {"Item": item}

    def update_item(self, **asked: Any) -> None:
        """Add fields to an item, if it lacks the first of them or has its old value."""
        new = {n[1:]: v for n, v in asked["ExpressionAttributeValues"].items()}
        old = new.pop("old")
        first, place = next(iter(new)), _place(asked["Key"])

        def act() -> bool:
            if self._table.refuses():
                raise _error("InternalServerError")
            there = self._table.items.get(place)
            if there is None or there.get(first, old) != old:
                return False
            self._table.items[place] = {**there, **new}
            return True

        done = self._caller.effect(act)
        if self._table.loses_an_answer():
            raise ReadTimeoutError(endpoint_url="https://dynamodb")
        if not done:
            raise _error("ConditionalCheckFailedException")

    def query(self, **asked: Any) -> dict[str, Any]:
        """Return the items of a cluster from one sort key to another."""
        values = asked["ExpressionAttributeValues"]
        cluster, since, last = (values[n]["S"] for n in (":cluster", ":since", ":last"))

        def act() -> list[Item]:
            if self._table.refuses():
                raise _error("InternalServerError")
            found = sorted(self._table.items.items())
            return [
                item
                for (whose, closed), item in found
                if whose == cluster and since <= closed <= last
            ]

        return {"Items": self._caller.effect(act)}


def _place(key: Item) -> tuple[str, str]:
    return key["cluster"]["S"], key["closed"]["S"]


def _error(code: str, **more: Any) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": code}, **more}
    return ClientError(answer, "PutItem")
