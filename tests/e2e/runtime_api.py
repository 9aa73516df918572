"""A local Lambda Runtime API: it hands out events and collects the answers."""

import math
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Event
from typing import NamedTuple
from uuid import uuid4

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:drill"


class Answer(NamedTuple):
    """What a function posted, and where: its response, or an error."""

    path: str
    body: bytes


class RuntimeApi(ThreadingHTTPServer):
    """Serves one function, whose invocations may last `timeout` seconds.

    The deadline of an invocation goes by the clock of this process. `None` as an event
    ends a connection. `waiting` is set while the function waits for an event.
    """

    daemon_threads = True

    def __init__(self, timeout: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seconds = timeout
        self.events: Queue[bytes | None] = Queue()
        self.answers: Queue[Answer] = Queue()
        self.waiting = Event()
        self.deadline = math.inf

    def handle_error(self, *_: object) -> None:
        """Say nothing of a function that was stopped while it waited for an event."""


class _Handler(BaseHTTPRequestHandler):
    server: RuntimeApi
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # Else every answer waits 40 ms for the next packet.

    def do_GET(self) -> None:
        """Answer `/invocation/next` with an event, once there is one."""
        self.server.waiting.set()
        event = self.server.events.get()
        self.server.waiting.clear()
        if event is None:
            self.close_connection = True
            return
        deadline = self.server.deadline = time.time() + self.server.seconds
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
        self.server.answers.put(Answer(self.path, body))
        self.send_response(202)
        self._finish(b"")

    def _finish(self, body: bytes) -> None:
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
