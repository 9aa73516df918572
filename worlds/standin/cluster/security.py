"""Who may enter: API keys as Elasticsearch checks them, or signatures as AWS does."""

import base64
import binascii
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache

from standin.cluster.errors import ClusterError
from standin.cluster.privileges import SUPERUSER, Caller, privileges_of
from standin.cluster.sigv4 import Signature, SignatureRefused
from standin.cluster.wire import Request

# Who asks where nobody says else: test:test.
API_KEY = "dGVzdDp0ZXN0"

_REALMS = [
    'Basic realm="security" charset="UTF-8"',
    'Bearer realm="security"',
    "ApiKey",
]


class FrontDoorError(ClusterError):
    """An answer of AWS's front door, which is not Elasticsearch's JSON."""

    def body(self) -> dict[str, object]:
        """Write the message alone."""
        return {"message": self.reason}


def admit(
    request: Request,
    now: datetime,
    keys: Collection[str],
    aws_secrets: Mapping[str, str],
) -> Caller:
    """Let the request in as somebody, or raise what the client gets to see."""
    given = request.header("authorization")
    if given is not None and given in keys:
        return _caller(given, privileges_of(keys, given))
    if given is None:
        raise _unauthenticated(
            f"missing authentication credentials for REST request [{request.path}]"
        )
    if given.startswith("AWS4-HMAC-SHA256"):
        _admit_signed(request, given, now, aws_secrets)
        return SUPERUSER
    if given.startswith("ApiKey "):
        raise _unknown_key(given.removeprefix("ApiKey "))
    if given.startswith("Basic "):
        user = _decoded(given.removeprefix("Basic ")).partition(":")[0]
        raise _unauthenticated(
            f"unable to authenticate user [{user}] for REST request [{request.path}]"
        )
    raise _unable()


@lru_cache(maxsize=64)
def _caller(given: str, privileges: frozenset[str]) -> Caller:
    scheme, _, encoded = given.partition(" ")
    name = _decoded(encoded).partition(":")[0]
    if scheme == "ApiKey":
        return Caller("elastic", privileges, api_key=name)
    return Caller(name or "elastic", privileges)


def _admit_signed(
    request: Request, given: str, now: datetime, aws_secrets: Mapping[str, str]
) -> None:
    signature = Signature.read(given, request)
    if signature is None:
        raise _unable()
    try:
        signature.check_date(now)
        if aws_secrets:
            signature.verify(request, aws_secrets)
    except SignatureRefused as refused:
        if not aws_secrets:
            raise _unable() from None
        raise FrontDoorError(403, "", str(refused)) from None


def _unknown_key(encoded: str) -> ClusterError:
    key_id = _decoded(encoded).partition(":")[0]
    return _unable(f"API key: unable to find apikey with id {key_id}")


def _unable(additional: str = "") -> ClusterError:
    return _unauthenticated(
        "unable to authenticate with provided credentials and anonymous access is not "
        "allowed for this request",
        additional,
    )


def _unauthenticated(reason: str, additional: str = "") -> ClusterError:
    beside: dict[str, object] = {}
    if additional:
        beside["additional_unsuccessful_credentials"] = additional
    beside["header"] = {"WWW-Authenticate": _REALMS}
    # Elasticsearch sends one header line for each realm; joined they say the same.
    headers = {"WWW-Authenticate": ", ".join(_REALMS)}
    return ClusterError(
        401, "security_exception", reason, beside=beside, headers=headers
    )


def _decoded(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        return ""
