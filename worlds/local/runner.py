"""A stack on one machine: the unmodified handlers, wired as template.yaml says.

AWS's APIs come from moto, the cluster is the stand-in behind HTTP, and one virtual
clock turns for all of them: the runner handles what is due and jumps to what is next.
"""

import importlib
import io
import json
import os
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import (
    AbstractContextManager,
    ExitStack,
    contextmanager,
    redirect_stdout,
)
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from types import ModuleType, TracebackType
from typing import Any, Self
from unittest.mock import patch

import boto3
import botocore.session
import time_machine
from moto import mock_aws

import idle_jobs.aws
from idle_jobs.steps.open_lately import OPEN_JOBS
from local.digests import Digests
from local.outcomes import outcome_in
from local.place import REGION
from local.queues import Queues
from local.topology import Function, Source, Topology, environment_of
from standin.cluster import API_KEY, Cluster, serve

CLUSTER_NAME = "demo"
AWS_KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "made-up",
    "AWS_DEFAULT_REGION": REGION,
}

# Real seconds: the stand-in holds an answer until its virtual time has come, so who
# waits for a slow close only ever waits for the own timeout.
SHORT_TIMEOUTS = {
    "CONNECT_TIMEOUT": "2",
    "READ_TIMEOUT": "2",
    "CLOSE_READ_TIMEOUT_EARLY": "0.5",
    "CLOSE_READ_TIMEOUT": "0.5",
    "CLOSE_READ_TIMEOUT_COUNTED": "0.5",
    "MEASURED_READ_TIMEOUT": "0.5",
}

# The functions cache the mode by its name, for virtual seconds: each stack has its own.
STACKS = count(1)

# One for all stacks: a new one reads botocore's models from disk anew, for 0.3 s.
SESSION = botocore.session.get_session()
idle_jobs.aws.SESSION = SESSION

Action = Callable[[], object]


@dataclass
class LambdaContext:
    """What Lambda tells a handler of its invocation."""

    function_name: str
    memory_limit_in_mb: int
    aws_request_id: str
    seconds_left: float
    function_version: str = "$LATEST"

    @property
    def invoked_function_arn(self) -> str:
        """Return an ARN of the form that Lambda gives."""
        return f"arn:aws:lambda:{REGION}:123456789012:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Return the time that is left: the clock stands still while a handler runs."""
        return int(self.seconds_left * 1000)


