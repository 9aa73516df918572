"""Tests the way to the cluster: name resolution, TCP, TLS; it sends no request."""

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from idle_jobs.doctor.finding import Finding, fail, ok, warn
from idle_jobs.doctor.handshake import failed_handshake
from idle_jobs.elastic.time_limit import trust
from idle_jobs.errors import Refused
from idle_jobs.times import spoken

SECONDS = 5
# For a port that answers plain http, which waits for more of what it does not know.
SECONDS_OF_HELLO = 2
EXPIRES_SOON = timedelta(days=21)
CHECKS = ("name", "tcp", "tls")


@dataclass(frozen=True, slots=True)
class End:
    """The end of a connection: where a URL leads to."""

    host: str
    port: int
    secured: bool

    @classmethod
    def of(cls, url: str) -> "End":
        """Return the end of a URL."""
        parts = urlsplit(url)
        secured = parts.scheme == "https"
        port = parts.port or (443 if secured else 80)
        return cls(parts.hostname or "", port, secured)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def check_network(url: str, ca_bundle: str) -> Iterator[Finding]:
    """Yield a finding for each hop, in their order; the last one may be a failure."""
    end = End.of(url)
    try:
        yield _resolved(end)
        began = time.monotonic()
        with socket.create_connection((end.host, end.port), SECONDS) as plain:
            took = (time.monotonic() - began) * 1000
            yield ok("tcp", f"{end} accepted a connection after {took:.0f} ms")
            try:
                yield _tls(plain, end, ca_bundle)
            except OSError as error:
                yield failed_handshake(error, str(end), end.host, ca_bundle)
    except OSError as error:
        yield unreachable(end, error)


def unreachable(end: End, error: OSError) -> Finding:
    """Return why no connection could be made."""
    match error:
        case socket.gaierror():
            what = f"the name {end.host} is not known to the DNS server"
            then = "check the spelling, the VPN and the DNS server"
            return fail("name", what, then)
        case ConnectionRefusedError():
            ports = "Elasticsearch listens on 9200, Elastic Cloud on 443"
            then = f"check host and port; {ports}"
            return fail("tcp", f"nothing listens at {end}", then)
        case TimeoutError():
            then = (
                "check the VPN, the firewall and the security groups in between; a "
                "function outside a VPC reaches public addresses only"
            )
            return fail("tcp", f"{end} does not answer within {SECONDS}s", then)
    why = error.strerror or error
    return fail("tcp", f"{end} cannot be reached: {why}", "check the network")


def _resolved(end: End) -> Finding:
    found = socket.getaddrinfo(end.host, end.port, type=socket.SOCK_STREAM)
    addresses = sorted({str(each[4][0]) for each in found})
    private = all(ipaddress.ip_address(a.split("%")[0]).is_private for a in addresses)
    kind = "private" if private else "public"
    return ok("name", f"{end.host} is {', '.join(addresses[:4])} ({kind})")


def _tls(plain: socket.socket, end: End, ca_bundle: str) -> Finding:
    if not end.secured:
        if not _speaks_tls(plain):
            return ok("tls", "plain http, which is for this machine alone")
        then = f"begin the URL with https: https://{end}"
        return fail("tls", f"{end} speaks https, not plain http", then)
    try:
        # What a call of the cluster would trust.
        context = trust(ca_bundle or DEFAULT_CA_BUNDLE_PATH)
    except Refused as refused:
        return fail("tls", str(refused), "give a file with certificates in PEM form")
    with context.wrap_socket(plain, server_hostname=end.host) as encrypted:
        return _certificate(encrypted, end)


def _certificate(encrypted: ssl.SSLSocket, end: End) -> Finding:
    shown = encrypted.getpeercert() or {}
    issuer = dict(pair[0] for pair in shown.get("issuer", ()) if pair)  # type: ignore[misc]
    by = issuer.get("organizationName") or issuer.get("commonName") or "an issuer"
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
    left = ends - datetime.now(UTC)
    saw = f"{encrypted.version()}, issued by {by}, valid for {spoken(left)}"
    if left < EXPIRES_SOON:
        return warn("tls", saw, f"renew the certificate of {end}")
    return ok("tls", saw)


def _speaks_tls(plain: socket.socket) -> bool:
    """Return whether a port that was taken for plain http answers a TLS hello."""
    plain.settimeout(SECONDS_OF_HELLO)
    try:
        with unverified().wrap_socket(plain):
            return True
    except OSError:
        return False


def unverified() -> ssl.SSLContext:
    """Return a TLS context that takes any certificate: to look at it, not to ask."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
