"""The built functions of the template, each environment with a process of its own."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmark.aws_services import AwsServices
from benchmark.environment import Environment
from benchmark.places import BUILD
from benchmark.timed_queue import event_of
from idle_jobs.messages.close_message import CloseMessage, Evidence
from local.place import REGION
from local.topology import Source, Topology, environment_of

NAME = "benchmark"
CLOSES = "CloseQueue"
# Nothing may end up in these: every job closes, and nobody needs a person.
UNUSED = ("ForceQueue", "ParkingQueue")
LOOK = 0.05
GIVE_UP = 300


@dataclass
class Drained:
    """How long a queue took to become empty, and what the environments used."""

    begun: float
    seconds: float = 0
    invocations: int = 0
    billed: float = 0
    cpu: float = 0


@dataclass
class Stack:
    """The functions and AWS's services around them, for one cluster."""

    cluster_url: str
    aws: AwsServices
    topology: Topology
    parameters: Mapping[str, str] = field(default_factory=dict)
    build: Path = BUILD

    def environment(self, name: str, artifact: Path | None = None) -> Environment:
        """Return an execution environment of a function, which is not started yet."""
        function = self.topology.functions[name]
        return Environment(
            artifact or self.build / name,
            function.handler,
            self.variables(name),
            function.timeout,
        )

    def variables(self, name: str) -> dict[str, str]:
        """Return the variables of a function, and those that Lambda adds."""
        function = self.topology.functions[name]
        given = {
            "ClusterName": NAME,
            "ClusterUrl": self.cluster_url,
            "AuthMode": "api_key",
            "SecretArn": f"arn:aws:secretsmanager:{REGION}:123456789012:secret:key",
        }
        resources = self.aws.queue_urls() | {"Ledger": NAME, "AWS::StackName": NAME}
        parameters = given | dict(self.parameters)
        return environment_of(function, parameters, resources) | {
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "made-up",
            "AWS_SESSION_TOKEN": "made-up",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.aws.url,
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        }

    @property
    def closers(self) -> Source:
        """Return how the Closer reads its queue: in which batches, and how many."""
        return self.topology.functions["Closer"].sources[0]

    async def drain(self, environments: list[Environment]) -> Drained:
        """Let environments take batches of CloseQueue until it is empty."""
        before = [each.cpu for each in environments]
        drained = Drained(time.time())
        begun = time.monotonic()
        async with asyncio.timeout(GIVE_UP):
            await asyncio.gather(*(self._take(each, drained) for each in environments))
        drained.seconds = time.monotonic() - begun
        after = [each.cpu for each in environments]
        drained.cpu = sum(after) - sum(before)
        if left := [name for name in UNUSED if len(self.aws.queues[name])]:
            raise AssertionError(f"messages in {left}")
        return drained

    async def _take(self, environment: Environment, drained: Drained) -> None:
        queue, epoch = self.aws.queues[CLOSES], time.time() - time.monotonic()
        while len(queue):
            messages = queue.receive(self.closers.batch_size, time.monotonic())
            if not messages:
                await self._wait(queue.next_visible())
                continue
            answer = await environment.invoke(event_of(queue, messages, epoch))
            drained.invocations += 1
            drained.billed += environment.seconds
            stay = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            for message in messages:
                if message.message_id not in stay:
                    queue.delete(message.message_id)
            self.aws.changed.set()

    async def _wait(self, until: float | None) -> None:
        """Wait for the next message, as one of Lambda's pollers does."""
        self.aws.changed.clear()
        seconds = LOOK if until is None else max(until - time.monotonic(), 0)
        try:
            await asyncio.wait_for(self.aws.changed.wait(), min(seconds, LOOK))
        except TimeoutError:
            return


@asynccontextmanager
async def stack_for(
    cluster_url: str,
    build: Path = BUILD,
    parameters: Mapping[str, str] | None = None,
) -> AsyncIterator[Stack]:
    """Give a stack for a cluster, with AWS's services around it."""
    topology = Topology.load()
    aws = AwsServices(topology)
    async with aws.serve():
        yield Stack(cluster_url, aws, topology, parameters or {}, build)


@asynccontextmanager
async def closers(stack: Stack, warm: list[str]) -> AsyncIterator[list[Environment]]:
    """Start as many environments of the Closer as the template allows at a time.

    Each has handled one of the `warm` jobs.
    """
    async with AsyncExitStack() as environments:
        started = [stack.environment("Closer") for _ in range(len(warm))]
        for each, job_id in zip(started, warm, strict=True):
            await environments.enter_async_context(each)
            ask(stack, [job_id])
            await stack.drain([each])
        yield started


def ask(stack: Stack, job_ids: list[str]) -> None:
    """Send what a sweep sends for jobs that it found idle."""
    for job_id in job_ids:
        stack.aws.queues[CLOSES].send(body_for(job_id), time.monotonic())


def body_for(
    job_id: str, cluster: str = NAME, requested_at: datetime | None = None
) -> str:
    """Return the body of the message with which a sweep asks for a close."""
    now = requested_at or datetime.now(UTC).replace(microsecond=0)
    message = CloseMessage(
        cluster=cluster,
        request_id="sweep-1",
        job_id=job_id,
        requested_at=now,
        reason="idle_datafeed_stopped",
        evidence=Evidence("opened", now - timedelta(days=10), None, "stopped"),
    )
    return message.to_json()
