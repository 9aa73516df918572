"""Finds the hop at which a connection fails: name, TCP, TLS; sends no request."""

import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from idle_jobs.elastic.time_limit import trust
from idle_jobs_cli.cluster.address import HERE
from idle_jobs_cli.exits import CouldNot

SECONDS = 5
# For a port that answers plain http, which waits for more of what it does not know.
SECONDS_OF_HELLO = 2

# X509_V_ERR_* of OpenSSL, by what a person does about them.
_EXPIRED = (9, 10)
_NO_ISSUER = (2, 18, 19, 20, 21)
_WRONG_NAME = (62, 64)
# The names that versions of OpenSSL give to an answer that is not TLS.
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")
_UNKNOWN = (
    "pass its CA with --ca-file (or CA_BUNDLE), or the fingerprint of the CA, which "
    "Elasticsearch prints at its first start, with --fingerprint"
)


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
        return cls(
            parts.hostname or "", parts.port or (443 if secured else 80), secured
        )

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def failed_hop(url: str, ca_file: str) -> CouldNot | None:
    """Return the hop that fails and what to do about it, None if none does."""
    end = End.of(url)
    try:
        with socket.create_connection((end.host, end.port), SECONDS) as plain:
            if end.secured:
                _shake_hands(plain, end.host, ca_file)
            elif _speaks_tls(plain):
                then = f"begin the URL with https: https://{end}"
                return CouldNot(f"{end} speaks https, not plain http", then)
    except OSError as error:
        return hop_of(error, end, ca_file)
    return None


def hop_of(error: OSError, end: End, ca_file: str = "") -> CouldNot:
    """Return what the error of a connection means, and what to do about it."""
    match error:
        case socket.gaierror():
            then = "check the spelling, the VPN and the DNS server"
            return CouldNot(f"the name {end.host} is not known to the DNS server", then)
        case ConnectionRefusedError():
            ports = "Elasticsearch listens on 9200, Elastic Cloud on 443"
            then = f"check host and port; {ports}"
            return CouldNot(f"nothing listens at {end}", then)
        case ssl.SSLCertVerificationError():
            return _untrusted(end, ca_file, error)
        case ConnectionResetError() | ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            then = "check the port, and whether a filter lets this machine through"
            return CouldNot(f"{end} hangs up before anything is asked", then)
        case ssl.SSLError():
            return _no_tls(end, error)
        case TimeoutError():
            then = "check the VPN, the firewall and the security groups in between"
            return CouldNot(f"{end} does not answer within {SECONDS} s", then)
    return CouldNot(f"{end} cannot be reached: {error.strerror or error}")


def _shake_hands(plain: socket.socket, host: str, ca_file: str) -> None:
    """Shake hands, trusting what a call of the cluster would trust."""
    with trust(ca_file or DEFAULT_CA_BUNDLE_PATH).wrap_socket(
        plain, server_hostname=host
    ):
        pass


def _speaks_tls(plain: socket.socket) -> bool:
    """Return whether a port that was taken for plain http answers a TLS hello."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    plain.settimeout(SECONDS_OF_HELLO)
    try:
        with context.wrap_socket(plain):
            return True
    except OSError:
        return False


def _untrusted(end: End, ca_file: str, error: ssl.SSLCertVerificationError) -> CouldNot:
    whose = f"the certificate of {end}"
    if error.verify_code in _NO_ISSUER and ca_file:
        then = "compare the file, or the fingerprint, with the CA of this cluster"
        return CouldNot(f"{whose} is not signed by the CA that you gave", then)
    if error.verify_code in _NO_ISSUER:
        return CouldNot(f"the issuer of {whose} is unknown", _UNKNOWN)
    if error.verify_code in _EXPIRED:
        then = "renew the certificate, or set this machine's clock"
        return CouldNot(f"{whose} is not valid today", then)
    if error.verify_code in _WRONG_NAME:
        then = "use a name that the certificate has"
        return CouldNot(f"{whose} is not for {end.host}", then)
    return CouldNot(f"{whose}: {error.verify_message}")


def _no_tls(end: End, error: ssl.SSLError) -> CouldNot:
    if error.reason not in _NO_TLS:
        return CouldNot(f"TLS with {end} failed: {error.reason or error}")
    then = "use the port that speaks https: plain http is for this machine alone"
    if end.host in HERE:
        then = f"begin the URL with http: http://{end}"
    return CouldNot(f"{end} speaks plain http, not https", then)
