"""The only module that sends HTTP: signed, limited, verified, without redirects."""

import re
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
from idle_jobs.elastic.time_limit import HUNG_UP, BoundedAdapter
from idle_jobs.errors import (
    ClusterError,
    NotReached,
    NotSent,
    Refused,
    TryLater,
    Unanswered,
    redacted,
)

# Seconds. A network load balancer forgets an idle connection after 350 s. It does not
# report that, and the next request fails.
LONGEST_IDLE = 60
# Bytes, many times the size of an answer to a close, an error or a version. Hostile
# JSON needs forty times its size in memory; each function has that much (MemorySize).
LONGEST_ANSWER = 64 * 1024
_POOL = re.compile(r"_\w+\(host='([^']*)', port=(\w+)\)")
# The names that versions of OpenSSL give to an answer that is not TLS.
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})
HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": "idle-job-closer/0.1.0",
    "X-Opaque-Id": "idle-job-closer",  # Elasticsearch writes it into its logs.
}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to connect, and for a whole answer after the request was sent.

    `close_counted` is for a close in a cluster whose closing jobs have been counted.
    """

    connect: float
    read: float
    close_early: float
    close: float
    close_counted: float
    measured: float


class Wire:
    """Calls one cluster; raises only `errors.ClusterError`.

    Each thread has an adapter of its own. There is no session of requests. It would
    read proxies and .netrc, which could send the signature elsewhere. It would also
    keep cookies, and read the whole body of a redirect. The adapter does not retry,
    since each attempt needs a new signature.
    """

    def __init__(
        self, url: str, signer: Signer, timeouts: Timeouts, ca_bundle: str = ""
    ) -> None:
        self._url = url.rstrip("/")
        self._signer = signer
        self._timeouts = timeouts
        self._ca_bundle = ca_bundle
        self._threads = threading.local()

    def call(  # noqa: PLR0913 - a request and its three limits
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        *,
        read_timeout: float | None = None,
        longest: int = LONGEST_ANSWER,
        send_within: float = inf,
    ) -> bytes:
        """Return the body of a 200; try once more if the credentials were stale.

        `longest` is the greatest length of an answer in bytes; TryLater if it is
        longer. NotSent if the request could not be sent within `send_within` seconds.
        """
        request = requests.Request(
            method, self._url + path, HEADERS, params=params, auth=self._signer
        )
        seconds = read_timeout or self._timeouts.read
        until = time.monotonic() + send_within
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
                raise NotSent("the read was too old when the credentials came")
            with self._adapter().send(
                signed,
                timeout=(self._timeouts.connect, seconds),
                verify=self._ca_bundle or True,
                stream=True,
            ) as response:
                return response.status_code, _bounded(response, longest)
        except (OSError, HTTPError, ValueError) as error:
            wrong = error_of_transport(error)
        # Raised outside `except`, since the traceback of the cause may show a header.
        raise wrong

    def _adapter(self) -> BoundedAdapter:
        # Not monotonic time, which may stop while the environment is frozen.
        now = time.time()
        adapter, used_at = getattr(self._threads, "adapter", (None, now))
        if adapter is not None and now - used_at > LONGEST_IDLE:
            adapter.close()
            adapter = None
        adapter = adapter or BoundedAdapter(self._ca_bundle)
        self._threads.adapter = adapter, now
        return adapter


def error_of_transport(error: OSError | HTTPError | ValueError) -> ClusterError:
    """Return one of our errors for an exception of requests or urllib3."""
    detail = f"{type(error).__name__}: {redacted(_described(error)):.300}"
    if isinstance(error, InvalidHeader):
        return TryLater(detail)  # A header of the answer; ours raise ValueError.
    if isinstance(error, requests.ReadTimeout | ReadTimeoutError):
        return Unanswered("no answer within the read timeout")
    if isinstance(error, requests.RequestException | HTTPError):
        # A certificate that cannot be verified, or a wrong URL: a retry does not help.
        unsafe = isinstance(error, SSLError | ValueError) and not _was_cut(error)
        if unsafe:
            return Refused(detail)
        # Not if TLS failed: the request may have been sent by then.
        absent = isinstance(_reason(error), NewConnectionError | ConnectTimeoutError)
        return NotReached(detail) if absent else TryLater(detail)
    if isinstance(error, ValueError):
        # Without the text of the error, which may show a secret.
        return Refused("a URL or a header that HTTP forbids")
    return Refused(detail)  # The CA bundle was deleted.


def _described(error: Exception) -> str:
    """Return what went wrong and where, without what urllib3 adds about retries."""
    text = _POOL.sub(r"\1:\2", str(_reason(error) or error))
    if any(getattr(cause, "reason", None) in _NO_TLS for cause in _causes(error)):
        text += ": this port does not answer with TLS; it may be a port for http"
    return text


def _was_cut(error: Exception) -> bool:
    """Return whether TLS failed because the other side hung up."""
    return any(isinstance(cause, HUNG_UP) for cause in _causes(error))


def _causes(error: Exception) -> tuple[object, ...]:
    reason = _reason(error)
    return reason.args if reason else ()


def _reason(error: Exception) -> HTTPError | None:
    """Return why there was no connection; None if there was one."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return reason if isinstance(reason, HTTPError) else None


def _bounded(response: requests.Response, longest: int) -> bytes:
    body = bytearray()
    for chunk in response.raw.stream(65_536, decode_content=True):
        body += chunk
        if len(body) > longest:
            raise TryLater(f"the answer is longer than {longest} bytes")
    return bytes(body)
