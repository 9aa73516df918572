"""Reads an Elasticsearch credential from Secrets Manager."""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from idle_jobs.aws import client
from idle_jobs.errors import Refused
from idle_jobs.kept import Kept
from idle_jobs.texts import decoded, needed, tidied

SECRET_MAX_AGE = 300  # seconds

_ENCODED = re.compile(r"[A-Za-z0-9+/=_-]{8,}")
# The ids of Elasticsearch have 20 characters, its keys 22.
_ID_AND_KEY = re.compile(r"[A-Za-z0-9_-]{20}:[A-Za-z0-9_-]{22}")
EXPECTED = (
    "an encoded API key, id:api_key, or JSON with encoded, id and api_key, or username "
    "and password"
)


class Credential:
    """A secret that holds an API key or a user; its methods raise Refused.

    An API key is stored as Elasticsearch returns it (`encoded`, or `id` and `api_key`),
    as the encoded key alone or as `id:api_key`; a user as `username` and `password`.
    """

    def __init__(self, secret_arn: str) -> None:
        self._arn = secret_arn

    def refresh(self) -> None:
        """Read the secret again, not from the cache."""
        self._secret(fresh=True)

    def authorization(self) -> str:
        """Return the value for the Authorization header."""
        return authorization_of(self._secret())

    def _secret(self, *, fresh: bool = False) -> str:
        try:
            secret = _secrets().get(self._arn, fresh=fresh)
        except (BotoCoreError, ClientError) as error:
            raise Refused(f"the secret {self._arn} could not be read") from error
        return decoded_secret(secret)


def decoded_secret(secret: str | bytes) -> str:
    """Return the text of a secret that was stored as text or as bytes."""
    try:
        return decoded(secret)
    except ValueError as error:
        raise Refused(f"the secret: {error}") from None


def authorization_of(secret: str) -> str:
    """Return the Authorization value for a secret; errors do not repeat the secret."""
    try:
        return _authorization(_fields_of(decoded(secret)))
    except ValueError as error:
        raise Refused(f"the secret: {error}") from None


def _fields_of(text: str) -> dict[str, Any]:
    """Return the fields of a secret, without empty ones."""
    if _ID_AND_KEY.fullmatch(text):
        return dict(zip(("id", "api_key"), text.split(":"), strict=True))
    try:
        value: Any = tidied(json.loads(text))
    except (ValueError, RecursionError):
        value = "" if text.startswith(("{", "[")) else text
    key = {"encoded": value} if isinstance(value, str) else {}
    fields = value if isinstance(value, dict) else key
    return {name: v for name, v in fields.items() if tidied(v) not in ("", None)}


def _authorization(fields: Mapping[str, Any]) -> str:
    if {"username", "password"} <= fields.keys():
        user, password = (_needed(fields, name) for name in ("username", "password"))
        if ":" in user:
            raise ValueError("username: expected one without a colon")
        return f"Basic {_joined(user, password)}"
    if "encoded" in fields:
        encoded = _needed(fields, "encoded")
    elif {"id", "api_key"} <= fields.keys():
        encoded = _joined(_needed(fields, "id"), _needed(fields, "api_key"))
    else:
        encoded = ""
    if not _ENCODED.fullmatch(encoded):
        raise ValueError(f"expected {EXPECTED}")
    return f"ApiKey {encoded}"


def _needed(fields: Mapping[str, Any], name: str) -> str:
    try:
        return needed(fields[name])
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _joined(name: str, secret: str) -> str:
    return b64encode(f"{name}:{secret}".encode()).decode()


@cache
def _secrets() -> Kept[str | bytes]:
    return Kept(_stored, timedelta(seconds=SECRET_MAX_AGE))


def _stored(arn: str) -> str | bytes:
    found = client("secretsmanager").get_secret_value(SecretId=arn)
    kind = "SecretString" if "SecretString" in found else "SecretBinary"
    stored: str | bytes = found[kind]
    return stored
