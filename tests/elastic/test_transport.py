"""TLS: verified, with one's own certificates where they are given."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from requests import PreparedRequest

from certificates import context_of, write_certificate
from idle_jobs.elastic.transport import Timeouts, Wire
from idle_jobs.errors import Refused


class Open:
    """Signs nothing."""

    stale: frozenset[int] = frozenset()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Return the request as it is."""
        return request

    def refresh(self) -> None:
        """Do nothing."""


class Handler(BaseHTTPRequestHandler):
    """Answers every GET with an empty object."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a key and a certificate for 127.0.0.1 that nobody else has signed."""
    return write_certificate(tmp_path_factory.mktemp("tls") / "server.pem")


@contextmanager
def served(certificate: Path) -> Iterator[str]:
    """Serve over TLS and give way to where."""
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.socket = context_of(certificate).wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def url(certificate: Path) -> Iterator[str]:
    """Serve a certificate that nobody else has signed."""
    with served(certificate) as url:
        yield url


def read(url: str, ca_bundle: str = "") -> bytes:
    """Call a server with the product's wire."""
    timeouts = Timeouts(*[5] * 6)
    return Wire(url, Open(), timeouts, ca_bundle).call("GET", "/_ml/info", {})


@pytest.mark.row(36)
def test_an_unknown_certificate_is_refused(url: str) -> None:
    """An operator has to act: no retry will make it known."""
    with pytest.raises(Refused, match="certificate verify failed"):
        read(url)


def test_ones_own_certificates_are_trusted(url: str, certificate: Path) -> None:
    """CaBundle names a file with them."""
    assert read(url, str(certificate)) == b"{}"


@pytest.mark.row(36)
def test_a_wrong_host_name_is_refused(url: str, certificate: Path) -> None:
    """The certificate is known, but for another host."""
    elsewhere = url.replace("127.0.0.1", "localhost")

    with pytest.raises(Refused, match="certificate verify failed"):
        read(elsewhere, str(certificate))
