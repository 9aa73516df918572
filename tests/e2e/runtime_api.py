"""A local Lambda Runtime API, which runs a built function under Lambda's own client.

It hands out events and collects answers as the service does; the process it starts is
what runs in the cloud: the built artifact, `awslambdaric` and boto3, and nothing else.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from types import TracebackType
from typing import Any, NamedTuple, Self
from uuid import uuid4

PREFIX = "/2018-06-01/runtime"
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:drill"


class FunctionError(Exception):
    """The function raised, could not be initialised, or did not answer."""


class _Answer(NamedTuple):
    path: str
    body: bytes


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, timeout: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seconds = timeout
        self.events: Queue[bytes | None] = Queue()
        self.answers: Queue[_Answer] = Queue()

    def handle_error(self, *_: object) -> None:
        """Say nothing of a function that was stopped while it waited for an event."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # Else every answer waits 40 ms for the next packet.

    def do_GET(self) -> None:
        """Answer `/invocation/next` with an event, once there is one."""
        event = self.server.events.get()
        if event is None:
            self.close_connection = True
            return
        deadline = time.time() + self.server.seconds
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", str(uuid4()))
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(deadline * 1000)))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", ARN)
        # Without a content type the client hangs without a word.
        self.send_header("Content-Type", "application/json")
        self._finish(event)

    def do_POST(self) -> None:
        """Take `/invocation/<id>/response` or an error, and acknowledge it."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.answers.put(_Answer(self.path, body))
        self.send_response(202)
        self._finish(b"")

    def _finish(self, body: bytes) -> None:
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class Runtime:
    """One execution environment of a function; use it in a `with` statement."""

    def __init__(
        self,
        python: Path,
        artifact: Path,
        handler: str,
        environment: Mapping[str, str],
        timeout: float,
    ) -> None:
        self._server = _Server(timeout)
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  (closed in __exit__)
        self._process = subprocess.Popen(  # noqa: S603  (our own interpreter)
            [python, "-m", "awslambdaric", handler],
            cwd=artifact,
            env={
                "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
                "PYTHONPATH": str(artifact),
                "PYTHONDONTWRITEBYTECODE": "1",  # As in the cloud, where it cannot.
            }
            | dict(environment),
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> Self:
        """Start to serve the function."""
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the function, which has nothing to put away."""
        self._process.kill()
        self._process.wait()
        self._server.events.put(None)
        self._server.shutdown()
        self._server.server_close()
        self._output.close()

    def invoke(self, event: object) -> Any:
        """Return the function's answer to an event, or raise what became of it."""
        self._server.events.put(json.dumps(event).encode())
        try:
            answer = self._server.answers.get(timeout=self._server.seconds)
        except Empty:
            raise FunctionError(f"no answer\n{self.output()}") from None
        if not answer.path.endswith("/response"):
            raise FunctionError(f"{answer.path}: {answer.body!r}\n{self.output()}")
        return json.loads(answer.body)

    def output(self) -> str:
        """Return what the function has written to its log so far."""
        self._output.seek(0)
        return self._output.read().decode()
