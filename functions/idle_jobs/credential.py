"""An Elasticsearch credential out of Secrets Manager; it never leaves in a repr."""

import json
import re
from base64 import b64encode
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import BotoCoreError, ClientError

from idle_jobs.aws import PATIENCE
from idle_jobs.errors import Refused

SECRET_MAX_AGE = 300  # seconds

_ENCODED = re.compile(r"[A-Za-z0-9+/=_-]{8,}")


class Credential:
    """A secret that holds an API key or a user, as an Authorization value.

    An API key is stored as Elasticsearch answers it (`encoded`, or `id` and `api_key`)
    or as the encoded key alone; a user as `username` and `password`.
    """

    def __init__(self, secret_arn: str) -> None:
        self._arn = secret_arn

    def refresh(self) -> None:
        """Read the secret anew."""
        self._secret(force_fetch=True)

    def authorization(self) -> str:
        """Return the Authorization value."""
        return authorization_of(self._secret())

    def _secret(self, *, force_fetch: bool = False) -> str:
        try:
            secret = _secrets().get(
                self._arn, max_age=SECRET_MAX_AGE, force_fetch=force_fetch
            )
        except (GetParameterError, BotoCoreError, ClientError) as error:
            raise Refused(f"the secret {self._arn} could not be read") from error
        return secret if isinstance(secret, str) else ""


def authorization_of(secret: str) -> str:
    """Return a secret's text as an Authorization value; errors do not repeat it."""
    try:
        value: Any = json.loads(secret)
    except (ValueError, RecursionError):
        value = secret.strip()
    fields = value if isinstance(value, dict) else {"encoded": value}
    if {"username", "password"} <= fields.keys():
        return f"Basic {_joined(fields['username'], fields['password'])}"
    if "encoded" not in fields and {"id", "api_key"} <= fields.keys():
        return f"ApiKey {_joined(fields['id'], fields['api_key'])}"
    encoded = fields.get("encoded")
    if not isinstance(encoded, str) or not _ENCODED.fullmatch(encoded):
        raise Refused(
            "the secret: expected an encoded API key, or username and password"
        )
    return f"ApiKey {encoded}"


def _joined(name: object, secret: object) -> str:
    return b64encode(f"{name}:{secret}".encode()).decode()


@cache
def _secrets() -> SecretsProvider:
    # On boto3's own session: one of Powertools' reads botocore's data once more.
    client = boto3.client("secretsmanager", config=PATIENCE)
    return SecretsProvider(boto3_client=client)
