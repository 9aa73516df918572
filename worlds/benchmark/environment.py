"""One execution environment of a function: a process under Lambda's runtime client."""

import asyncio
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from benchmark.http_server import Connection, Traffic, listen
from benchmark.measuring import cpu_seconds
from benchmark.places import LAMBDA_PYTHON
from standin.cluster import Request

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:benchmark"
MOST_SECONDS = 300


class FunctionError(Exception):
    """The function raised, or could not be initialised."""


class Environment:
    """A process of a function; use it in an `async with` statement.

    `ready_after` is the time from its start to its first question for an event, and
    `seconds` how long the last event took it.
    """

    def __init__(
        self,
        artifact: Path,
        handler: str,
        variables: Mapping[str, str],
        timeout: float,
        packages: str = "",
    ) -> None:
        self._artifact, self._handler, self._packages = artifact, handler, packages
        self._variables, self._timeout = variables, timeout
        self._asks: asyncio.Queue[Connection] = asyncio.Queue()
        self._answers: asyncio.Queue[tuple[float, str, bytes]] = asyncio.Queue()
        self.ready_after = self.seconds = 0.0
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Start it, and wait until it asks for an event."""
        url = await self._open.enter_async_context(listen(self._handle, Traffic()))
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __aexit__
        path = os.pathsep.join(filter(None, (str(self._artifact), self._packages)))
        self._started = time.perf_counter()
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [LAMBDA_PYTHON, "-m", "awslambdaric", self._handler],
            cwd=self._artifact,
            env={
                "AWS_LAMBDA_RUNTIME_API": url.removeprefix("http://"),
                "PYTHONPATH": path,
                "PYTHONDONTWRITEBYTECODE": "1",  # As in the cloud, where it cannot.
                **self._variables,
            },
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        self._next = await asyncio.wait_for(self._ask(), MOST_SECONDS)
        return self

    async def __aexit__(self, *_: object) -> None:
        """End it; it has nothing to put away."""
        self._process.kill()
        self._process.wait()
        self._output.close()
        await self._open.aclose()

    @property
    def pid(self) -> int:
        """Return the id of its process."""
        return self._process.pid

    @property
    def cpu(self) -> float:
        """Return the CPU seconds that it has used so far."""
        return cpu_seconds(self.pid)

    def output(self) -> bytes:
        """Return what it has written to its log so far."""
        output = self._output.fileno()
        return os.pread(output, os.fstat(output).st_size, 0)

    async def invoke(self, event: object) -> Any:
        """Return its answer to an event, once it asks for the next one."""
        deadline = int((time.time() + self._timeout) * 1000)
        headers = {
            "Lambda-Runtime-Aws-Request-Id": str(uuid4()),
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": ARN,
        }
        begun = time.perf_counter()
        self._next.reply(200, json.dumps(event).encode(), headers)
        answered, path, body = await self._answer()
        self.seconds = answered - begun
        if not path.endswith("/response"):
            raise FunctionError(f"{path}: {body!r}\n{self.output().decode()}")
        self._next = await self._ask()
        return json.loads(body)

    async def _ask(self) -> Connection:
        asks = asyncio.ensure_future(self._asks.get())
        fails = asyncio.ensure_future(self._answers.get())
        done, waiting = await asyncio.wait(
            (asks, fails), return_when=asyncio.FIRST_COMPLETED
        )
        for each in waiting:
            each.cancel()
        if asks in done:
            return asks.result()
        raise FunctionError(f"{fails.result()}\n{self.output().decode()}")

    async def _answer(self) -> tuple[float, str, bytes]:
        while self._process.poll() is None:
            try:
                return await asyncio.wait_for(self._answers.get(), 1)
            except TimeoutError:
                continue
        raise FunctionError(self.output().decode())

    def _handle(self, request: Request, connection: Connection) -> None:
        if request.path.endswith("/next"):
            self.ready_after = self.ready_after or time.perf_counter() - self._started
            self._asks.put_nowait(connection)
            return
        told = time.perf_counter(), request.path, request.body
        self._answers.put_nowait(told)
        connection.reply(202, b"")
