"""The only file that speaks HTTP: signed, bounded, verified, never redirected."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import requests
from requests.adapters import HTTPAdapter

from idle_jobs.answers import error_of
from idle_jobs.errors import ClusterError, LookAgain, Refused, TryLater
from idle_jobs.signing import Signer

LONGEST_ANSWER = 64 * 1024 * 1024  # 10,000 jobs are about 6 MB.
HEADERS = {
    "Accept": "application/json",
    "User-Agent": "idle-job-closer/0.1.0",
    "X-Opaque-Id": "idle-job-closer",  # Names us in Elasticsearch's own logs.
}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to connect, and to wait for each part of an answer."""

    connect: float
    read: float
    close_early: float
    close: float
    measured: float


class Wire:
    """Calls one cluster; raises `errors.ClusterError` and nothing else.

    A session belongs to its thread. Transport retries are off, since a second try must
    be signed anew; so are the environment's proxies and .netrc, which could carry the
    signature elsewhere.
    """

    def __init__(
        self, url: str, signer: Signer, timeouts: Timeouts, ca_bundle: str = ""
    ) -> None:
        self._url = url.rstrip("/")
        self._signer = signer
        self._timeouts = timeouts
        self._verify = ca_bundle or True
        self._threads = threading.local()

    def call(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        read_timeout: float | None = None,
    ) -> bytes:
        """Return the body of a 200; with stale credentials, ask once more."""
        status, body = self._ask(method, path, params, read_timeout)
        if status in self._signer.stale:
            self._signer.refresh()
            status, body = self._ask(method, path, params, read_timeout)
        if status != 200:
            raise error_of(status, body)
        return body

    def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        read_timeout: float | None,
    ) -> tuple[int, bytes]:
        try:
            with self._session().request(
                method,
                self._url + path,
                params=params,
                auth=self._signer,
                timeout=(self._timeouts.connect, read_timeout or self._timeouts.read),
                allow_redirects=False,
                verify=self._verify,
                stream=True,
            ) as response:
                return response.status_code, _bounded(response)
        except OSError as error:
            # RequestException is one; so is a CA bundle that is not there.
            raise error_of_transport(error) from error

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._threads, "session", None)
        if session is None:
            session = self._threads.session = requests.Session()
            session.trust_env = False
            session.mount("https://", HTTPAdapter(max_retries=0))
            session.mount("http://", HTTPAdapter(max_retries=0))
            session.headers.update(HEADERS)
        return session


def error_of_transport(error: OSError) -> ClusterError:
    """Sort what requests raises: a wrong setting, a slow answer, an outage."""
    told = f"{type(error).__name__}: {error!s:.300}"
    unsafe = isinstance(error, requests.exceptions.SSLError | ValueError)
    if unsafe or not isinstance(error, requests.RequestException):
        # TLS that cannot be verified, or a URL, header or file that no retry will mend.
        return Refused(told)
    if isinstance(error, requests.ReadTimeout):
        return LookAgain("no answer within the read timeout")
    return TryLater(told)


def _bounded(response: requests.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(65_536):
        body += chunk
        if len(body) > LONGEST_ANSWER:
            raise TryLater(f"the answer is longer than {LONGEST_ANSWER} bytes")
    return bytes(body)
