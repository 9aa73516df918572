"""The cluster that a command reads, and the settings by which it judges."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.signing import SigV4
from idle_jobs.elastic.transport import Timeouts, Wire
from idle_jobs.policy.rules import Rules
from idle_jobs.services import signer_of
from idle_jobs.settings import (
    OWN_READERS,
    RULE_READERS,
    VARIABLES,
    BadSettings,
    Settings,
)
from idle_jobs_cli.cluster.address import read_url, url_of_cloud_id
from idle_jobs_cli.cluster.misspelt import misspelt
from idle_jobs_cli.cluster.rules import differing, known, rules_in, rules_of
from idle_jobs_cli.cluster.signing import signer_for
from idle_jobs_cli.cluster.trust import trust_of
from idle_jobs_cli.cluster.variables import (
    CLOUD_ID,
    EVERY_NAME,
    SERVICE,
    URL,
    Environ,
    first_of,
    read,
)
from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.exits import BadInput
from idle_jobs_cli.stack.stack import Stack

# Seconds. The last four are for closes and have no effect: a command never posts.
TIMEOUTS = Timeouts(
    connect=3, read=20, close_early=2, close=10, close_counted=0.5, measured=120
)
# The other variables have names that many tools use, each with a spelling of its own.
MEANT = {*RULE_READERS, "CLUSTER_URL", "CA_BUNDLE", "SIGV4_SERVICE"}
NO_CLUSTER = (
    "no cluster: pass --url, or set CLUSTER_URL (or ES_URL, ELASTICSEARCH_URL, "
    "ELASTIC_CLOUD_ID); --stack reads the cluster of a deployed stack"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One cluster and its rules; `settings` are those that differ from the defaults.

    `cluster_name` is the name that a stack gave to its cluster, "" without a stack.
    """

    url: str
    wire: Wire
    rules: Rules
    settings: Mapping[str, str]
    ca_file: str
    signed: bool
    stack: Stack | None = None
    cluster_name: str = ""

    @property
    def cluster(self) -> Cluster:
        """Return the cluster, which is called by the functions' own code."""
        return Cluster(self.wire)


def open_target(where: Where, environ: Environ) -> Target:
    """Return the target; BadInput names every option and variable that is wrong."""
    if where.stack:
        return _of_stack(where, Stack.find(where.stack))
    problems = list(misspelt(environ, MEANT, VARIABLES | EVERY_NAME))
    given = rules_in(environ) | known(where.given, problems)
    rules = rules_of(given, problems)
    url = _url(where, environ, problems)
    trust = trust_of(where, url, environ, problems)
    service = OWN_READERS["SIGV4_SERVICE"]
    sign = where.sign or read(*first_of(environ, SERVICE), service, problems)
    signer = signer_for(url, sign, environ, problems) if url else None
    if problems or signer is None:
        raise BadInput("; ".join(problems))
    ca_file = trust.file_for(url)
    return Target(
        url=url,
        wire=Wire(url, signer, TIMEOUTS, ca_file),
        rules=rules,
        settings=differing(given, rules),
        ca_file=ca_file,
        signed=isinstance(signer, SigV4),
    )


def _of_stack(where: Where, stack: Stack) -> Target:
    """Return what a deployed stack reads, by the settings of its Sweeper."""
    problems: list[str] = []
    deployed = {**stack.environment()}
    given = rules_in(deployed) | known(where.given, problems)
    if where.url or where.cloud_id:
        deployed["CLUSTER_URL"] = _url(where, {}, problems)
    if where.sign:
        problems.append("--sign: not with --stack, whose AuthMode says how to sign")
    # The CA of the functions lies in their artifact, and not on this machine.
    trust = trust_of(where, deployed.get("CLUSTER_URL", ""), {}, problems)
    if problems:
        raise BadInput("; ".join(problems))
    try:
        settings = Settings.from_env(deployed)
    except BadSettings as error:
        raise BadInput(f"stack {stack.name}: {error}") from None
    rules = rules_of(given, problems)
    if problems:
        raise BadInput("; ".join(problems))
    signer, ca_file = signer_of(settings), trust.file_for(settings.cluster_url)
    return Target(
        url=settings.cluster_url,
        wire=Wire(settings.cluster_url, signer, settings.timeouts, ca_file),
        rules=rules,
        settings=differing(given, rules),
        ca_file=ca_file,
        signed=isinstance(signer, SigV4),
        stack=stack,
        cluster_name=settings.cluster_name,
    )


def _url(where: Where, environ: Environ, problems: list[str]) -> str:
    """Return the URL: of an option, of a variable, or of a Cloud ID in either."""
    if where.url and where.cloud_id:
        problems.append("--url, --cloud-id: expected one of them")
    named: tuple[tuple[str, str, Any], ...] = (
        ("--url", where.url, read_url),
        ("--cloud-id", where.cloud_id, url_of_cloud_id),
        (*first_of(environ, URL), read_url),
        (*first_of(environ, CLOUD_ID), url_of_cloud_id),
    )
    for name, text, reader in named:
        if text:
            return read(name, text, reader, problems)
    problems.append(NO_CLUSTER)
    return ""
