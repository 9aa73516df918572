"""Trusts a certificate by its SHA-256 fingerprint, as Elasticsearch prints it.

At its first start, Elasticsearch prints the fingerprint of the CA that it made. The
server shows this CA in its chain, where anybody could put it: so it is not enough that
the fingerprint fits. The certificate that fits becomes the only one that is trusted,
and the connection is then verified against it, the host's name included.
"""

import atexit
import os
import re
import socket
import ssl
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from idle_jobs.doctor.network import SECONDS, End, unverified
from idle_jobs_cli.cluster.hops import hop_of
from idle_jobs_cli.exits import CouldNot
from idle_jobs_cli.output.progress import progress


def fingerprint(text: str) -> str:
    """Return a fingerprint as 64 hex digits; ValueError if it is not one."""
    digits = text.replace(":", "").lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise ValueError("expected a SHA-256 fingerprint: 64 hex digits")
    return digits


def ca_file_for(url: str, wanted: str) -> str:
    """Return a file with the certificate of this fingerprint in the server's chain.

    The file is deleted when the process ends. Raises CouldNot if no certificate fits,
    or if there is no connection.
    """
    end = End.of(url)
    try:
        with progress(f"Reading the certificates of {end}"):
            chain = _chain(end)
    except OSError as error:
        raise hop_of(error, end) from None
    for certificate in chain:
        if sha256(certificate).hexdigest() == wanted:
            return _kept(ssl.DER_cert_to_PEM_cert(certificate))
    shown = ", ".join(sha256(certificate).hexdigest()[:16] for certificate in chain)
    raise CouldNot(
        f"no certificate of {end} has the fingerprint {wanted[:16]}..."
        f"; it shows {shown}",
        "compare the fingerprint with that of the cluster's CA; if you have the CA, "
        "pass it with --ca-file",
    )


def _chain(end: End) -> list[bytes]:
    """Return the certificates that a server shows, unverified; nothing is sent."""
    with (
        socket.create_connection((end.host, end.port), SECONDS) as plain,
        unverified().wrap_socket(plain, server_hostname=end.host) as secured,
    ):
        return _shown_by(secured)


def _shown_by(secured: ssl.SSLSocket) -> list[bytes]:
    # Public since Python 3.13; before, the same method of the object behind it.
    if public := getattr(secured, "get_unverified_chain", None):
        return list(public())
    inner: Any = secured._sslobj  # type: ignore[attr-defined] # noqa: SLF001
    as_der = 2  # _ssl.ENCODING_DER
    return [cert.public_bytes(as_der) for cert in inner.get_unverified_chain()]


def _kept(pem: str) -> str:
    number, name = tempfile.mkstemp(suffix=".pem")
    with os.fdopen(number, "w") as file:
        file.write(pem)
    atexit.register(Path(name).unlink, missing_ok=True)
    return name
