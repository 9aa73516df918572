"""A stack that runs what `sam build` made, each function in a process of its own."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

import requests
from moto.server import ThreadedMotoServer

from e2e.clock import Clock
from e2e.runtime import FunctionError, Runtime
from simulator.queues import REGION
from simulator.runner import API_KEY, Runner
from simulator.topology import Function

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".aws-sam" / "build"

KEY_ID = "AKIDOFTHEFUNCTION"
SECRET = "the-secret-key-of-a-function"
TOKEN = "the-session-token-of-a-function"


@dataclass
class ArtifactRunner(Runner):
    """A stack of built functions, found by their logical names in the folder `build`.

    AWS's APIs are behind HTTP here, and the clock of every process is this one's.
    """

    build: Path = BUILD
    runtimes: dict[str, Runtime] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Make the stack; a function starts with its first event."""
        super().__enter__()
        folder = self._stack.enter_context(tempfile.TemporaryDirectory())
        self._shared_clock = Clock(Path(folder))
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
        if name not in self.runtimes:
            self.runtimes[name] = self._stack.enter_context(self._runtime(name))
        runtime = self.runtimes[name]
        try:
            answer = runtime.invoke(event)
        except FunctionError:
            # Lambda's client has written the traceback, which is no JSON.
            own = [x for x in runtime.news().splitlines() if x.startswith("{")]
            self._read(name, "\n".join(own))
            raise
        self._read(name, runtime.news())
        return answer

    def secrets_told(self) -> list[str]:
        """Return what functions have written of the secrets that they hold."""
        told = "".join(runtime.output() for runtime in self.runtimes.values())
        assert told, "no function has run"
        return [secret for secret in (API_KEY, SECRET, TOKEN) if secret in told]

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
                "AWS_ENDPOINT_URL": self._aws_url,
                "AWS_LAMBDA_FUNCTION_NAME": function.name,
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            }
        )

    def _runtime(self, name: str) -> Runtime:
        function = self.topology.functions[name]
        variables = self.environment(function) | self._shared_clock.variables
        artifact = self.build / name
        return Runtime(artifact, function.handler, variables, function.timeout)


def _logging(function: Function) -> dict[str, str]:
    """Return what Lambda sets for the template's format, at its most talkative."""
    config = function.template["Globals"]["Function"]["LoggingConfig"]
    log_format = {"AWS_LAMBDA_LOG_FORMAT": config["LogFormat"]}
    if config["LogFormat"] == "Text":
        return log_format  # It has no level: the root logger stays at WARNING.
    # All packages then write at this level, and botocore writes secrets.
    return log_format | {"AWS_LAMBDA_LOG_LEVEL": "DEBUG"}
