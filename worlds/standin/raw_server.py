"""A server that speaks bytes and pauses, whatever HTTP and TLS say of them."""

import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from http.client import HTTPConnection, HTTPException
from threading import Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class Act(Enum):
    """What a server does beside sending."""

    READ = auto()  # the request, up to its blank line
    RESET = auto()  # the connection
    HOLD = auto()  # the connection, until the other side closes it


Step = bytes | float | Act  # Send, pause for so many seconds, or act.
Script = Callable[[], Iterable[Step]]
GONE_AFTER = 5  # Seconds: no test waits for longer.


@dataclass
class RawServer:
    """Plays a script on every connection; use it in a `with` statement.

    With an `upstream`, the first `honest` connections are handed on to it, and so is
    every request that a script reads: a lost answer does not undo what was asked.
    `heads` holds the heads of all requests that were read, `accepted` counts
    connections.
    """

    script: Script | None
    tls: ssl.SSLContext | None = None
    honest_tls: ssl.SSLContext | None = None
    upstream: str = ""
    honest: int = 0
    heads: list[bytes] = field(default_factory=list)
    accepted: int = 0

    def __enter__(self) -> Self:
        """Listen."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Listen no more; connections end with the other side."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(GONE_AFTER)
        honest, self.honest = self.honest > 0, self.honest - 1
        with suppress(OSError, HTTPException):
            well = honest or self.script is None
            if tls := self.honest_tls if well else self.tls:
                connection = tls.wrap_socket(connection, server_side=True)
            if well:
                connection.sendall(self._handed_on(self._head(connection)))
            elif self.script:
                self._play(connection, self.script())
        connection.close()

    def _play(self, connection: socket.socket, steps: Iterable[Step]) -> None:
        for step in steps:
            if isinstance(step, bytes):
                connection.sendall(step)
            elif isinstance(step, float):
                time.sleep(step)
            elif step is Act.READ:
                self._handed_on(self._head(connection))
            elif step is Act.HOLD:
                connection.recv(65_536)
            else:
                now = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)

    def _head(self, connection: socket.socket) -> bytes:
        head = b""
        while b"\r\n\r\n" not in head:
            part = connection.recv(65_536)
            if not part:
                raise ConnectionResetError
            head += part
        self.heads.append(head)
        return head

    def _handed_on(self, head: bytes) -> bytes:
        if not self.upstream:
            return b""
        first, *lines = head.decode("latin-1").splitlines()
        headers = dict(line.split(": ", 1) for line in lines if line)
        line = HTTPConnection(urlsplit(self.upstream).netloc, timeout=GONE_AFTER)
        line.request(first.split()[0], first.split()[1], headers=headers)
        answer = line.getresponse()
        body = answer.read()
        line.close()
        told = f"HTTP/1.1 {answer.status} It\r\nContent-Length: {len(body)}\r\n"
        coding = answer.getheader("Content-Encoding")
        told += f"Content-Encoding: {coding}\r\n" if coding else ""
        return f"{told}Connection: close\r\n\r\n".encode() + body
