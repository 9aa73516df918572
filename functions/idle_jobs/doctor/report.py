"""All checks of one function, in their order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from idle_jobs.aws import client
from idle_jobs.doctor import cluster as of_cluster
from idle_jobs.doctor import front_door, network, rights
from idle_jobs.doctor.finding import Finding, Level, fail, ok, skipped, warn, worst
from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.credential import Credential
from idle_jobs.elastic.transport import Wire
from idle_jobs.errors import Refused
from idle_jobs.messages.terms import Mode
from idle_jobs.modes import ModeUnreadable, read_mode
from idle_jobs.services import signer_of
from idle_jobs.settings import BadSettings, Settings, current


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined: a cluster, and how it is called.

    `closes` says whether the caller has to be able to close jobs, and `signed` whether
    calls are signed with AWS credentials.
    """

    url: str
    wire: Wire
    ca_bundle: str
    signed: bool
    closes: bool


def examined(patient: Patient) -> Iterator[Finding]:
    """Yield the findings about the way to a cluster, and about the cluster."""
    hops = []
    for finding in network.check_network(patient.url, patient.ca_bundle):
        hops.append(finding.check)
        yield finding
        if finding.level is Level.FAIL:
            left = [name for name in network.CHECKS if name not in hops]
            yield from skipped([*left, *of_cluster.CHECKS], f"after {finding.check}")
            return
    wire, closes = patient.wire, patient.closes
    door, info = front_door.check_front_door(wire, signed=patient.signed)
    yield door
    if info is None:
        yield from skipped(of_cluster.CHECKS[1:], "after front door")
        return
    yield of_cluster.check_machine_learning(info)
    yield of_cluster.check_elasticsearch(wire)
    yield rights.check_identity(wire)
    yield rights.check_privileges(wire, closes=closes)
    yield of_cluster.check_licence(wire)
    yield of_cluster.check_nodes(wire)
    yield of_cluster.check_idle_closer(wire)
    yield from of_cluster.check_jobs(Cluster(wire), datetime.now(UTC))


ROLE_CHECKS = ("settings", "mode", "credential")


def asks_for_doctor(event: object) -> bool:
    """Return whether an event is `{"doctor": true}`, from a direct invocation."""
    return event == {"doctor": True}


def report(*, closes: bool) -> dict[str, Any]:
    """Return the report of this function, from its settings to the cluster's jobs."""
    findings = list(_findings(closes=closes))
    return {
        "doctor": str(worst(findings)),
        "findings": [finding.as_fields() for finding in findings],
    }


def _findings(*, closes: bool) -> Iterator[Finding]:
    try:
        settings = current()
    except BadSettings as error:
        then = "mend the parameters of the stack, and deploy it"
        yield fail("settings", str(error), then)
        later = (*ROLE_CHECKS[1:], *network.CHECKS, *of_cluster.CHECKS)
        yield from skipped(later, "after settings")
        return
    yield ok("settings", f"for the cluster {settings.cluster_name}")
    yield _mode(settings)
    yield (credential := _credential(settings))
    if credential.level is Level.FAIL:
        hops = network.check_network(settings.cluster_url, settings.ca_bundle)
        yield from hops
        yield from skipped(of_cluster.CHECKS, "after credential")
        return
    yield from examined(patient_of(settings, closes=closes))


def patient_of(settings: Settings, *, closes: bool) -> Patient:
    """Return the cluster of these settings, as a function calls it."""
    url, ca_bundle = settings.cluster_url, settings.ca_bundle
    wire = Wire(url, signer_of(settings), settings.timeouts, ca_bundle)
    return Patient(url, wire, ca_bundle, settings.auth_mode == "sigv4", closes=closes)


def _mode(settings: Settings) -> Finding:
    try:
        mode = read_mode(settings.mode_parameter, fresh=True)
    except ModeUnreadable as error:
        then = "set it: `idle-jobs mode observe`; in a VPC, add an endpoint for ssm"
        return fail("mode", str(error), then)
    if mode is Mode.PAUSED:
        return warn("mode", "paused: nothing is closed", "`idle-jobs resume`")
    return ok("mode", str(mode))


def _credential(settings: Settings) -> Finding:
    """Return whether the secret can be read, and who signs the calls.

    The identity needs a call of STS, which a closed VPC may not reach: it is only told.
    """
    told = []
    if settings.secret_arn:
        try:
            Credential(settings.secret_arn).authorization()
        except Refused as refused:
            then = (
                "check SecretArn, what the secret holds, kms:Decrypt of the roles if "
                "the key is yours, and in a VPC the endpoint for secretsmanager"
            )
            return fail("credential", str(refused), then)
        told.append("the secret was read")
    if settings.auth_mode == "sigv4":
        told.append(
            f"calls are signed for {settings.sigv4_service} as {_signed_as(settings)}"
        )
    return ok("credential", "; ".join(told))


def _signed_as(settings: Settings) -> str:
    if settings.role_arn:
        return settings.role_arn
    try:
        return str(client("sts").get_caller_identity()["Arn"])
    except (BotoCoreError, ClientError):
        return "the function's role"