@dataclass
class Runner:
    """One stack and its clock; use it in a `with` statement.

    `log` holds every line the functions wrote, each with its function and time;
    `metrics` the sums of what they measured, and `peaks` the greatest values; `errors`
    what they raised; `said` all of it as text. An invocation has its function's whole
    timeout left, or `seconds_left`; those in `dies`, by their function and number, die
    after their effects and before their answer. The rules of the functions in
    `disabled` do not fire.
    """

    cluster: Cluster
    start: datetime
    parameters: Mapping[str, str] = field(default_factory=dict)
    mode: str = "close"
    seconds_left: float | None = None
    dies: Collection[tuple[str, int]] = ()
    disabled: set[str] = field(default_factory=set)
    invoked: Counter[str] = field(default_factory=Counter)
    timeouts: Mapping[str, str] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)
    metrics: Counter[str] = field(default_factory=Counter)
    peaks: dict[str, float] = field(default_factory=dict)
    errors: list[tuple[str, BaseException]] = field(default_factory=list)
    said: io.StringIO = field(default_factory=io.StringIO)
    on_line: list[Callable[[dict[str, Any]], object]] = field(default_factory=list)
    _planned: list[tuple[datetime, Action]] = field(default_factory=list)
    _invocations: int = 0

    def __enter__(self) -> Self:
        """Make the queues, the mode and the secret, and stop the clock at the start."""
        self.topology = Topology.load(parameters=self.parameters)
        self._stack = ExitStack()
        traveller = time_machine.travel(self.start, tick=False)
        self._clock = self._stack.enter_context(traveller)
        self._stack.enter_context(patch.dict(os.environ, AWS_KEYS))
        self._stack.enter_context(self.aws())
        boto3.setup_default_session(botocore_session=SESSION)
        self._url = self._stack.enter_context(serve(self.cluster))
        self.queues = Queues(self.topology.queues)
        self.name = f"idle-job-closer-{next(STACKS)}"
        self.topology.ledger.create(self.name)
        self.digests = Digests(self.name) if self.has_digests else None
        self.mode_parameter = f"/{self.name}/mode"
        self._secret = boto3.client("secretsmanager").create_secret(
            Name="api-key", SecretString=json.dumps({"encoded": API_KEY})
        )["ARN"]
        self.set_mode(self.mode)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take everything down."""
        self._stack.__exit__(kind, error, trace)

    def aws(self) -> AbstractContextManager[object]:
        """Return what lets boto3 find AWS's APIs."""
        return mock_aws()

    @property
    def has_digests(self) -> bool:
        """Return whether the stack has a topic for digests."""
        return self.parameters.get("Digest", "off") != "off"

    @property
    def now(self) -> datetime:
        """Return the virtual time."""
        return datetime.now(UTC)

    def set_mode(self, mode: str) -> None:
        """Write the mode as an operator would."""
        boto3.client("ssm").put_parameter(
            Name=self.mode_parameter, Value=mode, Type="String", Overwrite=True
        )

    def shift(self, span: timedelta) -> None:
        """Turn the clock on while nothing is handled."""
        self._clock.shift(span)

    def plan(self, when: datetime, action: Action) -> None:
        """Let something happen at a time: data arrives, an owner changes their mind."""
        self._planned.append((when, action))
        self._planned.sort(key=lambda planned: planned[0])

    def request(self, **request: object) -> str:
        """Send a request to RequestQueue; return its message id."""
        return self.queues.send("RequestQueue", json.dumps(request))

    def run(self, until: datetime) -> None:
        """Handle everything that is due, again and again, until a time is reached."""
        firing = {name: self._first_firing(name) for name in self.topology.functions}
        while self.now < until:
            self._do_planned()
            for name, due in firing.items():
                if due is not None and due <= self.now:
                    if name not in self.disabled:
                        self.invoke(name, self.scheduled_event(due))
                    firing[name] = self._next_firing(name, due)
            if self.poll():
                self.shift(timedelta(seconds=1))
            else:
                self._jump(until, [due for due in firing.values() if due])

    def take_one(self, name: str) -> None:
        """Let a function take one batch of its queue."""
        function = self.topology.functions[name]
        self._take(function, function.sources[0])

    def poll(self) -> bool:
        """Let every function take what its concurrency allows; tell if any did."""
        took = [
            self._take(function, source)
            for function in self.topology.functions.values()
            for source in function.sources
            for _ in range(source.max_concurrency)
        ]
        return any(took)

    def scheduled_event(self, due: datetime) -> dict[str, Any]:
        """Return the event with which the Sweeper is invoked when it is due."""
        schedule = self.topology.functions["Sweeper"].schedule
        assert schedule is not None
        return schedule.event(due)

    def invoke(self, name: str, event: dict[str, Any]) -> Any:
        """Run a function on an event; an error is noted, and None is returned."""
        self.invoked[name] += 1
        try:
            answer = self.call(name, event)
            return None if (name, self.invoked[name]) in self.dies else answer
        except Exception as error:  # noqa: BLE001 - Lambda, too, catches all.
            self.errors.append((name, error))
            self.said.writelines(traceback.format_exception(error))
            return None

    def call(self, name: str, event: dict[str, Any]) -> Any:
        """Call a handler here, with the context that Lambda would give it."""
        function = self.topology.functions[name]
        handler = function.handler.split(".")[1]
        left = function.timeout if self.seconds_left is None else self.seconds_left
        self._invocations += 1
        run = f"run-{self._invocations}"
        context = LambdaContext(name, function.memory, run, left)
        with self.inside(name) as module:
            return getattr(module, handler)(event, context)

    @contextmanager
    def inside(self, name: str) -> Iterator[ModuleType]:
        """Give way to a function's module in its environment, and read its output."""
        function = self.topology.functions[name]
        module = importlib.import_module(function.handler.split(".")[0])
        output = io.StringIO()
        for stream in module.logger.handlers:
            stream.setStream(output)
        environment = patch.dict(os.environ, self.environment(function))
        try:
            with environment, redirect_stdout(output):
                yield module
        finally:
            self._read(name, output.getvalue())

    def environment(self, function: Function) -> dict[str, str]:
        """Return the variables that the template gives to a function."""
        resources = self.queues.urls | {"Ledger": self.name}
        if self.digests:
            resources["DigestTopic"] = self.digests.topic
        resources["AWS::StackName"] = self.name
        given = {
            "ClusterName": CLUSTER_NAME,
            "ClusterUrl": self._url,
            "AuthMode": "api_key",
            "SecretArn": self._secret,
        }
        parameters = given | dict(self.parameters)
        variables = environment_of(function, parameters, resources)
        return variables | SHORT_TIMEOUTS | dict(self.timeouts)

    def ledger(self) -> list[dict[str, Any]]:
        """Return the items of the ledger, by the time of their closings.

        That of the open jobs, which each sweep remembers for the next, is left out.
        """
        items = self.topology.ledger.items(self.name)
        return [item for item in items if item["closed"] != OPEN_JOBS]

    def outcomes(self, request_id: str = "") -> list[dict[str, Any]]:
        """Return the outcomes so far, of one request or of all."""
        told = filter(None, map(outcome_in, self.log))
        return [dict(x) for x in told if request_id in ("", x["request_id"])]

    def _take(self, function: Function, source: Source) -> bool:
        visible = self.queues.next_visible(source.queue)
        if visible is None or visible > self.now:
            return False  # Nine of ten receives find nothing, and each takes 2 ms.
        records = self.queues.receive(source.queue, source.batch_size)
        if not records:
            return True  # Spent messages, which have moved on.
        answer = self.invoke(function.name, {"Records": records})
        if answer is None:
            return True  # Raised: every record waits for the queue's visibility.
        stay = {failed["itemIdentifier"] for failed in answer["batchItemFailures"]}
        for record in records:
            if record["messageId"] not in stay:
                self.queues.delete(source.queue, record)
        return True

    def _jump(self, until: datetime, due: Iterable[datetime]) -> None:
        watched = (s.queue for f in self.topology.functions.values() for s in f.sources)
        times = [*due, *(when for when, _ in self._planned)]
        times += filter(None, map(self.queues.next_visible, watched))
        ahead = [time for time in times if time > self.now]
        self._clock.move_to(min([until, *ahead]))

    def _do_planned(self) -> None:
        while self._planned and self._planned[0][0] <= self.now:
            self._planned.pop(0)[1]()

    def _first_firing(self, name: str) -> datetime | None:
        return self._next_firing(name, self.now - timedelta(microseconds=1))

    def _next_firing(self, name: str, after: datetime) -> datetime | None:
        schedule = self.topology.functions[name].schedule
        return schedule.next_firing(after) if schedule else None

    def _read(self, name: str, output: str) -> None:
        self.said.write(output)
        for text in output.splitlines():
            line = json.loads(text)
            if "_aws" in line:
                names = line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
                for metric in names:
                    name = metric["Name"]
                    self.metrics[name] += sum(line[name])
                    self.peaks[name] = max(self.peaks.get(name, 0), *line[name])
                continue
            line |= {"function": name, "at": self.now}
            self.log.append(line)
            for listener in self.on_line:
                listener(line)
