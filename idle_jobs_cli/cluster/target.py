"""The cluster that a tool reads, and the rules; both come from the environment.

The variables are those of the functions, except for the credentials: `ES_API_KEY`, or
the AWS credentials that boto3 finds.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from requests import PreparedRequest
from requests.auth import AuthBase

from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.credential import authorization_of
from idle_jobs.elastic.signing import Signer, SigV4
from idle_jobs.elastic.transport import Timeouts, Wire
from idle_jobs.errors import ClusterError, Refused
from idle_jobs.policy.rules import Rules
from idle_jobs.settings import (
    OWN_READERS,
    RULE_READERS,
    VARIABLES,
    BadSettings,
    Reader,
    read_variables,
    too_short_to_force,
)
from idle_jobs.texts import tidy
from idle_jobs_cli.cluster.identity import BadCredentials, fetched
from idle_jobs_cli.cluster.misspelt import misspelt
from idle_jobs_cli.output.terminal import one_line

Environ = Mapping[str, str]
Clock = Callable[[], datetime]

# Seconds. The last three are for closes and have no effect: a tool never posts.
TIMEOUTS = Timeouts(connect=3, read=20, close_early=2, close=10, measured=120)
DEFAULTS = {"CA_BUNDLE": "", "SIGV4_SERVICE": "execute-api"}


@dataclass(frozen=True, slots=True)
class Target:
    """A cluster, the rules, and the values of all other variables by field name."""

    cluster: Cluster
    rules: Rules
    values: Mapping[str, Any]


class StaticKey(AuthBase):
    """Sends one API key, which cannot be refreshed."""

    stale: frozenset[int] = frozenset()

    def __init__(self, key: str) -> None:
        self._authorization = authorization_of(key)

    def refresh(self) -> None:
        """Do nothing: `stale` is empty."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the key into the Authorization header."""
        request.headers["Authorization"] = self._authorization
        return request


def run(
    environ: Environ, command: Callable[[Target, Clock], int], **own: Reader
) -> int:
    """Run a command; return its exit code.

    1 means that the cluster cannot be read, 2 that the environment is wrong.
    """
    try:
        return command(read_target(environ, own), partial(datetime.now, UTC))
    except BadSettings as error:
        print(error, file=sys.stderr)
        return 2
    except ClusterError as error:
        branch, detail = type(error).__name__, one_line(str(error))
        print(f"The cluster could not be read: {branch}: {detail}", file=sys.stderr)
        return 1


def read_target(environ: Environ, own: Mapping[str, Reader]) -> Target:
    """Return the target; one BadSettings names every variable that is wrong."""
    meant = {*RULE_READERS, "CLUSTER_URL", "CA_BUNDLE", "SIGV4_SERVICE"}
    problems = list(misspelt(environ, meant, VARIABLES))
    readers = {
        "CLUSTER_URL": OWN_READERS["CLUSTER_URL"],
        "CA_BUNDLE": _file,
        "SIGV4_SERVICE": OWN_READERS["SIGV4_SERVICE"],
    }
    values = read_variables(DEFAULTS | {**environ}, readers | {**own}, problems)
    turned = {
        variable: RULE_READERS[variable]
        for variable in RULE_READERS
        if variable in environ
    }
    rules = read_variables(environ, turned, problems)
    standard = {field.name: field.default for field in fields(Rules)}
    problems += too_short_to_force(standard | rules)
    signer = _signer(tidy(environ.get("ES_API_KEY", "")), values, problems)
    if problems or signer is None:
        raise BadSettings("; ".join(problems))
    wire = Wire(values["cluster_url"], signer, TIMEOUTS, values["ca_bundle"])
    return Target(Cluster(wire), Rules(**rules), values)


def _file(text: str) -> str:
    if text and not Path(text).is_file():
        raise ValueError("expected a file with certificates")
    return text


def _signer(key: str, values: Mapping[str, Any], problems: list[str]) -> Signer | None:
    try:
        if key:
            return StaticKey(key)
        return _aws(values.get("sigv4_service", ""), problems)
    except Refused:
        problems.append("ES_API_KEY: expected an encoded API key, or id:api_key")
    except BadCredentials as error:
        problems.append(f"AWS credentials: {error}")
    return None


def _aws(service: str, problems: list[str]) -> Signer | None:
    session = fetched()
    if session.get_credentials() is None:
        problems.append(
            "ES_API_KEY: expected, or AWS_ACCESS_KEY_ID (or other AWS credentials)"
        )
        return None
    if session.region_name is None:
        problems.append("AWS_DEFAULT_REGION: expected with AWS credentials")
    return SigV4(service)
