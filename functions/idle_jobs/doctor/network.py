"""Tests the way to the cluster: name resolution, TCP, TLS; it sends no request."""

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from idle_jobs.doctor.finding import Finding, fail, ok, warn
from idle_jobs.times import spoken

SECONDS = 5
EXPIRES_SOON = timedelta(days=21)
CHECKS = ("name", "tcp", "tls")

# X509_V_ERR_* of OpenSSL, by what a person does about them.
_NOT_VALID_NOW = (9, 10)
_NO_ISSUER = (2, 18, 19, 20, 21)
_WRONG_NAME = (62, 64)
# The names that versions of OpenSSL give to an answer that is not TLS.
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")


def check_network(url: str, ca_bundle: str) -> Iterator[Finding]:
    """Yield a finding for each hop, in their order; the last one may be a failure."""
    parts = urlsplit(url)
    host, secured = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secured else 80)
    where = f"{host}:{port}"
    yield (named := _resolved(host, port))
    if named.then:
        return
    began = time.monotonic()
    try:
        with socket.create_connection((host, port), SECONDS) as plain:
            took = (time.monotonic() - began) * 1000
            yield ok("tcp", f"{where} accepted a connection after {took:.0f} ms")
            yield from _tls(plain, host, where, ca_bundle, secured=secured)
    except OSError as error:
        yield unreachable(where, error)


def _resolved(host: str, port: int) -> Finding:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return fail(
            "name",
            f"the name {host} is not known to the DNS server: {why}",
            "check the spelling and the VPN; in a VPC, the DNS settings of the subnet",
        )
    addresses = sorted({str(each[4][0]) for each in found})
    private = all(ipaddress.ip_address(a.split("%")[0]).is_private for a in addresses)
    kind = "private" if private else "public"
    return ok("name", f"{host} is {', '.join(addresses[:4])} ({kind})")


def unreachable(where: str, error: OSError) -> Finding:
    """Return why no connection could be made."""
    if isinstance(error, ConnectionRefusedError):
        return fail(
            "tcp",
            f"nothing listens at {where}",
            "check host and port: Elasticsearch listens on 9200, Elastic Cloud on 443",
        )
    if isinstance(error, TimeoutError):
        return fail(
            "tcp",
            f"{where} does not answer within {SECONDS}s",
            "check VPN, firewall, routes and security groups; a function outside a VPC "
            "reaches public addresses only",
        )
    return fail(
        "tcp",
        f"{where} cannot be reached: {error.strerror or error}",
        "check the network between here and there",
    )


def _tls(
    plain: socket.socket, host: str, where: str, ca_bundle: str, *, secured: bool
) -> Iterator[Finding]:
    if not secured:
        if _speaks_tls(plain):
            what = f"{where} speaks https, not plain http"
            yield fail("tls", what, f"begin the URL with https: https://{where}")
        else:
            yield ok("tls", "plain http, which is for this machine alone")
        return
    try:
        context = ssl.create_default_context(cafile=ca_bundle or None)
        with context.wrap_socket(plain, server_hostname=host) as encrypted:
            yield _certificate(encrypted, where)
    except ssl.SSLCertVerificationError as error:
        yield untrusted(where, host, error)
    except ssl.SSLError as error:
        yield _no_tls(where, error)
    except OSError as error:
        then = "check what stands in between: a proxy, a load balancer, a firewall"
        yield fail("tls", f"{where} hung up: {error.strerror or error}", then)


def _certificate(encrypted: ssl.SSLSocket, where: str) -> Finding:
    shown = encrypted.getpeercert() or {}
    issuer = dict(pair[0] for pair in shown.get("issuer", ()) if pair)  # type: ignore[misc]
    by = issuer.get("organizationName") or issuer.get("commonName") or "an issuer"
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
    left = ends - datetime.now(UTC)
    saw = f"{encrypted.version()}, issued by {by}, valid for {spoken(left)}"
    if left < EXPIRES_SOON:
        return warn("tls", saw, f"renew the certificate of {where}")
    return ok("tls", saw)


def _speaks_tls(plain: socket.socket) -> bool:
    """Return whether a port that was taken for plain http answers a TLS hello."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with context.wrap_socket(plain):
            return True
    except OSError:
        return False


def untrusted(where: str, host: str, error: ssl.SSLCertVerificationError) -> Finding:
    """Return why a certificate is not trusted."""
    if error.verify_code in _NO_ISSUER:
        return fail(
            "tls",
            f"the issuer of the certificate of {where} is unknown",
            "pass its CA: CaBundle of the stack, --ca-file (or CA_BUNDLE) here, or "
            "--fingerprint with the CA's fingerprint",
        )
    if error.verify_code in _NOT_VALID_NOW:
        then = "renew the certificate, or set this machine's clock"
        return fail("tls", f"the certificate of {where} is not valid today", then)
    if error.verify_code in _WRONG_NAME:
        then = "use a name that the certificate has"
        return fail("tls", f"the certificate of {where} is not for {host}", then)
    what = f"the certificate of {where}: {error.verify_message}"
    return fail("tls", what, "have the certificate issued anew")


def _no_tls(where: str, error: ssl.SSLError) -> Finding:
    if error.reason in _NO_TLS:
        return fail(
            "tls",
            f"{where} speaks plain http, not https",
            "use the port that speaks https; plain http is for this machine alone: "
            "http://127.0.0.1:9200",
        )
    what = f"TLS with {where} failed: {error.reason or error}"
    return fail("tls", what, "compare the TLS versions that both sides allow")
