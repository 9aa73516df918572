"""A stack that runs what `sam build` made, each function in a process of its own."""

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

import requests
from moto.server import ThreadedMotoServer

from e2e.clock import Clock
from e2e.door import Moment, When, before
from e2e.runtime import FunctionError, Runtime
from e2e.secrecy import KEY_ID, SECRET, TOKEN, told_in
from local.place import REGION
from local.runner import Runner
from local.topology import Function

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".aws-sam" / "build"


@dataclass
class ArtifactRunner(Runner):
    """A stack of built functions, found by their logical names in the folder `build`.

    AWS's APIs are behind HTTP here, and the clock of every process is this one's.
    `artifacts` holds those that are deployed from elsewhere, and `moment` is what a
    test waits for at any of the doors: the cluster's, AWS's and the Runtime API's.
    With `tls`, the cluster's door shows its certificate to who comes in.
    """

    build: Path = BUILD
    artifacts: dict[str, Path] = field(default_factory=dict)
    moment: Moment | None = None
    tls: ssl.SSLContext | None = None
    runtimes: dict[str, Runtime] = field(default_factory=dict)
    _started: list[Runtime] = field(default_factory=list)
    _silenced: bool = False

    def __enter__(self) -> Self:
        """Make the stack; a function starts with its first event."""
        super().__enter__()
        folder = self._stack.enter_context(tempfile.TemporaryDirectory())
        self._shared_clock = Clock(Path(folder))
        door = before(self._url, self._watch, self.tls)
        self.door = self._stack.enter_context(door)
        self._url = self.door.url
        self._aws_door = self._stack.enter_context(before(self._aws_url, self._watch))
        return self

    @contextmanager
    def aws(self) -> Iterator[None]:
        """Serve AWS's APIs; moto's state outlives its server, hence the reset."""
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        self._aws_url = f"http://{host}:{port}"
        try:
            requests.post(f"{self._aws_url}/moto-api/reset", timeout=10)
            with patch.dict(os.environ, {"AWS_ENDPOINT_URL": self._aws_url}):
                yield
        finally:
            server.stop()

    def call(self, name: str, event: dict[str, Any]) -> Any:
        """Hand an event to a function's process, and read what that has written."""
        self._shared_clock.set(self.now)
        self._silenced = False
        if name not in self.runtimes:
            self.runtimes[name] = self._stack.enter_context(self._runtime(name))
            self._started.append(self.runtimes[name])
        self._running = runtime = self.runtimes[name]
        try:
            answer = runtime.invoke(event)
        except FunctionError:
            self._read(name, _own(runtime.news()))
            if runtime.ended:
                del self.runtimes[name]
            raise
        self._read(name, _own(runtime.news()))
        return answer

    def kill(self) -> bool:
        """Kill the function that runs; what it was about to say is not said."""
        self._silenced = True
        self._running.kill()
        return False

    def spend(self, seconds: float) -> bool:
        """Let time pass for the function that runs, and for everything else."""
        self.shift(timedelta(seconds=seconds))
        self._shared_clock.set(self.now)
        return True

    def overrun(self, seconds: float) -> bool:
        """Let time pass beyond the deadline, and an answer come too late."""
        self.spend(seconds)
        self._running.wait()
        return False

    def freeze(self, span: timedelta) -> None:
        """Freeze every function between two events, and turn the clock on."""
        for runtime in self.runtimes.values():
            runtime.freeze()
        self.shift(span)

    def deploy(self, name: str, artifact: Path) -> None:
        """Let the next event of a function go to a new environment, of this code."""
        self.artifacts[name] = artifact
        self.runtimes.pop(name, None)

    def secrets_told(self) -> list[str]:
        """Return what functions have written of the secrets that they hold."""
        told = "".join(runtime.output() for runtime in self._started)
        assert told, "no function has run"
        return told_in(told, self.cluster.log)

    def environment(self, function: Function) -> dict[str, str]:
        """Return the variables of the template and those that Lambda adds."""
        return (
            super().environment(function)
            | _logging(function)
            | {
                "AWS_ACCESS_KEY_ID": KEY_ID,
                "AWS_SECRET_ACCESS_KEY": SECRET,
                "AWS_SESSION_TOKEN": TOKEN,
                "AWS_REGION": REGION,
                "AWS_DEFAULT_REGION": REGION,
                "AWS_ENDPOINT_URL": self._aws_door.url,
                "AWS_LAMBDA_FUNCTION_NAME": function.name,
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            }
        )

    def _watch(self, when: When, asked: bytes) -> bool:
        if self._silenced:
            return False
        return self.moment is None or self.moment(when, asked)

    def _runtime(self, name: str) -> Runtime:
        function = self.topology.functions[name]
        variables = self.environment(function) | self._shared_clock.variables
        artifact = self.artifacts.get(name, self.build / name)
        timeout = function.timeout
        return Runtime(artifact, function.handler, variables, timeout, self._watch)


def _logging(function: Function) -> dict[str, str]:
    """Return what Lambda sets for the template's format, at its most talkative.

    All packages then write at this level, and botocore writes secrets.
    """
    config = function.template["Globals"]["Function"]["LoggingConfig"]
    # Lambda sets no level for text; a function may, as whoever looks for a fault does.
    return {
        "AWS_LAMBDA_LOG_FORMAT": config["LogFormat"],
        "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
    }


def _own(output: str) -> str:
    """Return the lines of our own: other packages' and tracebacks are no JSON.

    Who was killed may have begun one.
    """
    lines = output.splitlines(keepends=True)
    return "".join(x for x in lines if x.startswith("{") and x.endswith("}\n"))
