"""Connections that trust one bundle and give an answer a time to end.

A socket's own timeout is for each read alone, so a byte a second would last for hours:
in the status line, in headers, in interim answers and in a body. Who was silent when
is told apart, too.
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
from urllib3.util import create_urllib3_context

from idle_jobs.errors import Refused


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
        """Shake hands; who hangs up or says nothing there is only away."""
        try:
            super().connect()
        except (TimeoutError, ConnectionError, ssl.SSLEOFError) as error:
            raise NewConnectionError(self, f"TLS handshake: {error}") from error


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class BoundedAdapter(HTTPAdapter):
    """An adapter whose connections are those of this file; it never tries twice."""

    def __init__(self, ca_bundle: str = "") -> None:
        self._trust = trust(ca_bundle) if ca_bundle else None
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        """Make the pools that make the connections."""
        super().init_poolmanager(*args, ssl_context=self._trust, **options)
        pools = {"http": _PlainPool, "https": _SecurePool}
        self.poolmanager.pool_classes_by_scheme = pools


def trust(ca_bundle: str) -> ssl.SSLContext:
    """Return a context that verifies chain, dates and host name against a bundle.

    From Python 3.13 on urllib3 also demands what RFC 5280 demands of issuers
    (VERIFY_X509_STRICT). The CAs that Elasticsearch made before April 2025 lack a
    keyUsage, so that is left out where a person names the CAs. PARTIAL_CHAIN, which
    3.13 sets as well, makes every certificate of the bundle an anchor.
    """
    context = create_urllib3_context(verify_flags=ssl.VERIFY_X509_PARTIAL_CHAIN)
    try:
        context.load_verify_locations(ca_bundle)
    except ssl.SSLError:
        why = "it holds no certificate, or half of one, in PEM form"
        raise Refused(f"the CA bundle {ca_bundle} cannot be read: {why}") from None
    except OSError as error:
        why = str(error.strerror)
        raise Refused(f"the CA bundle {ca_bundle} cannot be read: {why}") from None
    return context
