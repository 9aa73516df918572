"""The only module of the functions that calls DynamoDB, for the ledger of closings.

Elasticsearch does not say who closed a job, and the log may tell a closing twice. The
ledger keeps what we know of each closing, once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from idle_jobs.messages.ledger_item import AUTHORS, LedgerItem
from idle_jobs.times import rfc3339

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MISSING = "attribute_not_exists"
CONDITION = f"{MISSING}(closed) OR closed_by IN (:weak, :weaker, :weakest)"
REFUSED = "ConditionalCheckFailedException"
# For an item that is no closing: there is none, or the one that was read.
AS_READ = f"{MISSING}(closed) OR noted_at = :as_read"
# `cluster` is a reserved word of DynamoDB, which refuses it in an expression.
SINCE = "#cluster = :cluster AND closed BETWEEN :since AND :last"
# It sorts after every time, and before the letters of items that are no closings.
AFTER_TIMES = ":"
NOBODY = "nobody"  # Stands in no item.


class LedgerAway(Exception):
    """DynamoDB did not take an item, or does not show any."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Writes and reads items. `connect` returns a client, made if needed."""

    connect: "Callable[[], DynamoDBClient]"
    table: str

    def put(self, item: LedgerItem) -> LedgerItem | None:
        """Write the item of a closing, unless it is there; return what was there.

        The item of a close that we posted takes the place of one with another author;
        `AUTHORS` has the order. Raises LedgerAway if DynamoDB refuses, or does not
        answer.
        """
        after = AUTHORS.index(str(item["closed_by"])) + 1
        weak, weaker, weakest, *_ = (*AUTHORS[after:], *[NOBODY] * after)
        authors = {":weak": weak, ":weaker": weaker, ":weakest": weakest}
        _, there = self._put(item, CONDITION, authors)
        return there

    def closings(
        self, cluster: str, since: datetime, names: Sequence[str] = ()
    ) -> Iterator[LedgerItem]:
        """Yield the items of the closings since a time. Raises LedgerAway.

        Of each item, only the attributes with these `names` are read, or all of them.
        The sort key of a closing begins with its time. Other items of the table have a
        key that begins with a letter, and are left out.
        """
        return self._query(cluster, rfc3339(since), AFTER_TIMES, names)

    def noted(self, cluster: str, key: str) -> LedgerItem | None:
        """Return the item with a sort key that no closing has. Raises LedgerAway."""
        return next(self._query(cluster, key, key), None)

    def noted_from(self, cluster: str, first: str, last: str) -> Iterator[LedgerItem]:
        """Yield the items with sort keys that no closing has. Raises LedgerAway."""
        return self._query(cluster, first, last)

    def note(self, item: LedgerItem, there: LedgerItem | None) -> bool:
        """Write an item that is no closing in the place of one that was read, or none.

        Return whether it is written: not if another function was faster. Its
        `noted_at` differs from that of every other item. Raises LedgerAway.
        """
        as_read = str(there["noted_at"]) if there else NOBODY
        written, now_there = self._put(item, AS_READ, {":as_read": as_read})
        # The answer to a first attempt may have been lost.
        return written or now_there == item

    def closing(self, cluster: str, closed: str) -> LedgerItem | None:
        """Return the item of one closing as it is now. Raises LedgerAway."""
        try:
            answer = self.connect().get_item(
                TableName=self.table, Key=_key(cluster, closed), ConsistentRead=True
            )
        except (BotoCoreError, ClientError) as error:
            raise LedgerAway(str(error)) from error
        return _read(answer["Item"]) if "Item" in answer else None

    def mark(self, item: LedgerItem, *, old: str = "", **marks: str) -> bool:
        """Add fields to the item of a closing, unless it has the first of them.

        The first one may stand there with the value `old`, which it had when it was
        read. Returns whether they were added; empty ones are left out. Raises
        LedgerAway.
        """
        first, marks = next(iter(marks)), {n: v for n, v in marks.items() if v}
        try:
            self.connect().update_item(
                TableName=self.table,
                Key=_key(str(item["cluster"]), str(item["closed"])),
                UpdateExpression="SET " + ", ".join(f"{n} = :{n}" for n in marks),
                ConditionExpression=(
                    f"attribute_exists(closed) AND ({MISSING}({first})"
                    f" OR {first} = :old)"
                ),
                ExpressionAttributeValues={":old": _write(old or NOBODY)}
                | {f":{name}": _write(value) for name, value in marks.items()},
            )
        except (BotoCoreError, ClientError) as error:
            if REFUSED in str(error):
                return False
            raise LedgerAway(str(error)) from error
        return True

    def _put(
        self, item: LedgerItem, condition: str, values: Mapping[str, str]
    ) -> tuple[bool, LedgerItem | None]:
        """Put an item on a condition; return whether it was, and what was there."""
        try:
            put = self.connect().put_item(
                TableName=self.table,
                Item={field: _write(value) for field, value in item.items()},
                ConditionExpression=condition,
                ExpressionAttributeValues={
                    name: {"S": value} for name, value in values.items()
                },
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != REFUSED:
                raise LedgerAway(str(error)) from error
            answer: Mapping[str, Any] = error.response
            return False, _read(answer.get("Item", {}))
        except BotoCoreError as error:
            raise LedgerAway(str(error)) from error
        there = put.get("Attributes")
        return True, _read(there) if there else None

    def _query(
        self, cluster: str, first: str, last: str, names: Sequence[str] = ()
    ) -> Iterator[LedgerItem]:
        """Yield the items of a cluster from one sort key to another, both included."""
        start: dict[str, Any] = (
            {"ProjectionExpression": ", ".join(names)} if names else {}
        )
        while True:
            try:
                answer = self.connect().query(
                    TableName=self.table,
                    KeyConditionExpression=SINCE,
                    ExpressionAttributeNames={"#cluster": "cluster"},
                    ExpressionAttributeValues={
                        ":cluster": {"S": cluster},
                        ":since": {"S": first},
                        ":last": {"S": last},
                    },
                    **start,
                )
            except (BotoCoreError, ClientError) as error:
                raise LedgerAway(str(error)) from error
            yield from map(_read, answer["Items"])
            if not (more := answer.get("LastEvaluatedKey")):
                return
            start["ExclusiveStartKey"] = more


def _key(cluster: str, closed: str) -> dict[str, Any]:
    return {"cluster": _write(cluster), "closed": _write(closed)}


def _read(item: Mapping[str, Any]) -> LedgerItem:
    return {name: _value(value) for name, value in item.items()}


# boto3 has these for all types. To import it for three takes 30 ms of a cold start.
def _write(value: str | int | bool) -> Any:  # noqa: ANN401 - an AttributeValue
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def _value(attribute: Mapping[str, Any]) -> str | int | bool:
    [(kind, value)] = attribute.items()
    known: str | int | bool = int(value) if kind == "N" else value
    return known
