"""How a command proves who asks: a key, a user, or an AWS signature if that is due."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase

from idle_jobs.elastic.credential import authorization_of
from idle_jobs.elastic.signing import Signer, SigV4
from idle_jobs.errors import Refused
from idle_jobs_cli.cluster.identity import fetched
from idle_jobs_cli.cluster.variables import secret_in

# The hosts whose front door checks AWS signatures, by the service that it checks for.
AWS_HOSTS = {
    "execute-api": r"[\w-]+\.execute-api\.[\w-]+\.amazonaws\.com(\.cn)?",
    "es": r"[\w-]+\.[\w-]+\.es\.amazonaws\.com(\.cn)?",
    "lambda": r"[\w-]+\.lambda-url\.[\w-]+\.on\.aws",
    "vpc-lattice-svcs": r"[\w.-]+\.vpc-lattice-svcs\.[\w-]+\.on\.aws",
}
HOW = (
    "set ES_API_KEY (the encoded key, or id:api_key), or ES_USERNAME and ES_PASSWORD; "
    "to sign with AWS credentials instead, pass --sign with the service, such as "
    "`--sign execute-api`"
)


class StaticCredential(AuthBase):
    """Sends one API key or user, which cannot be refreshed."""

    stale: frozenset[int] = frozenset()

    def __init__(self, secret: str) -> None:
        self._authorization = authorization_of(secret)

    def refresh(self) -> None:
        """Do nothing: `stale` is empty."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the credential into the Authorization header."""
        request.headers["Authorization"] = self._authorization
        return request


def service_of(url: str) -> str:
    """Return the AWS service that checks signatures at a URL, "" if it is not AWS's."""
    host = urlsplit(url).hostname or ""
    return next((s for s, hosts in AWS_HOSTS.items() if re.fullmatch(hosts, host)), "")


def signer_for(
    url: str, sign: str, environ: Mapping[str, str], problems: list[str]
) -> Signer | None:
    """Return the signer of every call; append to `problems` and return None if none.

    A call is signed with AWS credentials only if `sign` names a service, or if the URL
    is AWS's and there is no other credential. Raises BadCredentials.
    """
    if not sign:
        try:
            name, secret = secret_in(environ)
            if secret:
                return StaticCredential(secret)
        except ValueError as error:
            problems.append(str(error))
            return None
        except Refused as refused:
            problems.append(f"{name}: {str(refused).removeprefix('the secret: ')}")
            return None
    if service := sign or service_of(url):
        return _aws(service, problems)
    problems.append(f"no credential: {HOW}")
    return None


def _aws(service: str, problems: list[str]) -> Signer | None:
    session = fetched()
    if session.get_credentials() is None:
        problems.append(
            "AWS credentials: expected to sign with, but there are none; set "
            "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
        return None
    if session.region_name is None:
        problems.append("AWS_DEFAULT_REGION: expected with AWS credentials")
    return SigV4(service)
