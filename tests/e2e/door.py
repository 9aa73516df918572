"""A door before a server: what passes it is watched, and its connections can die."""

import select
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import RLock, Thread
from typing import Literal
from urllib.parse import urlsplit

When = Literal["before", "after"]
Watch = Callable[[When, bytes], bool]

# Closed with this, a socket sends a reset and not the end of its stream.
_RESET = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Door(ThreadingTCPServer):
    """Carries bytes to the server at `url`, on connections that it counts in `came`.

    `watch` sees each request before it goes in, and once more before its answer comes
    out; where it says no, the connection ends there. With `tls`, who comes in has to
    speak it, and what is behind the door hears plain HTTP.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, url: str, watch: Watch, tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        behind = urlsplit(url)
        self.behind = (str(behind.hostname), int(behind.port or 0))
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self.server_address[1]}"
        self.tls = tls
        self.watch = watch
        self.lock = RLock()
        self.open: set[_Connection] = set()
        self.came = 0

    def cut(self) -> None:
        """End every connection: its client is told so, and nothing more goes in."""
        with self.lock:
            for connection in self.open:
                connection.dead = True
                with suppress(OSError):
                    connection.request.shutdown(socket.SHUT_RDWR)

    def forget(self) -> None:
        """Let every connection be unknown: its client hears so when it next speaks."""
        with self.lock:
            for connection in self.open:
                connection.dead = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of who was killed while it spoke."""


class _Connection(BaseRequestHandler):
    server: Door
    request: socket.socket
    dead = False

    def setup(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.server.lock:
            self.server.came += 1
            self.server.open.add(self)

    def handle(self) -> None:
        if self.server.tls:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        with socket.create_connection(self.server.behind) as inside:
            inside.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._carry(inside)

    def finish(self) -> None:
        with self.server.lock:
            self.server.open.discard(self)
        self.request.close()  # Its server closes the socket that TLS was put on.

    def _carry(self, inside: socket.socket) -> None:
        asked, answered = b"", True
        while True:
            for end in select.select([self.request, inside], [], [])[0]:
                data = end.recv(65_536)
                if not data:
                    return
                if end is self.request:
                    asked, answered = (b"" if answered else asked) + data, False
                    passed = self._pass(inside, data, "before", asked)
                else:
                    # An answer comes in parts, and is watched for once.
                    when: When | None = None if answered else "after"
                    answered = True
                    passed = self._pass(self.request, data, when, asked)
                if not passed:
                    return

    def _pass(
        self, to: socket.socket, data: bytes, when: When | None, asked: bytes
    ) -> bool:
        with self.server.lock:
            if self.dead or (when and not self.server.watch(when, asked)):
                self.request.setsockopt(*_RESET)
                self.request.close()
                return False
            to.sendall(data)
            return True


@dataclass
class Moment:
    """Watches for a request with these bytes, acts once, and says if it may pass.

    `number` is which of such requests is meant, where they have been answered.
    """

    when: When
    asked: bytes
    act: Callable[[], bool]
    number: int = 1

    @property
    def struck(self) -> bool:
        """Tell whether the moment has come."""
        return self.number <= 0

    def __call__(self, when: When, asked: bytes) -> bool:
        """Look at a request, or at one that has just been answered."""
        if self.struck or when != self.when or self.asked not in asked:
            return True
        self.number -= 1
        return self.act() if self.struck else True


@contextmanager
def before(url: str, watch: Watch, tls: ssl.SSLContext | None = None) -> Iterator[Door]:
    """Put a door before the server at a URL."""
    with Door(url, watch, tls) as door:
        thread = Thread(target=door.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield door
        finally:
            door.shutdown()
            door.cut()
            thread.join()
