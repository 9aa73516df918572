"""The HTTP shell: sockets, held answers and gzip; it knows nothing of Elasticsearch."""

import gzip
import json
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standin.cluster.bodies import BodyRefused, read_body
from standin.cluster.core import Cluster
from standin.cluster.faults import Timed
from standin.cluster.wire import FOREVER, Answer, Request

Clock = Callable[[], datetime]
Handle = Callable[[Request, datetime], Timed]

# Real seconds between two looks at a held answer: the clock may be a turned one.
_LOOK = 0.005


@contextmanager
def serve(
    cluster: Cluster, clock: Clock = lambda: datetime.now(UTC), port: int = 0
) -> Iterator[str]:
    """Serve a cluster on a port of this machine, or on a free one; yield its URL.

    An answer is held until `clock` says that it is due, or the client hangs up.
    """
    with serve_handle(cluster.handle, clock, port) as url:
        yield url


@contextmanager
def serve_handle(handle: Handle, clock: Clock, port: int = 0) -> Iterator[str]:
    """Serve what answers requests, one at a time; yield its URL.

    An `Expect: 100-continue` is granted at once, before the body is looked at.
    """
    server = _Server(handle, clock, port)
    thread = threading.Thread(target=server.serve_forever, args=(_LOOK,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.hang_up()
        server.server_close()
        thread.join()
    if server.bugs:
        raise server.bugs[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handle: Handle, clock: Clock, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.handle = handle
        self.clock = clock
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.open: set[socket.socket] = set()
        self.bugs: list[Exception] = []

    # The supertype's arguments are those of datagrams too, which never come here.
    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        # Counted before its thread starts, so that none is missed when hanging up.
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        super().shutdown_request(request)
        self.open.discard(request)

    def handle_error(self, *_: object) -> None:
        """Keep a bug for the end; a client that went away is no bug."""
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, OSError):
            self.bugs.append(error)

    def hang_up(self) -> None:
        """Close what clients keep alive, and give their threads a second to end."""
        self.stopping.set()
        for connection in list(self.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        deadline = time.monotonic() + 1
        while self.open and time.monotonic() < deadline:
            time.sleep(_LOOK)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def _serve(self) -> None:
        try:
            body = read_body(self.rfile, self.headers)
        except BodyRefused as refused:
            self.send_error(refused.status, str(refused))
            return
        if body is None:
            self.close_connection = True
            return
        request = Request(self.command, self.path, dict(self.headers.items()), body)
        with self.server.lock:
            start = self.server.clock()
            answer, takes = self.server.handle(request, start)
        held = self._hold(start, answer, takes)
        if held and held.kind == "answered":
            self._send(held)
        else:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server's names
    do_OPTIONS = do_PATCH = _serve  # noqa: N815

    def send_error(
        self, code: int, message: str | None = None, explain: str | None = None
    ) -> None:
        """Refuse what is no request, in JSON, and hang up."""
        # A line without a version would be answered without a status line.
        self.close_connection, self.request_version = True, "HTTP/1.1"
        reason = message or explain or HTTPStatus(code).phrase
        error = {"type": "bad_request", "reason": reason}
        body = json.dumps({"error": error, "status": int(code)}).encode()
        # A malformed line was not read up to the headers that `_send` looks at.
        self.headers = self.headers if hasattr(self, "headers") else Message()
        self.command = self.command or ""
        kind = {"content-type": "application/json", "connection": "close"}
        self._send(Answer(int(code), kind, body))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Write nothing: the log of the cluster is kept elsewhere."""

    def _hold(self, start: datetime, answer: Answer, takes: timedelta) -> Answer | None:
        """Wait until the answer is due; return it if anybody still waits for it."""
        while takes == FOREVER or self.server.clock() < start + takes:
            if self.server.stopping.is_set() or self._client_gone():
                return None
            if answer.again:
                with self.server.lock:
                    answer, takes = answer.again()
        return answer

    def _client_gone(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], _LOOK)
        if not readable:
            return False
        try:
            gone = not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True
        # Bytes of a next request make the socket readable all the time.
        time.sleep(_LOOK)
        return gone

    def _send(self, answer: Answer) -> None:
        body = answer.body
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if "gzip" in self.headers.get("accept-encoding", ""):
            body = gzip.compress(body, compresslevel=1, mtime=0)
            self.send_header("content-encoding", "gzip")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()
