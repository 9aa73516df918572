"""Signature Version 4, verified from AWS's description and nobody's signing code."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote

from standin.cluster.wire import Request

_HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([^/,]+)/([^/,]+)/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)
_SKEW = timedelta(minutes=5)
_STAMP = "%Y%m%dT%H%M%SZ"


class SignatureRefused(Exception):
    """A signature that is too old, too new, unknown, or wrong."""


@dataclass(frozen=True)
class Signature:
    """A well-formed Authorization header and the date beside it."""

    key_id: str
    day: str
    region: str
    service: str
    signed: tuple[str, ...]
    signature: str
    stamp: str

    @classmethod
    def read(cls, header: str, request: Request) -> "Signature | None":
        """Read the header; None if it, or the date, is not well-formed."""
        match = _HEADER.fullmatch(header)
        stamp = request.header("x-amz-date") or ""
        if not match or not re.fullmatch(r"\d{8}T\d{6}Z", stamp):
            return None
        key_id, day, region, service, signed, signature = match.groups()
        names = tuple(signed.split(";"))
        return cls(key_id, day, region, service, names, signature, stamp)

    def check_date(self, now: datetime) -> None:
        """Refuse a date that is more than five minutes off."""
        dated = datetime.strptime(self.stamp, _STAMP).replace(tzinfo=UTC)
        if now - dated > _SKEW:
            edge = f"{now - _SKEW:{_STAMP}} ({now:{_STAMP}} - 5 min.)"
            reason = f"Signature expired: {self.stamp} is now earlier than {edge}"
            raise SignatureRefused(reason)
        if dated - now > _SKEW:
            edge = f"{now + _SKEW:{_STAMP}} ({now:{_STAMP}} + 5 min.)"
            reason = (
                f"Signature not yet current: {self.stamp} is still later than {edge}"
            )
            raise SignatureRefused(reason)

    def verify(self, request: Request, secrets: Mapping[str, str]) -> None:
        """Compute the signature again and refuse one that differs."""
        if self.key_id not in secrets:
            raise SignatureRefused(
                "The security token included in the request is invalid."
            )
        scope = f"{self.day}/{self.region}/{self.service}/aws4_request"
        canonical = canonical_request(request, self.signed)
        text = f"AWS4-HMAC-SHA256\n{self.stamp}\n{scope}\n{_sha256(canonical)}"
        key = f"AWS4{secrets[self.key_id]}".encode()
        for part in (*scope.split("/"), text):
            key = hmac.digest(key, part.encode(), "sha256")
        if "host" not in self.signed or not hmac.compare_digest(
            key.hex(), self.signature
        ):
            raise SignatureRefused(
                "The request signature we calculated does not match the signature you "
                "provided."
            )


def canonical_request(request: Request, signed: tuple[str, ...]) -> str:
    """Write the request as both sides sign it."""
    path, _, query = request.path.partition("?")
    payload = _sha256(request.body)
    # The header may say UNSIGNED-PAYLOAD; a hash of another body fails by itself.
    if request.header("x-amz-content-sha256") == "UNSIGNED-PAYLOAD":
        payload = "UNSIGNED-PAYLOAD"
    headers = "".join(
        f"{name}:{' '.join((request.header(name) or '').split())}\n" for name in signed
    )
    lines = (request.method, _path(path), _query(query), headers, ";".join(signed))
    return "\n".join((*lines, payload))


def _path(raw: str) -> str:
    # For every service but s3 the path on the wire is normalized and encoded once more.
    kept: list[str] = []
    for segment in raw.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {"", "."}:
            kept.append(quote(segment, safe="-_.~"))
    path = "/" + "/".join(kept)
    return path + "/" if raw.endswith("/") and kept else path


def _query(raw: str) -> str:
    pairs = parse_qsl(raw, keep_blank_values=True)
    encoded = [(quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def _sha256(content: str | bytes) -> str:
    data = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()
