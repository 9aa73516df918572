"""Connections that give an answer a time to end, and say who was silent when.

A socket's own timeout is for each read alone, so a byte a second would last for hours:
in the status line, in headers, in interim answers and in a body.
"""

import http.client
import io
import socket
import ssl
from time import monotonic
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError


class Timed(io.RawIOBase):
    """The bytes of one answer; TimeoutError when they do not end in time.

    The time is the timeout that the socket has when its request has been sent.
    """

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw
        self._ends = monotonic() + (sock.gettimeout() or 0)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - any buffer
        """Read what there is, within what is left of the time."""
        seconds = self._ends - monotonic()
        if seconds <= 0:
            raise TimeoutError("the answer did not end in time")
        self._sock.settimeout(seconds)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Close the socket's file, which lets the socket itself be closed."""
        self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(Timed(sock, self.fp.detach()))


class _Plain(HTTPConnection):
    response_class = _Answer


class _Secure(HTTPSConnection):
    response_class = _Answer

    def connect(self) -> None:
        """Shake hands; who falls silent there is away, which is no wrong setting."""
        try:
            super().connect()
        except (TimeoutError, ssl.SSLEOFError) as error:
            raise NewConnectionError(self, f"TLS handshake: {error}") from error


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class BoundedAdapter(HTTPAdapter):
    """An adapter whose connections are those of this file."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        """Make the pools that make the connections."""
        super().init_poolmanager(*args, **options)
        pools = {"http": _PlainPool, "https": _SecurePool}
        self.poolmanager.pool_classes_by_scheme = pools
