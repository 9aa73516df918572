"""Reads an Elasticsearch credential from Secrets Manager."""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import BotoCoreError, ClientError

from idle_jobs.aws import CLIENT_CONFIG
from idle_jobs.errors import Refused
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
        self._secret(force_fetch=True)

    def authorization(self) -> str:
        """Return the value for the Authorization header."""
        return authorization_of(self._secret())

    def _secret(self, *, force_fetch: bool = False) -> str:
        try:
            secret = _secrets().get(
                self._arn, max_age=SECRET_MAX_AGE, force_fetch=force_fetch
            )
        except (GetParameterError, BotoCoreError, ClientError) as error:
            raise Refused(f"the secret {self._arn} could not be read") from error
        return decoded_secret(secret)


def decoded_secret(secret: object) -> str:
    """Return the text of a secret that was stored as text or as bytes."""
    try:
        return decoded(secret) if isinstance(secret, str | bytes) else ""
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
def _secrets() -> SecretsProvider:
    # With the default session of boto3: a new one loads the data of botocore again.
    client = boto3.client("secretsmanager", config=CLIENT_CONFIG)
    return SecretsProvider(boto3_client=client)
