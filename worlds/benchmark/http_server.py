"""A small HTTP server in one event loop, so that a server is no bottleneck here.

The stand-in's own shell has a thread for each connection, which looks at a held answer
200 times a second. Here an answer is written when its time has come.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

from standin.cluster.wire import Request

BACKLOG = 256
_JSON = "application/json"


@dataclass
class Traffic:
    """What a server has seen so far: connections, requests, and bytes of HTTP."""

    connections: int = 0
    requests: int = 0
    received: int = 0
    sent: int = 0


class Connection(asyncio.Protocol):
    """One connection of a client, which has one request open at a time."""

    def __init__(
        self, handle: "Handle", traffic: Traffic, there: "set[Connection]"
    ) -> None:
        self._handle, self._traffic, self._there = handle, traffic, there
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._closes = False

    @property
    def gone(self) -> bool:
        """Tell whether the client has hung up."""
        return self._transport is None or self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count a client."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._there.add(self)
        self._traffic.connections += 1

    def connection_lost(self, _: Exception | None) -> None:
        """Note that nobody waits for an answer any more."""
        self._transport = None
        self._there.discard(self)

    def hang_up(self) -> None:
        """End it at once."""
        if self._transport:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Hand a request on, once all of it is there."""
        self._traffic.received += len(data)
        self._buffer += data
        while (request := self._next()) is not None:
            self._traffic.requests += 1
            self._handle(request, self)

    def _next(self) -> Request | None:
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(_field(line) for line in lines)
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return None
        self._buffer = rest[length:]
        method, path, _ = first.split(" ")
        self._closes = headers.get("connection", "").lower() == "close"
        return Request(method, path, headers, rest[:length])

    def reply(
        self, status: int, body: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        """Write an answer, unless the client has hung up."""
        if self._transport is None:
            return
        told = {"content-type": _JSON} | dict(headers or {})
        told["content-length"] = str(len(body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{lines}\r\n"
        self._traffic.sent += len(head) + len(body)
        self._transport.write(head.encode("latin-1") + body)
        if self._closes:
            self._transport.close()


Handle = Callable[[Request, Connection], None]


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


@asynccontextmanager
async def listen(
    handle: Handle, traffic: Traffic, tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """Serve on a free port of this machine; give the URL, and hang up at the end."""
    there: set[Connection] = set()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(handle, traffic, there),
        "127.0.0.1",
        0,
        ssl=tls,
        backlog=BACKLOG,
    )
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        server.close()
        while there:
            for connection in there:
                connection.hang_up()
            await asyncio.sleep(0)
