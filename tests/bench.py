"""One batch of a closer without a stack: the product's parts, and a small world.

The cluster is the stand-in's core, asked in process; SQS keeps lists. What takes time
takes it from the invocation, and none of the test's. Whatever is called or told stands
in `events`, in its order.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from math import inf
from typing import Any, cast
from urllib.parse import urlencode

import requests
from aws_lambda_powertools import Logger, Metrics
from botocore.exceptions import EndpointConnectionError
from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_sqs import SQSClient

from builders import NOW, RULES, ago
from idle_jobs.closing import close_batch
from idle_jobs.elastic.answers import error_of
from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.transport import Timeouts, Wire, error_of_transport
from idle_jobs.ledger import Ledger
from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.terms import Mode
from idle_jobs.outbox import Outbox
from idle_jobs.policy.rules import Rules
from idle_jobs.services import Services
from idle_jobs.steps.role import Role
from idle_jobs.telemetry import NAMESPACE, SERVICE, Telemetry
from standin.cluster import FOREVER, Request
from standin.cluster import Cluster as StandIn
from standin.cluster.asking import KEY

TIMEOUTS = Timeouts(
    connect=3, read=20, close_early=2, close=10, close_counted=0.5, measured=90
)
_numbers = count()


@dataclass(frozen=True)
class Called:
    """A call to the cluster, with its limits."""

    method: str
    path: str
    params: Mapping[str, str]
    read_timeout: float | None
    send_within: float


@dataclass
class Bench:
    """The services and the world around them; a test turns both, then takes a batch."""

    rules: Rules = RULES
    may_force: bool = False
    # What the mode is at each ask; the last one stays.
    modes: Sequence[Mode | Exception] = (Mode.CLOSE,)
    # What the Parameter Store itself says, where that differs from what is cached.
    fresh_mode: Mode | None = None
    left: float = 110
    # Seconds that each read of the cluster takes, and each of the mode.
    reads_take: float = 0
    modes_take: float = 0
    refused_queues: tuple[str, ...] = ()
    refused_jobs: tuple[str, ...] = ()
    sqs_is_away: bool = False
    sends: int = 0
    queued: int | None = 0
    lost_receipts: tuple[str, ...] = ()
    now: datetime = NOW
    stand_in: StandIn = field(default_factory=StandIn)
    events: list[tuple[str, Any]] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)
    items: dict[str, Any] = field(default_factory=dict)
    ledger_is_away: bool = False

    def __post_init__(self) -> None:
        """Make the services, whose parts are the product's own."""
        self.metrics = Metrics(namespace=NAMESPACE, service=SERVICE)
        self.metrics.clear_metrics()  # All Metrics of a process share them.
        logger = Logger(service=f"bench-{next(_numbers)}", stream=cast("Any", self))
        self.services = Services(
            cluster_name="test",
            cluster=Cluster(cast("Wire", self)),
            outbox=Outbox(cast("SQSClient", self), "close", "force", "parking"),
            ledger=Ledger(lambda: cast("DynamoDBClient", self), "ledger"),
            inbox="inbox",
            telemetry=Telemetry(logger, self.metrics),
            timeouts=TIMEOUTS,
            role=Role(self.rules, may_force=self.may_force),
            clock=lambda: self.now,
            ask_mode=self._ask_mode,
        )

    def add(self, job_id: str = "web", **fields: Any) -> None:
        """Add a job to the cluster that a sweep closes, where nothing else is said."""
        idle: dict[str, Any] = {
            "created": ago(days=90),
            "last_data": ago(days=10),
            "datafeed": "stopped",
        }
        if fields.get("state", "opened") != "closed":
            idle["opened"] = ago(days=30)
        self.stand_in.add_job(job_id, now=self.now, **(idle | fields))

    def take(self, *bodies: CloseMessage | str) -> list[Any]:
        """Take a batch one look further; return the ids of the records that stay."""
        event = {"Records": [record(n, body) for n, body in enumerate(bodies)]}
        answer = close_batch(event, self.services, lambda: self.left)
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    @property
    def cut_at(self) -> datetime:
        """Return when the invocation ends."""
        return self.now + timedelta(seconds=self.left)

    def spend(self, seconds: float) -> None:
        """Let time pass, for the world and for the invocation."""
        self.now += timedelta(seconds=seconds)
        self.left -= seconds

    def _ask_mode(self, *, fresh: bool = False) -> Mode:
        asked = len(self.seen("mode"))
        self.events.append(("mode", fresh))
        self.spend(self.modes_take)
        mode = self.modes[min(asked, len(self.modes) - 1)]
        if isinstance(mode, Exception):
            raise mode
        return self.fresh_mode if fresh and self.fresh_mode else mode

    # As `Wire`.
    def call(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        *,
        read_timeout: float | None = None,
        send_within: float = inf,
        **_: float,
    ) -> bytes:
        """Ask the stand-in, for as long as the caller waits."""
        call = Called(method, path, params, read_timeout, send_within)
        self.events.append(("call", call))
        request = Request(method, f"{path}?{urlencode(params)}", KEY)
        answer, takes = self.stand_in.handle(request, self.now)
        timeout = read_timeout or TIMEOUTS.read
        late = takes == FOREVER or takes.total_seconds() > timeout
        self.spend(timeout if late else takes.total_seconds())
        if method == "GET":
            self.spend(self.reads_take)
        if answer.kind == "dropped":
            raise error_of_transport(requests.ConnectionError("reset"))
        if late:
            raise error_of_transport(requests.ReadTimeout("read timed out"))
        if answer.status != 200:
            raise error_of(answer.status, answer.body)
        return answer.body

    # As an SQS client.
    def send_message_batch(self, QueueUrl: str, Entries: Any) -> Any:  # noqa: N803
        """Keep what is sent, unless the queue takes nothing, or not this job."""
        self.sends += 1
        if self.sqs_is_away:
            raise EndpointConnectionError(endpoint_url="sqs")
        every = QueueUrl in self.refused_queues
        failed = [e for e in Entries if every or self._refuses(e["MessageBody"])]
        sent = [entry for entry in Entries if entry not in failed]
        self.events += [(QueueUrl, entry["MessageBody"]) for entry in sent]
        self.delays += [e["DelaySeconds"] for e in sent if "DelaySeconds" in e]
        return {"Failed": [{"Id": e["Id"], "Code": "Internal"} for e in failed]}

    def _refuses(self, body: str) -> bool:
        return any(f'"{job_id}"' in body for job_id in self.refused_jobs)

    def change_message_visibility_batch(self, QueueUrl: str, Entries: Any) -> Any:  # noqa: N803
        """Note when the records of the inbox are seen again."""
        waits = {e["ReceiptHandle"]: e["VisibilityTimeout"] for e in Entries}
        self.events.append((QueueUrl, waits))
        lost = [e["Id"] for e in Entries if e["ReceiptHandle"] in self.lost_receipts]
        return {"Failed": [{"Id": n, "Code": "ReceiptHandleIsInvalid"} for n in lost]}

    def get_queue_attributes(self, AttributeNames: Any, **_: Any) -> Any:  # noqa: N803
        """Tell how many messages wait, of each kind."""
        if self.queued is None:
            raise EndpointConnectionError(endpoint_url="sqs")
        return {"Attributes": dict.fromkeys(AttributeNames, str(self.queued // 2))}

    # As a DynamoDB client.
    def put_item(self, TableName: str, Item: Any, **_: Any) -> Any:  # noqa: N803
        """Keep an item, the first of each closing; none while the table is away."""
        if self.ledger_is_away:
            raise EndpointConnectionError(endpoint_url="https://dynamodb")
        self.events.append((TableName, Item))
        there = self.items.setdefault(Item["closed"]["S"], Item)
        return {} if there is Item else {"Attributes": there}

    def get_item(self, Key: Any, **_: Any) -> Any:  # noqa: N803
        """Return an item."""
        return {"Item": self.items[Key["closed"]["S"]]}

    def update_item(self, Key: Any, ExpressionAttributeValues: Any, **_: Any) -> None:  # noqa: N803
        """Add fields to an item."""
        new = {name[1:]: value for name, value in ExpressionAttributeValues.items()}
        del new["old"]  # Of the condition alone.
        self.items[Key["closed"]["S"]] |= new

    # As the stream of a logger.
    def write(self, line: str) -> None:
        """Note a line of the log."""
        if line.strip():
            told = json.loads(line)
            self.events.append((told["message"], told))

    def flush(self) -> None:
        """Keep nothing back."""

    def seen(self, name: str) -> list[Any]:
        """Return what stands under a name: a line, a queue, or `call`."""
        return [what for kind, what in self.events if kind == name]

    @property
    def posts(self) -> list[str]:
        """Return the closes that the cluster was asked for, as `id?query`."""
        calls: Iterable[Called] = self.seen("call")
        return [
            f"{each.path.split('/')[3]}?{urlencode(each.params)}"
            for each in calls
            if each.method == "POST"
        ]

    @property
    def put_back(self) -> list[str]:
        """Return the ids of the jobs whose messages went back into their queue."""
        return [json.loads(body)["job_id"] for body in self.seen("close")]

    @property
    def ends(self) -> list[str]:
        """Return every outcome as `job: end reason`."""
        lines = self.seen("outcome")
        return [f"{o.get('job_id', '')}: {o['ended']} {o['reason']}" for o in lines]

    @property
    def waits(self) -> list[str]:
        """Return why records wait."""
        return [f"{line['job_id']}: {line['why']}" for line in self.seen("waiting")]

    def counted(self, metric: str) -> list[float]:
        """Return the values of a metric."""
        values: list[float] = self.metrics.metric_set.get(metric, {}).get("Value", [])
        return values


def force_closers(**changes: Any) -> Bench:
    """Return the bench of the one that may force."""
    return Bench(may_force=True, left=170, **changes)


def record(number: int, body: CloseMessage | str) -> dict[str, Any]:
    """Return a record of SQS, sent when its message was; a bare body right now."""
    sent = NOW
    if isinstance(body, CloseMessage):
        sent, body = body.handed_at or body.sent_at or NOW, body.to_json()
    attributes = {
        "ApproximateReceiveCount": "1",
        "SentTimestamp": str(round(sent.timestamp() * 1000)),
    }
    return {
        "messageId": f"m{number}",
        "receiptHandle": f"r{number}",
        "body": body,
        "attributes": attributes,
        "messageAttributes": {},
        "eventSource": "aws:sqs",
    }
