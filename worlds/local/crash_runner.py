"""A runner that kills one invocation and goes on as Lambda and SQS do.

A killed invocation's answer is not read, its records come back when they are visible
again, and the next one finds nothing of what it had cached.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import unquote

from local.crashes import Killed, Switch
from local.runner import SESSION, Runner
from local.topology import Function, Source
from standin.cluster import Answer, Cluster, Request
from standin.cluster.faults import Timed

# Lambda asks an asynchronous invocation again: after one minute, then after two.
RETRIES = (timedelta(minutes=1), timedelta(minutes=2))

_IDS = re.compile(r"(?<=/_ml/anomaly_detectors/)[^_/][^/]*|datafeed-[^/]*")


class Force(NamedTuple):
    """A post by force: what it met, and how long after the first gentle post."""

    job_id: str
    state: str
    waited: timedelta


class WatchedCluster(Cluster):
    """A cluster whose requests the switch sees; a ghost's are cut without effect."""

    def __init__(self, switch: Switch) -> None:
        super().__init__()
        self.forces: list[Force] = []
        self._closing: dict[str, datetime] = {}
        self._switch = switch

    def handle(self, request: Request, now: datetime) -> Timed:
        """Answer a request, unless its sender dies before or after it."""
        if not self._switch.function:
            return super().handle(request, now)
        path, _, query = request.path.partition("?")
        ids = _IDS.search(path)
        named = unquote(ids[0]).split(",") if ids else []
        jobs = [name.removeprefix("datafeed-") for name in named]
        force = " by force" if "force=true" in query else ""
        operation = f"{request.method} {_IDS.sub('*', path)}{force}"
        try:
            call = self._switch.enter(operation, jobs)
            if request.method == "POST":
                self._note(jobs[0], now, force=bool(force))
            answered = super().handle(request, now)
            self._switch.leave(call)
        except Killed:
            return Answer(0, kind="dropped"), timedelta()
        return answered

    def _note(self, job_id: str, now: datetime, *, force: bool) -> None:
        since = self._closing.setdefault(job_id, now)
        if force:
            state = self.state_of(job_id, now)
            self.forces.append(Force(job_id, state, now - since))


@dataclass
class CrashRunner(Runner):
    """Runs a stack under a switch.

    `on_event` sees each event before its function does. `deletes_first` is the mistake
    that a test of this walk makes on purpose: a message is deleted when it is taken.
    """

    switch: Switch = field(default_factory=Switch)
    on_event: Callable[[str, Mapping[str, Any]], object] = lambda _name, _event: None
    deletes_first: bool = False
    _jobs: dict[str, str] = field(default_factory=dict)
    _tries: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> Self:
        """Listen to botocore before a client is made: each copies the listeners."""
        new_environment()
        SESSION.register("before-call", self._before_call)
        SESSION.register("after-call", self._after_call)
        return super().__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take everything down, the listeners last."""
        super().__exit__(kind, error, trace)
        SESSION.unregister("before-call", self._before_call)
        SESSION.unregister("after-call", self._after_call)
        new_environment()

    def environment(self, function: Function) -> dict[str, str]:
        """Hang up on slow closes even sooner: a walk is many runs."""
        short = dict.fromkeys(("CLOSE_READ_TIMEOUT_EARLY", "CLOSE_READ_TIMEOUT"), "0.1")
        return super().environment(function) | short

    def invoke(self, name: str, event: dict[str, Any]) -> Any:
        """Run a handler; a killed one has no answer, no error and no cache."""
        records = event.get("Records", [])
        for record in records:
            self._jobs[record["receiptHandle"]] = job_of(record["body"])
            if self.deletes_first:
                self.queues.delete(record["eventSourceARN"].split(":")[-1], record)
        self.on_event(name, event)
        errors = len(self.errors)
        self.switch.begin(name)
        try:
            answer = super().invoke(name, event)
        except Killed:
            answer = None
        if self.switch.dead:
            del self.errors[errors:]
            new_environment()
            answer = None
        if not records:
            self.switch.end()
            self._retry(name, event, answer)
        return answer

    def _take(self, function: Function, source: Source) -> bool:
        try:
            return super()._take(function, source)
        except Killed:
            return True  # Between the answer and the last of Lambda's own deletes.
        finally:
            self.switch.end()

    def _retry(self, name: str, event: dict[str, Any], answer: object) -> None:
        """Ask an asynchronous invocation that failed again, later, twice at most."""
        if answer is None and self._tries[event["id"]] < len(RETRIES):
            wait = RETRIES[self._tries[event["id"]]]
            self._tries[event["id"]] += 1
            self.plan(self.now + wait, lambda: self.invoke(name, event))

    def _read(self, name: str, output: str) -> None:
        super()._read(name, output[: self.switch.heard])

    def _before_call(self, **told: Any) -> None:
        if self.switch.function:
            body = json.loads(told["params"]["body"])
            queue = body.get("QueueUrl", "").rpartition("/")[2]
            operation = f"{told['model'].name} {queue}".strip()
            call = self.switch.enter(operation, self._jobs_in(body))
            told["context"]["call"] = call

    def _after_call(self, **told: Any) -> None:
        if self.switch.function and "call" in told["context"]:
            self.switch.leave(told["context"]["call"])

    def _jobs_in(self, body: Mapping[str, Any]) -> list[str]:
        """Return the jobs of what is sent, and of the messages that stay or go."""
        entries = body.get("Entries") or [body]
        jobs = [
            job_of(entry["MessageBody"])
            if "MessageBody" in entry
            else self._jobs.get(entry.get("ReceiptHandle", ""), "")
            for entry in entries
        ]
        return [job for job in jobs if job]


def job_of(body: str) -> str:
    """Return the job of a message."""
    return str(json.loads(body)["job_id"])


def new_environment() -> None:
    """Forget what the functions cache: a killed environment is not used again."""
    ours = [m for name, m in sys.modules.items() if name.startswith("idle_jobs.")]
    for value in (value for module in ours for value in vars(module).values()):
        if hasattr(value, "cache_clear"):
            value.cache_clear()
