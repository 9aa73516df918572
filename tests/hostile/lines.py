"""Connections in process: bytes of HTTP that no network carries."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from requests.adapters import HTTPAdapter
from urllib3.util import connection

from hostile.answers import Answer

# moto looks at every request of requests, and takes longer for it than the request.
SEND = HTTPAdapter.send

Reply = Callable[[str, str], Answer]  # A method and a path.


class Line:
    """A socket as http.client uses one; every request is answered at once."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._asked = b""

    def sendall(self, data: bytes) -> None:
        """Take a part of a request."""
        self._asked += data

    def makefile(self, *_: object) -> io.BufferedReader:
        """Return the answer's bytes."""
        method, path = self._asked.decode("latin-1").split(" ", 2)[:2]
        self._asked = b""
        status, body = self._reply(method, path)
        head = f"HTTP/1.1 {status} It\r\nContent-Length: {len(body)}\r\n"
        head += "Connection: close\r\n\r\n"
        return io.BufferedReader(io.BytesIO(head.encode() + body))

    def settimeout(self, seconds: float | None) -> None:
        """Take a timeout, which never comes."""

    def gettimeout(self) -> float:
        """Return a timeout."""
        return 9.0

    def setsockopt(self, *_: object) -> None:
        """Take an option."""

    def close(self) -> None:
        """Close."""


@contextmanager
def answered_by(reply: Reply) -> Iterator[None]:
    """Let every connection that urllib3 makes be a line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPAdapter, "send", SEND)
        patch.setattr(connection, "create_connection", lambda *_, **__: Line(reply))
        yield
