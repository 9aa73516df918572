"""Finds the hop at which a connection fails: name, TCP, TLS; sends no request."""

import socket
import ssl
from urllib.parse import urlsplit

from idle_jobs_cli.exits import CouldNot

SECONDS = 5

# X509_V_ERR_* of OpenSSL, by what a person does about them.
_EXPIRED = (9, 10)
_NO_ISSUER = (2, 18, 19, 20, 21)
_WRONG_NAME = (62, 64)
# The names that versions of OpenSSL give to an answer that is not TLS.
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")


def failed_hop(url: str, ca_file: str) -> CouldNot | None:
    """Return the hop that fails and what to do about it, None if none does."""
    parts = urlsplit(url)
    host, secured = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secured else 80)
    where = f"{host}:{port}"
    try:
        with socket.create_connection((host, port), SECONDS) as plain:
            if secured:
                _shake_hands(plain, host, ca_file)
            elif _speaks_tls(plain):
                then = f"begin the URL with https: https://{where}"
                return CouldNot(f"{where} speaks https, not plain http", then)
    except socket.gaierror:
        then = "check the spelling, the VPN and the DNS server"
        return CouldNot(f"the name {host} is not known to the DNS server", then)
    except ConnectionRefusedError:
        then = (
            "check host and port; Elasticsearch listens on 9200, Elastic Cloud on 443"
        )
        return CouldNot(f"nothing listens at {where}", then)
    except ssl.SSLCertVerificationError as error:
        return _untrusted(where, host, error)
    except ssl.SSLError as error:
        return _no_tls(where, error)
    except TimeoutError:
        then = "check the VPN, the firewall and the security groups in between"
        return CouldNot(f"{where} does not answer within {SECONDS} s", then)
    except OSError as error:
        return CouldNot(f"{where} cannot be reached: {error.strerror or error}")
    return None


def _shake_hands(plain: socket.socket, host: str, ca_file: str) -> None:
    context = ssl.create_default_context(cafile=ca_file or None)
    with context.wrap_socket(plain, server_hostname=host):
        pass


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


def _untrusted(where: str, host: str, error: ssl.SSLCertVerificationError) -> CouldNot:
    if error.verify_code in _NO_ISSUER:
        return CouldNot(
            f"the issuer of the certificate of {where} is unknown",
            "pass its CA with --ca-file (or CA_BUNDLE), or the fingerprint of the CA, "
            "which Elasticsearch prints at its first start, with --fingerprint",
        )
    if error.verify_code in _EXPIRED:
        then = "renew the certificate, or set this machine's clock"
        return CouldNot(f"the certificate of {where} is not valid today", then)
    if error.verify_code in _WRONG_NAME:
        then = "use a name that the certificate has"
        return CouldNot(f"the certificate of {where} is not for {host}", then)
    return CouldNot(f"the certificate of {where}: {error.verify_message}")


def _no_tls(where: str, error: ssl.SSLError) -> CouldNot:
    if error.reason in _NO_TLS:
        then = (
            "use the port that speaks https; plain http is for this machine alone: "
            "http://127.0.0.1:9200"
        )
        return CouldNot(f"{where} speaks plain http, not https", then)
    return CouldNot(f"TLS with {where} failed: {error.reason or error}")
