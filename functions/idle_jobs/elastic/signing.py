"""Adds a credential or an AWS signature to a request.

A signer is called for every attempt, so an old signature is never sent again. Threads
share a signer, but AWS4Auth of requests-aws4auth is not thread-safe. So each request
gets an AWS4Auth of its own, made from a snapshot of the credentials.
"""

from threading import Lock
from typing import Protocol

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

from idle_jobs.aws import client, current_credentials, current_region
from idle_jobs.elastic.credential import Credential
from idle_jobs.errors import Refused

LATTICE = "vpc-lattice-svcs"


class Signer(Protocol):
    """Signs each attempt. After a status in `stale`, call `refresh` and try again."""

    stale: frozenset[int]

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a prepared request."""

    def refresh(self) -> None:
        """Fetch the credentials again."""


class Direct(AuthBase):
    """Sends an Elasticsearch credential, an API key or a user, in Authorization."""

    stale = frozenset({401})

    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    def refresh(self) -> None:
        """Read the secret again: it may have been rotated."""
        self._credential.refresh()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the credential into the Authorization header."""
        request.headers["Authorization"] = self._credential.authorization()
        return request


class SigV4(AuthBase):
    """Signs with AWS credentials, of the function's role or of a role that it assumes.

    A proxy may also need an Elasticsearch credential. It is sent in a separate, signed
    header, since the signature takes Authorization. Without a `region`, calls are
    signed for that of this environment.
    """

    # AWS answers 403 to an expired token. A frozen environment may have one.
    stale = frozenset({401, 403})

    def __init__(
        self,
        service: str,
        role_arn: str = "",
        carried: Credential | None = None,
        header: str = "",
        region: str = "",
    ) -> None:
        self._service = service
        self._given_region = region
        self._role_arn = role_arn
        self._carried = carried
        self._header = header.lower()
        self._refreshing = Lock()
        self._look_up()

    def refresh(self) -> None:
        """Fetch the credentials again, once for all threads that found them stale."""
        stale = self._credentials
        with self._refreshing:
            # Ten threads may get a 403 at the same time.
            if self._credentials is stale:
                self._look_up()
                if self._carried:
                    self._carried.refresh()

    def _look_up(self) -> None:
        credentials: Credentials | DeferredRefreshableCredentials | None
        if self._role_arn:
            role = {"RoleArn": self._role_arn, "RoleSessionName": "idle-job-closer"}
            refresh = create_assume_role_refresher(client("sts"), role)
            credentials = DeferredRefreshableCredentials(refresh, "assume-role")
        else:
            credentials = current_credentials()
        # Assigned last and together: other threads sign with the old ones until then.
        region = self._given_region or current_region()
        self._region, self._credentials = region, credentials

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
