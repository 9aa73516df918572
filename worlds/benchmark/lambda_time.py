"""Row 3: Lambda seconds in virtual time, from the simulation without faults.

The product's own code handles each message; what it asks of SQS and of the ledger, and
what it logs, is counted for row 4.
"""

import io
import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any, cast

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics

from benchmark.results import Results
from benchmark.sizes import Sizes
from benchmark.stack import body_for
from idle_jobs.batch import Run
from idle_jobs.closing import close_batch
from idle_jobs.outbox import Outbox
from idle_jobs.services import SAID_ELSEWHERE, Services
from idle_jobs.steps.role import Role
from idle_jobs.telemetry import NAMESPACE, SERVICE, Telemetry
from simulation.faults import Faults
from simulation.history import Began, Finished, Posted
from simulation.invocation import Invocation
from simulation.schedule import START, WORKING
from simulation.stack import Stack
from simulation.stories import CLUSTER_NAME, services, topology
from simulation.world import World
from standin.cluster import Cluster
from standin.cluster.durations import lognormal

MEDIAN, MEAN = timedelta(seconds=30), timedelta(seconds=40.5)
SIGMA = math.sqrt(2 * math.log(MEAN / MEDIAN))
BATCH = 10
LONGEST = timedelta(days=2)
# What Lambda adds to the log: its lines START, END and REPORT, in bytes.
PLATFORM = 270
_NUMBERS = count()
CONTEXT = {
    "cold_start": False,
    "function_name": "idle-job-closer-closer",
    "function_memory_size": "512",
    "function_arn": "arn:aws:lambda:eu-west-1:123456789012:function:idle-job-closer",
    "function_request_id": "57cbeebc-74e9-4d9a-b73e-d33a8c9f2f5e",
}


class Counting:
    """A client whose calls are counted, by their names and by what they write."""

    def __init__(self, client: object, calls: Counter[str]) -> None:
        self._client, self._calls = client, calls

    def __getattr__(self, name: str) -> Any:
        """Return the call with this name, which counts itself."""
        call = getattr(self._client, name)

        def counted(**asked: Any) -> Any:
            self._calls[name] += 1
            return call(**asked)

        return counted


@dataclass
class Meter:
    """What the closers ask of AWS and write, beside what the history has."""

    calls: Counter[str] = field(default_factory=Counter)
    log: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        """Log as the functions do."""
        # Each has a name of its own, since a logger keeps its first stream.
        name = f"closer-{next(_NUMBERS)}"
        self._logger = Logger(service=name, stream=self.log)
        self._logger.append_keys(**CONTEXT)
        self._logger.remove_keys(SAID_ELSEWHERE)

    def close(self, stack: Stack, run: Invocation, event: dict[str, Any]) -> Any:
        """Handle a batch of CloseQueue, as the Closer does."""
        return self._handle(services(stack, run, "CloseQueue"), run, event, run.run_all)

    def wait(self, stack: Stack, run: Invocation, event: dict[str, Any]) -> Any:
        """Handle a batch of ForceQueue, where a message goes that has waited long."""
        own = services(stack, run, "ForceQueue")
        own = replace(own, role=Role(own.rules, may_force=True))
        return self._handle(own, run, event, run.run_in_turn)

    def _handle(
        self, services: Services, run: Invocation, event: dict[str, Any], each: Run
    ) -> Any:
        metrics = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
        metrics.set_default_dimensions(cluster=CLUSTER_NAME)
        own = self._metered(services, metrics)
        answer = close_batch(event, own, run.seconds_left, each)
        self.calls["receive"] += 1
        self.calls["delete"] += len(answer["batchItemFailures"]) < len(event["Records"])
        if metrics.metric_set:
            json.dump(metrics.serialize_metric_set(), self.log)
        return answer

    def _metered(self, own: Services, metrics: EphemeralMetrics) -> Services:
        box, connect = own.outbox, own.ledger.connect
        sqs = cast("Any", Counting(box.sqs, self.calls))
        queues = box.close_queue, box.force_queue, box.parking_queue
        table = cast("Any", Counting(connect(), self.calls))
        return replace(
            own,
            outbox=Outbox(sqs, *queues),
            ledger=replace(own.ledger, connect=lambda: table),
            telemetry=Telemetry(self._logger, cast("Any", metrics)),
        )


def drawn(jobs: int) -> list[timedelta]:
    """Return how long each close takes."""
    source = Random(1)  # noqa: S311 - a seed is no secret
    take = lognormal(source, MEDIAN, SIGMA)
    return [take() for _ in range(jobs)]


def simulate(takes: Sequence[timedelta], meter: Meter) -> Stack:
    """Close jobs that take so long; return the stack once its queues are empty."""
    world, cluster = World(START), Cluster("9.5.1")
    source = Random(1)  # noqa: S311 - as above
    stories = {"Closer": meter.close, "ForceCloser": meter.wait}
    stack = Stack(world, cluster, topology(), stories, Faults().scaled(0), source)
    quiet = START - timedelta(days=10)
    for number, close_takes in enumerate(takes):
        job_id = f"prod-web-latency-{number:06}"
        cluster.add_job(
            job_id,
            now=START,
            created=START - timedelta(days=90),
            opened=START - timedelta(days=30),
            last_data=quiet,
            datafeed="stopped",
            close_takes=close_takes,
        )
        stack.queues.send("CloseQueue", body_for(job_id, CLUSTER_NAME, START))
    world.run(START + LONGEST, lambda: stack.queues.empty(*WORKING))
    states = {cluster.state_of(job_id, world.now) for job_id in cluster.jobs}
    forced = any(event.force for event in stack.events if isinstance(event, Posted))
    if states != {"closed"} or forced or not stack.queues.empty(*WORKING):
        raise AssertionError(f"jobs are {states}, or forced, or not reported")
    return stack


def lambda_seconds(stack: Stack) -> list[tuple[str, float]]:
    """Return the function of each invocation, and how long it took."""
    began = {e.invocation: e for e in stack.events if isinstance(e, Began)}
    ended = {e.invocation: e.at for e in stack.events if isinstance(e, Finished)}
    return [
        (began[number].function, (at - began[number].at).total_seconds())
        for number, at in ended.items()
    ]


async def lambda_time(sizes: Sizes, results: Results) -> None:
    """Measure ours, and compute a handler that waits for each close."""
    takes, meter = drawn(sizes.simulated), Meter()
    stack = simulate(takes, meter)
    spent = lambda_seconds(stack)
    per = 1000 / len(takes)
    memory = {name: each.memory for name, each in topology().functions.items()}
    log = len(meter.log.getvalue()) + PLATFORM * len(spent)
    calls = meter.calls
    sent = math.ceil(len(takes) / BATCH)
    results.add(
        "3.ours",
        seconds=sum(seconds for _, seconds in spent) * per,
        gb_seconds=sum(memory[name] / 1024 * seconds for name, seconds in spent) * per,
        invocations=len(spent) * per,
        minutes=(stack.world.now - START).total_seconds() / 60,
        sqs=per * (sent + calls.total() - calls["put_item"] - calls["get_item"]),
        writes=per * (calls["put_item"] + calls["update_item"]),
        log=per * log / 1000,
    )
    seconds = [each.total_seconds() for each in takes]
    tens = [max(seconds[at : at + BATCH]) for at in range(0, len(seconds), BATCH)]
    results.add("3.ten", seconds=per * sum(tens), invocations=per * len(tens))
    results.add("3.each", seconds=per * sum(seconds), invocations=1000)
