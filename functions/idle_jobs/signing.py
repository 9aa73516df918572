"""How a request proves who sends it: SigV4 or an API key. The only file with secrets.

A signer is called for every attempt, so nothing old is ever sent again, and keeps no
state that threads could mix up: requests-aws4auth rewrites key and token on a shared
object, so each request gets a fresh one from an immutable snapshot.
"""

import json
import re
from base64 import b64encode
from functools import cache
from typing import Any, Protocol

import boto3
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import BotoCoreError, ClientError
from requests import PreparedRequest
from requests.auth import AuthBase
from requests_aws4auth import AWS4Auth

from idle_jobs.errors import Refused

SECRET_MAX_AGE = 300  # seconds
_ENCODED = re.compile(r"[A-Za-z0-9+/=_-]{8,}")


class Signer(Protocol):
    """Signs one attempt; `refresh` is called once when the answer is `stale_status`."""

    stale_status: int

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a prepared request."""

    def refresh(self) -> None:
        """Fetch the credentials anew."""


class SigV4(AuthBase):
    """Signs with the function's own AWS credentials for one service."""

    # What AWS answers to an expired token; a frozen environment may hold an old one.
    stale_status = 403

    def __init__(self, service: str) -> None:
        self._service = service
        self.refresh()

    def refresh(self) -> None:
        """Look the credentials up anew."""
        self._session = boto3.Session()
        self._credentials = self._session.get_credentials()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign with a snapshot of the credentials."""
        if self._credentials is None:
            raise Refused("no AWS credentials to sign with")
        now = self._credentials.get_frozen_credentials()
        auth = AWS4Auth(
            now.access_key,
            now.secret_key,
            self._session.region_name,
            self._service,
            session_token=now.token,
        )
        signed: PreparedRequest = auth(request)
        return signed


class ApiKey(AuthBase):
    """Sends an Elasticsearch API key out of Secrets Manager.

    The secret is what `POST /_security/api_key` answers (`encoded`, or `id` and
    `api_key`), or the encoded key alone.
    """

    stale_status = 401

    def __init__(self, secret_arn: str) -> None:
        self._arn = secret_arn

    def refresh(self) -> None:
        """Read the secret anew: it may have been rotated."""
        self._secret(force_fetch=True)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the key into the Authorization header."""
        request.headers["Authorization"] = f"ApiKey {_encoded(self._secret())}"
        return request

    def _secret(self, *, force_fetch: bool = False) -> str:
        try:
            secret = _secrets().get(
                self._arn, max_age=SECRET_MAX_AGE, force_fetch=force_fetch
            )
        except (GetParameterError, BotoCoreError, ClientError) as error:
            raise Refused(f"the secret {self._arn} could not be read") from error
        return secret if isinstance(secret, str) else ""


def _encoded(secret: str) -> str:
    try:
        value: Any = json.loads(secret)
    except ValueError:
        value = secret.strip()
    if isinstance(value, dict) and isinstance(value.get("encoded"), str):
        value = value["encoded"]
    if isinstance(value, dict) and {"id", "api_key"} <= value.keys():
        value = b64encode(f"{value['id']}:{value['api_key']}".encode()).decode()
    if not isinstance(value, str) or not _ENCODED.fullmatch(value):
        raise Refused("the secret: expected an API key as Elasticsearch encodes it")
    return value


@cache
def _secrets() -> SecretsProvider:
    return SecretsProvider(boto3_client=boto3.client("secretsmanager"))
