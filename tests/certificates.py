"""Certificates for servers of tests: signed by themselves or by a CA, for a time."""

import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)
HOST = "127.0.0.1"
# An extension and whether it is critical.
Extension = tuple[x509.ExtensionType, bool]
IS_CA: Extension = (x509.BasicConstraints(ca=True, path_length=None), True)
IS_NO_CA: Extension = (x509.BasicConstraints(ca=False, path_length=None), False)
# What Elasticsearch writes for a CA of its own since April 2025, and never did before.
SIGNS: Extension = (
    x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    ),
    True,
)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        """Return the certificate alone, as a bundle has it."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def private(self) -> bytes:
        """Return the key alone."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def issue(
    name: str,
    issuer: Issued | None = None,
    *,
    extensions: Iterable[Extension] = (),
    keys_named: bool = True,
    ends_in: dt.timedelta = DAY,
) -> Issued:
    """Return a certificate that an issuer, or nobody else, has signed.

    `keys_named` adds the identifiers of the subject's and of the issuer's key, as
    Elasticsearch does.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    signer = issuer.key if issuer else key
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 9 * DAY)
        .not_valid_after(now + ends_in)
    )
    for extension in (*extensions, *(_identifiers(key, signer) if keys_named else ())):
        builder = builder.add_extension(*extension)
    return Issued(builder.sign(signer, hashes.SHA256()), key)


def _identifiers(
    key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey
) -> tuple[Extension, Extension]:
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    theirs = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (own, False), (theirs, False)


def names(host: str) -> Extension:
    """Return the extension that says which host a certificate is for."""
    address = x509.IPAddress(ipaddress.ip_address(host))
    return x509.SubjectAlternativeName([address]), False


def authority(name: str = "a CA", *, key_usage: bool = False) -> Issued:
    """Return a CA as Elasticsearch makes it, since April 2025 with a keyUsage."""
    usage = [SIGNS] if key_usage else []
    return issue(name, extensions=[IS_CA, *usage])


def server(
    issuer: Issued | None, host: str = HOST, *, ends_in: dt.timedelta = DAY
) -> Issued:
    """Return a server's certificate that a CA has signed."""
    return issue("a node", issuer, extensions=[IS_NO_CA, names(host)], ends_in=ends_in)


def write_chain(path: Path, leaf: Issued, *above: Issued) -> Path:
    """Write what a server shows: its key, its certificate and those above it."""
    path.write_bytes(b"".join([leaf.private, leaf.pem, *(i.pem for i in above)]))
    return path


def write_certificate(
    path: Path, address: str = HOST, *, ends_in: dt.timedelta = DAY
) -> Path:
    """Write a key and a certificate for an address that nobody else has signed."""
    extensions = [names(address), IS_CA]
    made = issue("a node", extensions=extensions, keys_named=False, ends_in=ends_in)
    return write_chain(path, made)


def context_of(path: Path) -> ssl.SSLContext:
    """Return what a server needs to show a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
