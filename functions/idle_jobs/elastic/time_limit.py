"""Connections with a time limit for the whole answer, and with a CA bundle.

The timeout of a socket is for each read alone. With a byte a second, a status line, a
header or a body could take hours. A failure before the request was sent also gets an
error of its own.
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

# How OpenSSL reports that the other side hung up; which one depends on its version.
HUNG_UP = (ssl.SSLEOFError, ssl.SSLZeroReturnError)


class Timed(io.RawIOBase):
    """The bytes of one answer; TimeoutError if they take too long altogether.

    The limit is the timeout that the socket has when the request has been sent.
    """

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw
        self._ends = monotonic() + (sock.gettimeout() or 0)

    def readable(self) -> bool:
        """Return True, as io.BufferedReader expects."""
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - any buffer
        """Read the bytes that are available, within the remaining time."""
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
        """Connect; a broken or silent TLS handshake counts as no connection."""
        try:
            super().connect()
        except (TimeoutError, ConnectionError, *HUNG_UP) as error:
            raise NewConnectionError(self, f"TLS handshake: {error}") from error


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class BoundedAdapter(HTTPAdapter):
    """An adapter of requests that uses these connections and never retries."""

    def __init__(self, ca_bundle: str = "") -> None:
        self._trust = trust(ca_bundle) if ca_bundle else None
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        """Create the pools of these connections."""
        super().init_poolmanager(*args, ssl_context=self._trust, **options)
        pools = {"http": _PlainPool, "https": _SecurePool}
        self.poolmanager.pool_classes_by_scheme = pools


def trust(ca_bundle: str) -> ssl.SSLContext:
    """Return a TLS context that trusts a CA bundle; Refused if it cannot be read.

    Chain, dates and host name are verified. VERIFY_X509_STRICT, which urllib3 sets from
    Python 3.13 on, is left out: the CAs that Elasticsearch made before April 2025 have
    no keyUsage. With PARTIAL_CHAIN every certificate of the bundle is trusted, also one
    that is not self-signed.
    """
    context = create_urllib3_context(verify_flags=ssl.VERIFY_X509_PARTIAL_CHAIN)
    try:
        context.load_verify_locations(ca_bundle)
    except ssl.SSLError:
        why = "it has no complete certificate in PEM form"
        raise Refused(f"the CA bundle {ca_bundle} cannot be read: {why}") from None
    except OSError as error:
        why = str(error.strerror)
        raise Refused(f"the CA bundle {ca_bundle} cannot be read: {why}") from None
    return context
