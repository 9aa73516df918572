"""How a request proves who sends it. The only file that sees secrets.

A signer is called for every attempt, so nothing old is ever sent again, and it keeps no
state that threads could mix up: requests-aws4auth rewrites key and token on a shared
object, so each request gets a fresh one from an immutable snapshot.
"""

from threading import Lock
from typing import Protocol

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import (
    Credentials,
    DeferredRefreshableCredentials,
    ReadOnlyCredentials,
    create_assume_role_refresher,
)
from botocore.exceptions import BotoCoreError, ClientError
from requests import PreparedRequest
from requests.auth import AuthBase
from requests_aws4auth import AWS4Auth

from idle_jobs.aws import CLIENT_CONFIG
from idle_jobs.elastic.credential import Credential
from idle_jobs.errors import Refused

LATTICE = "vpc-lattice-svcs"


class Signer(Protocol):
    """Signs one attempt; after an answer in `stale` it is refreshed and asked again."""

    stale: frozenset[int]

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a prepared request."""

    def refresh(self) -> None:
        """Fetch the credentials anew."""


class Direct(AuthBase):
    """Sends an Elasticsearch credential as it is: an API key or a user."""

    stale = frozenset({401})

    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    def refresh(self) -> None:
        """Read the secret anew: it may have been rotated."""
        self._credential.refresh()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the credential into the Authorization header."""
        request.headers["Authorization"] = self._credential.authorization()
        return request


class SigV4(AuthBase):
    """Signs with AWS credentials, the function's own or those of a role it assumes.

    A front door may ask for an Elasticsearch credential as well: it is carried in a
    signed header of its own, since the signature has Authorization.
    """

    # 403 is AWS's answer to an expired token, which a frozen environment may hold.
    stale = frozenset({401, 403})

    def __init__(
        self,
        service: str,
        role_arn: str = "",
        carried: Credential | None = None,
        header: str = "",
    ) -> None:
        self._service = service
        self._role_arn = role_arn
        self._carried = carried
        self._header = header.lower()
        self._refreshing = Lock()
        self._look_up()

    def refresh(self) -> None:
        """Look the credentials up anew, once for all threads that found them stale."""
        stale = self._credentials
        with self._refreshing:
            # Each look-up takes 10 MB, and a batch may be refused ten times at once.
            if self._credentials is stale:
                self._look_up()
                if self._carried:
                    self._carried.refresh()

    def _look_up(self) -> None:
        session = boto3.Session()
        credentials: Credentials | DeferredRefreshableCredentials | None
        credentials = session.get_credentials()
        if self._role_arn:
            role = {"RoleArn": self._role_arn, "RoleSessionName": "idle-job-closer"}
            sts = session.client("sts", config=CLIENT_CONFIG)
            refresh = create_assume_role_refresher(sts, role)
            credentials = DeferredRefreshableCredentials(refresh, "assume-role")
        # At once and last: other threads sign meanwhile, with the old ones.
        self._region, self._credentials = session.region_name, credentials

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign with a snapshot of the credentials."""
        if self._carried:
            request.headers[self._header] = self._carried.authorization()
        snapshot = self._snapshot()
        if self._service == LATTICE:
            return self._sign_unread(request, snapshot)
        signed: PreparedRequest = AWS4Auth(
            snapshot.access_key,
            snapshot.secret_key,
            self._region,
            self._service,
            session_token=snapshot.token,
            include_hdrs={"host", "content-type", "date", "x-amz-*", self._header},
        )(request)
        return signed

    def _snapshot(self) -> ReadOnlyCredentials:
        if self._credentials is None:
            raise Refused("no AWS credentials to sign with")
        try:
            return self._credentials.get_frozen_credentials()
        except (BotoCoreError, ClientError) as error:
            raise Refused(f"no AWS credentials to sign with: {error}") from error

    def _sign_unread(
        self, request: PreparedRequest, snapshot: ReadOnlyCredentials
    ) -> PreparedRequest:
        # VPC Lattice wants UNSIGNED-PAYLOAD, which requests-aws4auth overwrites.
        carried = {self._header: request.headers[self._header]} if self._carried else {}
        unsigned = {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"} | carried
        aws = AWSRequest(request.method, request.url, headers=unsigned)
        SigV4Auth(snapshot, self._service, self._region).add_auth(aws)
        request.headers.update(dict(aws.headers.items()))
        return request
