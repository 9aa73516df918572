"""The only file that speaks HTTP: signed, bounded, verified, never redirected."""

import re
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import requests
from requests.exceptions import InvalidHeader, SSLError
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
)

from idle_jobs.elastic.answers import error_of
from idle_jobs.elastic.signing import Signer
from idle_jobs.elastic.time_limit import BoundedAdapter
from idle_jobs.errors import (
    ClusterError,
    LookAgain,
    NotReached,
    NotSent,
    Refused,
    TryLater,
    redacted,
)

# Seconds. A connection may be forgotten on its way without a word: a network load
# balancer does so after 350 s, and the next request would meet a reset.
LONGEST_IDLE = 60
# Bytes: many times what a close, an error or a version takes. Hostile JSON takes forty
# times its size when it is read, which each function's MemorySize leaves room for.
LONGEST_ANSWER = 64 * 1024
_POOL = re.compile(r"_\w+\(host='([^']*)', port=(\w+)\)")
# What OpenSSL calls an answer that is no TLS; it depends on its version.
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})
HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": "idle-job-closer/0.1.0",
    "X-Opaque-Id": "idle-job-closer",  # Names us in Elasticsearch's own logs.
}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to connect, and for the whole of an answer once the request is sent."""

    connect: float
    read: float
    close_early: float
    close: float
    measured: float


class Wire:
    """Calls one cluster; raises `errors.ClusterError` and nothing else.

    Requests go to an adapter that belongs to their thread. There is no session: it
    would read the environment's proxies and .netrc, which could carry the signature
    elsewhere, keep cookies, and read the whole body of a redirect. Transport retries
    are off, since a second try must be signed anew.
    """

    def __init__(
        self, url: str, signer: Signer, timeouts: Timeouts, ca_bundle: str = ""
    ) -> None:
        self._url = url.rstrip("/")
        self._signer = signer
        self._timeouts = timeouts
        self._ca_bundle = ca_bundle
        self._threads = threading.local()

    def call(  # noqa: PLR0913 - a request, and its three limits
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        *,
        read_timeout: float | None = None,
        longest: int = LONGEST_ANSWER,
        good_for: float = inf,
    ) -> bytes:
        """Return the body of a 200; with stale credentials, ask once more.

        An answer of more bytes than `longest` is none: TryLater. After `good_for`
        seconds nothing is sent any more: NotSent.
        """
        request = requests.Request(
            method, self._url + path, HEADERS, params=params, auth=self._signer
        )
        seconds = read_timeout or self._timeouts.read
        until = time.monotonic() + good_for
        status, body = self._ask(request, seconds, longest, until)
        if status in self._signer.stale:
            self._signer.refresh()
            status, body = self._ask(request, seconds, longest, until)
        if status != 200:
            raise error_of(status, body)
        return body

    def _ask(
        self, request: requests.Request, seconds: float, longest: int, until: float
    ) -> tuple[int, bytes]:
        try:
            signed = request.prepare()
            if time.monotonic() > until:
                raise NotSent("the credentials came when the state was old already")
            with self._adapter().send(
                signed,
                timeout=(self._timeouts.connect, seconds),
                verify=self._ca_bundle or True,
                stream=True,
            ) as response:
                return response.status_code, _bounded(response, longest)
        except (OSError, HTTPError, ValueError) as error:
            wrong = error_of_transport(error)
        # Raised out here, since a traceback of what caused it may show a header.
        raise wrong

    def _adapter(self) -> BoundedAdapter:
        # Not monotonic time, which may stand still while an environment is frozen.
        now = time.time()
        adapter, used_at = getattr(self._threads, "adapter", (None, now))
        if adapter is not None and now - used_at > LONGEST_IDLE:
            adapter.close()
            adapter = None
        adapter = adapter or BoundedAdapter(self._ca_bundle)
        self._threads.adapter = adapter, now
        return adapter


def error_of_transport(error: OSError | HTTPError | ValueError) -> ClusterError:
    """Sort what requests and urllib3 raise: a wrong setting, no answer, an outage."""
    detail = f"{type(error).__name__}: {redacted(_described(error)):.300}"
    if isinstance(error, InvalidHeader):
        return TryLater(detail)  # Of the answer: our own are checked further down.
    if isinstance(error, requests.ReadTimeout | ReadTimeoutError):
        return LookAgain("no answer within the read timeout")
    if isinstance(error, requests.RequestException | HTTPError):
        # TLS that cannot be verified, or a URL that no retry will mend.
        unsafe = isinstance(error, SSLError | ValueError) and not _was_cut(error)
        if unsafe:
            return Refused(detail)
        # Not where TLS failed: it may have done so with the request on its way.
        absent = isinstance(_reason(error), NewConnectionError | ConnectTimeoutError)
        return NotReached(detail) if absent else TryLater(detail)
    if isinstance(error, ValueError):
        return Refused("a URL or a header that HTTP forbids")  # It may show a secret.
    return Refused(detail)  # A CA bundle that was there, and is no more.


def _described(error: Exception) -> str:
    """Say what went wrong and where, without urllib3's tale of retries."""
    text = _POOL.sub(r"\1:\2", str(_reason(error) or error))
    if any(getattr(cause, "reason", None) in _NO_TLS for cause in _causes(error)):
        text += ": what answers there speaks no TLS, such as a port for http"
    return text


def _was_cut(error: Exception) -> bool:
    """Tell a handshake that the other side gave up from one that we cannot trust."""
    # Which of the two it is depends on OpenSSL, and on who is faster.
    cut = ssl.SSLEOFError | ssl.SSLZeroReturnError
    return any(isinstance(cause, cut) for cause in _causes(error))


def _causes(error: Exception) -> tuple[object, ...]:
    reason = _reason(error)
    return reason.args if reason else ()


def _reason(error: Exception) -> HTTPError | None:
    """Return why no connection came about; None where there was one."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return reason if isinstance(reason, HTTPError) else None


def _bounded(response: requests.Response, longest: int) -> bytes:
    body = bytearray()
    for chunk in response.raw.stream(65_536, decode_content=True):
        body += chunk
        if len(body) > longest:
            raise TryLater(f"the answer is longer than {longest} bytes")
    return bytes(body)
