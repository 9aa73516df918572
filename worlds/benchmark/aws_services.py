"""What the functions ask of AWS, answered over HTTP as AWS's JSON protocol does.

SQS, the mode in Parameter Store, the secret, and the ledger's table. An answer comes
after LATENCY, as it does within a region.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from benchmark.http_server import Connection, Traffic, listen
from benchmark.timed_queue import TimedQueue
from local.place import ACCOUNT
from local.topology import Topology
from standin.cluster import API_KEY, Request

LATENCY = 0.005
PROTOCOL = {"content-type": "application/x-amz-json-1.0"}
MODE = {"Name": "mode", "Type": "String", "Value": "close", "Version": 1}
EXISTS = "ConditionalCheckFailedException"

Json = dict[str, Any]


class AwsServices:
    """The queues of the template, and the rest of what a function needs of AWS.

    `changed` is set when a queue has got a message. `calls` counts what was asked for.
    """

    def __init__(self, topology: Topology) -> None:
        self.queues = {
            name: TimedQueue(name, queue.visibility)
            for name, queue in topology.queues.items()
        }
        self.calls: Counter[str] = Counter()
        self.items: dict[tuple[str, str], Json] = {}
        self.changed = asyncio.Event()
        self.url = ""

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        """Serve on a free port of this machine."""
        async with listen(self._handle, Traffic()) as self.url:
            yield

    def queue_urls(self) -> dict[str, str]:
        """Return the URL of each queue, by the name that the template gives to it."""
        return {name: f"{self.url}/{ACCOUNT}/{name}" for name in self.queues}

    def _handle(self, request: Request, connection: Connection) -> None:
        call = request.headers["x-amz-target"].partition(".")[2]
        self.calls[call] += 1
        status, answer = self._answer(call, json.loads(request.body))
        body = json.dumps(answer).encode()
        loop = asyncio.get_running_loop()
        loop.call_later(LATENCY, connection.reply, status, body, PROTOCOL)

    def _answer(self, call: str, asked: Json) -> tuple[int, Json]:
        """Answer a call; KeyError for one that the functions never made so far."""
        answers: Mapping[str, Callable[[Json], Json]] = {
            "SendMessageBatch": self._send,
            "ChangeMessageVisibilityBatch": self._hide,
            "GetQueueAttributes": self._attributes,
            "GetParameter": lambda _: {"Parameter": MODE},
            "GetParameterHistory": lambda _: {"Parameters": [MODE]},
            "GetSecretValue": lambda _: {
                "Name": "api-key",
                "SecretString": json.dumps({"encoded": API_KEY}),
            },
            "GetItem": self._get,
            "UpdateItem": lambda _: {},
            "Query": self._query,
        }
        if call == "PutItem":
            return self._put(asked)
        return 200, answers[call](asked)

    def _send(self, asked: Json) -> Json:
        queue, now = self._queue(asked), time.monotonic()
        sent = []
        for entry in asked["Entries"]:
            delay = entry.get("DelaySeconds", 0)
            message_id = queue.send(entry["MessageBody"], now, delay)
            sent.append({"Id": entry["Id"], "MessageId": message_id})
        self.changed.set()
        return {"Successful": sent, "Failed": []}

    def _hide(self, asked: Json) -> Json:
        queue, now = self._queue(asked), time.monotonic()
        done: list[Json] = []
        failed: list[Json] = []
        for entry in asked["Entries"]:
            seconds = entry["VisibilityTimeout"]
            if queue.hide(entry["ReceiptHandle"], seconds, now):
                done.append({"Id": entry["Id"]})
            else:
                code = "ReceiptHandleIsInvalid"
                failed.append({"Id": entry["Id"], "Code": code, "SenderFault": True})
        self.changed.set()
        return {"Successful": done, "Failed": failed}

    def _attributes(self, asked: Json) -> Json:
        """Count what is not delayed by the first name: nobody asks for one kind."""
        first, *others = asked["AttributeNames"]
        waiting = self._queue(asked).waiting(time.monotonic())
        return {"Attributes": dict.fromkeys(others, "0") | {first: str(waiting)}}

    def _queue(self, asked: Json) -> TimedQueue:
        return self.queues[asked["QueueUrl"].rpartition("/")[2]]

    def _get(self, asked: Json) -> Json:
        item = self.items.get(_key(asked["Key"]))
        return {"Item": item} if item else {}

    def _query(self, asked: Json) -> Json:
        """Return the items of a cluster from one sort key to another."""
        values = asked["ExpressionAttributeValues"]
        cluster, since, last = (values[n]["S"] for n in (":cluster", ":since", ":last"))
        found = [
            item
            for (whose, closed), item in sorted(self.items.items())
            if whose == cluster and since <= closed <= last
        ]
        return {"Items": found, "Count": len(found), "ScannedCount": len(found)}

    def _put(self, asked: Json) -> tuple[int, Json]:
        """Keep an item if it is the first, or takes the place of one that was read.

        That is one of a sweep, which knows its `noted_at`. Closings are never written
        over here.
        """
        key, item = _key(asked["Item"]), asked["Item"]
        there, values = self.items.get(key), asked.get("ExpressionAttributeValues", {})
        as_read = values.get(":as_read")
        if there and (as_read is None or there["noted_at"] != as_read):
            return 400, {"__type": f"com.amazonaws#{EXISTS}", "Item": there}
        self.items[key] = item
        return 200, {}


def _key(item: Json) -> tuple[str, str]:
    return item["cluster"]["S"], item["closed"]["S"]
