"""The doctor: each broken set-up fails at the right line, with the right next step."""

import json
import socket
import ssl
import struct
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from certificates import authority, context_of, server, write_chain
from deployed import on_event, refuse
from idle_jobs.doctor import cluster as of_cluster
from idle_jobs.doctor import network
from idle_jobs.doctor.finding import Finding, Level, ok, warn, worst
from idle_jobs.doctor.handshake import failed_handshake
from idle_jobs.doctor.report import ROLE_CHECKS
from idle_jobs.elastic.idle_closer import IDLE_CLOSER
from local.runner import Runner
from stacks import by_new_clients, mode_refused, sweep
from standin.cluster import API_KEY, Fault

EVERY = (*ROLE_CHECKS, *network.CHECKS, *of_cluster.CHECKS)
Broken = tuple[Callable[[Runner], object], str, str, str, str]


def examine(stack: Runner, name: str = "Sweeper") -> dict[str, dict[str, str]]:
    """Return the findings of a function by the names of the checks."""
    told = stack.call(name, {"doctor": True})
    assert told["doctor"] in ("ok", "warn", "fail")
    return {finding["check"]: finding for finding in told["findings"]}


@pytest.mark.parametrize("name", ["Sweeper", "Closer", "ForceCloser", "Reopener"])
def test_a_healthy_stack_is_well(stack: Runner, name: str) -> None:
    """Every check is made, in order, and nothing is changed."""
    stack.cluster.add_job("web", now=stack.now, state="opened")
    found = examine(stack, name)

    assert [*EVERY] == [*found]
    assert {"ok"} == {finding["level"] for finding in found.values()}
    assert {"GET"} == {received.method for received in stack.cluster.log}
    alone = "a sweep reads the open ones alone"
    assert found["jobs"]["saw"] == f"1 jobs: 1 open, 0 closed; {alone}"


def settings(**variables: str) -> Callable[[Runner], object]:
    """Return what gives a function other variables."""

    def turn(stack: Runner) -> None:
        stack.timeouts = variables

    return turn


def keys(*privileges: str) -> Callable[[Runner], object]:
    """Return what leaves the function's key these privileges alone."""

    def turn(stack: Runner) -> None:
        stack.cluster.keys = {f"ApiKey {API_KEY}": privileges}

    return turn


def has(name: str, value: object) -> Callable[[Runner], object]:
    """Return what turns one thing about the cluster."""
    return lambda stack: setattr(stack.cluster, name, value)


def answers(
    status: int, body: bytes = b"", path: str = ""
) -> Callable[[Runner], object]:
    """Return what stands before the cluster and answers everything, or one path."""
    fault = Fault(kind="status", status=status, body=body, path=path)
    return lambda stack: stack.cluster.faults.append(fault)


def secret(text: str) -> Callable[[Runner], object]:
    """Return what makes another secret, and names it in the settings."""

    def turn(stack: Runner) -> None:
        client: Any = boto3.client("secretsmanager")
        arn = client.create_secret(Name="odd", SecretString=text)["ARN"]
        stack.timeouts = {"SECRET_ARN": arn}

    return turn


def many_jobs(
    stack: Runner, count: int = 8_001, privileges: tuple[str, ...] = ("all",)
) -> None:
    """Give the cluster more jobs than is comfortable, and time to list them."""
    keys(*privileges)(stack)
    stack.timeouts = {"READ_TIMEOUT": "60"}
    for number in range(count):
        stack.cluster.add_job(f"job-{number}", now=stack.now, state="closed")


NO_STS = {"AUTH_MODE": "sigv4", "SIGV4_SERVICE": "es", "SECRET_ARN": ""}
BROKEN: dict[str, Broken] = {
    "a setting is wrong": (
        settings(IDLE_AFTER="soon"),
        *("settings", "fail", "IDLE_AFTER: expected a time value", "deploy it"),
    ),
    "two settings contradict": (
        settings(PARK_AFTER="1h"),
        *("settings", "fail", "PARK_AFTER: expected at least", "deploy it"),
    ),
    "the mode is no mode": (
        lambda stack: stack.set_mode("off"),
        *("mode", "fail", "expected one of", "idle-jobs mode observe"),
    ),
    "the mode is paused": (
        lambda stack: stack.set_mode("paused"),
        *("mode", "warn", "paused", "idle-jobs resume"),
    ),
    "the secret is not there": (
        settings(SECRET_ARN="arn:aws:secretsmanager:eu-west-1:1:secret:no"),
        *("credential", "fail", "could not be read", "check SecretArn"),
    ),
    "the secret holds no key": (
        secret("not a key"),
        *("credential", "fail", "expected an encoded API key", "check SecretArn"),
    ),
    "the name is misspelt": (
        settings(CLUSTER_URL="https://no-such-host.invalid"),
        *("name", "fail", "no-such-host.invalid is not known", "check the spelling"),
    ),
    "nothing listens": (
        settings(CLUSTER_URL="https://127.0.0.1:1"),
        *("tcp", "fail", "nothing listens at 127.0.0.1:1", "check host and port"),
    ),
    "the key is not known": (
        has("keys", ()),
        *("front door", "fail", "401 security_exception", "check the credential"),
    ),
    "the key may not read": (
        keys("read_slm"),
        *("front door", "fail", "403 security_exception", "privilege monitor_ml"),
    ),
    "the gateway refuses": (
        answers(403, b'{"message": "Forbidden"}'),
        *("front door", "fail", "403", "may lead to something else"),
    ),
    "a proxy answers": (
        answers(502, b"<html>Bad Gateway</html>"),
        *("front door", "fail", "502", "away or busy"),
    ),
    "the cluster is throttled": (
        answers(429),
        *("front door", "fail", "429", "away or busy"),
    ),
    "something else answers": (
        answers(200, b'{"hello": "world"}'),
        *("front door", "fail", "upgrade_mode", "check ClusterUrl"),
    ),
    "a redirect": (
        answers(302),
        *("front door", "fail", "302", "may lead to something else"),
    ),
    "the version is too old": (
        has("version", "7.13.4"),
        *("front door", "fail", "7.13.4 is too old", "7.14"),
    ),
    "upgrade mode is on": (
        has("upgrade_mode", True),
        *("machine learning", "warn", "upgrade mode is on", "until the upgrade"),
    ),
    "the key expires soon": (
        has("key_expires", datetime(2026, 3, 9, 6, 5, tzinfo=UTC)),
        *("identity", "warn", "which expires in 7d", "create a new key"),
    ),
    "the licence has expired": (
        has("license_status", "expired"),
        *("licence", "warn", "platinum, expired", "renew the licence"),
    ),
    "no node runs machine learning": (
        has("ml_nodes", 0),
        *("nodes", "warn", "no node runs", "autoscaling"),
    ),
    "a gateway hides who asks": (
        answers(403, path="/_security/_authenticate"),
        *("identity", "warn", "not known: 403", "let the gateway pass"),
    ),
    "a gateway hides the privileges": (
        answers(403, path="_has_privileges"),
        *("privileges", "warn", "not known", "has monitor_ml"),
    ),
    "the jobs cannot be listed": (
        answers(502, path="/_ml/anomaly_detectors"),
        *("jobs", "fail", "502", "read the cause"),
    ),
    "there are many jobs": (
        many_jobs,
        *("jobs", "warn", "8001 jobs: 0 open", "delete old jobs"),
    ),
    "there are more jobs than are listed": (
        partial(many_jobs, count=10_000),
        *("jobs", "warn", "10000 jobs or more: 0 open", "a person's request"),
    ),
    "there are more, and the open ones are not told": (
        partial(many_jobs, count=10_000, privileges=("manage_ml",)),
        *("jobs", "fail", "with the privilege monitor", "give the credential"),
    ),
}


@pytest.mark.parametrize(
    ("turn", "check", "level", "saw", "then"), BROKEN.values(), ids=BROKEN
)
def test_a_broken_set_up_is_found(  # noqa: PLR0917
    turn: Callable[[Runner], object],
    check: str,
    level: str,
    saw: str,
    then: str,
    stack: Runner,
) -> None:
    """At its line, in its level, with what was seen and what to do; nothing else."""
    turn(stack)
    found = examine(stack)

    assert (check, level) == (check, found[check]["level"])
    assert saw in found[check]["saw"]
    assert then in found[check]["next"]
    others = {c: f["level"] for c, f in found.items() if c != check}
    assert {"ok", "skip"} >= set(others.values())
    assert ("skip" in others.values()) == (
        level == "fail" and check not in ("mode", "jobs")
    )


def test_a_mode_that_cannot_be_read_is_found(stack: Runner) -> None:
    """A right or an endpoint is missing; a mode that was never set is none of it."""
    with mode_refused():
        found = examine(stack)
    new = settings(MODE_PARAMETER="/new-stack/mode")
    new(stack)

    assert found["mode"]["level"] == "fail"
    assert "could not be read" in found["mode"]["saw"]
    assert "endpoint for ssm" in found["mode"]["next"]
    assert "observe" == examine(stack)["mode"]["saw"]


def test_a_key_that_only_reads_is_enough_for_the_sweeper(stack: Runner) -> None:
    """The closers need manage_ml, and say so."""
    keys("monitor_ml")(stack)
    told = {name: examine(stack, name)["privileges"] for name in ("Sweeper", "Closer")}

    assert told["Sweeper"]["level"] == "ok"
    assert told["Closer"]["level"] == "fail"
    assert "needs manage_ml" in told["Closer"]["saw"]


def test_what_may_not_be_asked_is_no_fault(stack: Runner) -> None:
    """A key with manage_ml alone sees no name, licence or setting of the cluster."""
    keys("manage_ml")(stack)
    found = examine(stack, "Closer")

    assert {"ok"} == {finding["level"] for finding in found.values()}
    for check in ("elasticsearch", "licence", "idle closer", "jobs"):
        assert "monitor" in found[check]["saw"]


SIGNED = {
    "a signature without a credential behind it": (
        401,
        b'{"error": {"type": "security_exception", "reason": "missing"}}',
        "no credential reached Elasticsearch",
    ),
    "a role that the gateway refuses": (
        403,
        b'{"message": "User: arn is not authorized to perform: execute-api:Invoke"}',
        "ClusterArn of the stack",
    ),
}


@pytest.mark.parametrize(("status", "body", "then"), SIGNED.values(), ids=SIGNED)
def test_what_refuses_a_signed_call_is_told_apart(
    status: int, body: bytes, then: str, stack: Runner
) -> None:
    """The front door by AWS's words, Elasticsearch by its own."""
    stack.timeouts = NO_STS
    answers(status, body)(stack)

    assert then in examine(stack)["front door"]["next"]


@pytest.mark.parametrize("role", ["", "arn:aws:iam::123456789012:role/elastic"])
def test_a_signed_call_says_as_whom(role: str, stack: Runner) -> None:
    """As the role that is given, or as the function's own."""
    stack.cluster.aws_secrets = {"AKIDEXAMPLE": "made-up"}
    stack.timeouts = NO_STS | {"ROLE_ARN": role}
    saw = examine(stack)["credential"]["saw"]

    assert saw.startswith("calls are signed for es as ")
    assert (role or "arn:aws:") in saw


VERSIONS = {
    "before 8.2": ("8.1.0", "nodes", "not known: Elasticsearch tells since 8.2"),
    "9.5": ("9.5.0", "idle closer", "Elasticsearch has its own, after 48h"),
    "8.9": ("8.9.0", "idle closer", "this version of Elasticsearch has none"),
}


@pytest.mark.parametrize(("version", "check", "saw"), VERSIONS.values(), ids=VERSIONS)
def test_what_a_version_has(version: str, check: str, saw: str, stack: Runner) -> None:
    """Older ones do not say how many nodes there are; newer ones close idle jobs."""
    stack.cluster.version = version

    assert saw == examine(stack)[check]["saw"]


def test_a_key_that_lasts_is_told_how_long(stack: Runner) -> None:
    """Nothing is to be done about it."""
    stack.cluster.key_expires = stack.now + timedelta(days=90)
    found = examine(stack)["identity"]

    assert ("ok", True) == (found["level"], found["saw"].endswith("expires in 90d"))


def test_the_clusters_own_closer_may_be_off(stack: Runner) -> None:
    """A setting of -1 switches it off."""
    stack.cluster.version = "9.5.0"
    stack.cluster.settings.persistent[IDLE_CLOSER] = "-1"

    assert "that of Elasticsearch is off" == examine(stack)["idle closer"]["saw"]


@contextmanager
def tls_server(context: ssl.SSLContext | None) -> Iterator[str]:
    """Serve handshakes, or nothing but silence, and yield where."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    plain, _ = listening.accept()
                    if context:
                        context.wrap_socket(plain, server_side=True).close()
                    else:
                        plain.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                        plain.close()
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"


TLS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "a certificate that is known": ({}, "ok", "issued by a CA, valid for 89d", ""),
    "one that ends soon": (
        {"ends_in": timedelta(days=5)},
        *("warn", "valid for 4d 23h", "renew the certificate"),
    ),
    "one that has ended": (
        {"ends_in": timedelta(days=-1)},
        *("fail", "is not valid today", "clock"),
    ),
    "one for another host": (
        {"host": "127.0.0.9"},
        *("fail", "is not for 127.0.0.1", "a name that the certificate has"),
    ),
}


@pytest.mark.parametrize(("given", "level", "saw", "then"), TLS.values(), ids=TLS)
def test_certificates(
    given: dict[str, Any], level: str, saw: str, then: str, tmp_path: Path
) -> None:
    """Issuer and expiry are told, and what is wrong with them."""
    issuer = authority()
    leaf = server(issuer, **({"ends_in": timedelta(days=90)} | given))
    chain = write_chain(tmp_path / "chain", leaf)
    (tmp_path / "ca.pem").write_bytes(issuer.pem)
    with tls_server(context_of(chain)) as where:
        *_, last = network.check_network(f"https://{where}", str(tmp_path / "ca.pem"))

    assert ("tls", level) == (last.check, str(last.level))
    assert saw in last.saw
    assert then in last.then


def test_an_issuer_that_is_not_known(tmp_path: Path) -> None:
    """The next step is to pass the CA, in each place where one can be passed."""
    chain = write_chain(tmp_path / "chain", server(authority()))
    with tls_server(context_of(chain)) as where:
        *_, last = network.check_network(f"https://{where}", "")

    assert (Level.FAIL, True) == (last.level, "issuer" in last.saw)
    assert all(word in last.then for word in ("CaBundle", "--ca-file", "--fingerprint"))


def test_the_wrong_scheme_is_told_either_way(tmp_path: Path) -> None:
    """Https on a port for http, and http on a port for https."""
    chain = write_chain(tmp_path / "chain", server(authority()))
    with tls_server(None) as plain, tls_server(context_of(chain)) as secured:
        *_, one = network.check_network(f"https://{plain}", "")
        *_, other = network.check_network(f"http://{secured}", "")
        *_, fine = network.check_network(f"http://{plain}", "")

    assert "speaks plain http, not https" in one.saw
    assert "speaks https, not plain http" in other.saw
    assert Level.OK == fine.level


LONE: dict[str, tuple[OSError, str, str]] = {
    "a silent host": (TimeoutError(), "does not answer within 5s", "security groups"),
    "no route": (OSError(113, "No route to host"), "No route to host", "the network"),
}


@pytest.mark.parametrize(("error", "saw", "then"), LONE.values(), ids=LONE)
def test_other_errors_of_a_connection(error: OSError, saw: str, then: str) -> None:
    """Each says what to look at."""
    found = network.unreachable(
        network.End("elastic.example", 9200, secured=True), error
    )

    assert (True, True) == (saw in found.saw, then in found.then)


def test_a_handshake_with_another_machine() -> None:
    """Plain http is for this machine alone; and a silent port is told apart."""
    plain = ssl.SSLError(1, "x")
    plain.reason = "WRONG_VERSION_NUMBER"
    where = ("elastic.example:9200", "elastic.example", "")

    assert "for this machine alone" in failed_handshake(plain, *where).then
    assert "answer the handshake" in failed_handshake(TimeoutError(), *where).saw


def test_a_ca_bundle_that_is_none(tmp_path: Path) -> None:
    """The functions would refuse it at each call."""
    (tmp_path / "ca.pem").write_text("no certificate")
    with tls_server(None) as where:
        bundle = str(tmp_path / "ca.pem")
        *_, last = network.check_network(f"https://{where}", bundle)

    assert ("tls", Level.FAIL) == (last.check, last.level)
    assert "cannot be read" in last.saw


def test_a_certificate_that_is_wrong_otherwise() -> None:
    """OpenSSL's own words are told."""
    error = ssl.SSLCertVerificationError("x")
    error.verify_code, error.verify_message = 26, "unsuitable certificate purpose"

    assert "unsuitable" in failed_handshake(error, "h:1", "h", "").saw


def test_other_ends_of_a_handshake(tmp_path: Path) -> None:
    """A server that hangs up at once, and one that has no cipher in common."""
    chain = context_of(write_chain(tmp_path / "chain", server(authority())))
    chain.maximum_version = ssl.TLSVersion.TLSv1_2
    chain.set_ciphers("ECDHE-RSA-AES256-GCM-SHA384")  # Its key is not one of RSA.
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            with listening.accept()[0] as plain:
                plain.recv(10)
                plain.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )

        threading.Thread(target=hang_up, daemon=True).start()
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        *_, cut = network.check_network(url, "")
    with tls_server(chain) as where:
        *_, old = network.check_network(f"https://{where}", "")

    assert "hangs up" in cut.saw
    assert f"TLS with {where} failed" in old.saw


def test_a_user_is_told_by_name(stack: Runner) -> None:
    """A user has no key that could expire."""
    basic = f"Basic {b64encode(b'ann:s3cret').decode()}"
    secret('{"username": "ann", "password": "s3cret"}')(stack)
    stack.timeouts = {**stack.timeouts, "AUTH_MODE": "basic"}
    stack.cluster.keys = {basic: ("manage_ml",)}

    assert "user ann" == examine(stack)["identity"]["saw"]


def test_serverless_is_well(stack: Runner) -> None:
    """It keeps `_ml/info` to itself, and is served all the same."""
    cause = (
        '{"type": "api_not_available_exception", "reason": "not in serverless mode"}'
    )
    body = f'{{"error": {{"root_cause": [{cause}], {cause[1:]}, "status": 410}}'
    answers(410, body.encode(), path="/_ml/info")(stack)
    found = examine(stack)

    assert ("ok", "ok") == (found["front door"]["level"], found["jobs"]["level"])


def test_an_identity_that_sts_does_not_tell(stack: Runner) -> None:
    """A closed VPC may not reach STS: then it is the function's role."""
    stack.cluster.aws_secrets = {"AKIDEXAMPLE": "made-up"}
    stack.timeouts = NO_STS

    with by_new_clients(refuse("sts.GetCallerIdentity", "AccessDenied")):
        saw = examine(stack)["credential"]["saw"]

    assert saw.endswith(" as the function's role")


@pytest.mark.parametrize("away", [False, True])
def test_each_sweep_of_a_new_stack_is_examined(stack: Runner, away: bool) -> None:
    """Until somebody sets the mode; also where the sweep itself fails."""
    if away:
        answers(502, path="/_ml/anomaly_detectors")(stack)
    sweep(stack)
    assert not [line for line in stack.log if line["message"] == "doctor"]
    boto3.client("ssm").delete_parameter(Name=stack.mode_parameter)
    stack.shift(timedelta(minutes=1))
    sweep(stack)
    (told,) = [line for line in stack.log if line["message"] == "doctor"]

    assert ("fail" if away else "ok") == told["doctor"]
    assert [*EVERY] == [finding["check"] for finding in told["findings"]]


def test_a_sweep_reads_the_history_of_the_mode_once(stack: Runner) -> None:
    """For its summary and for whether its stack is new; each sweep reads it anew."""
    reads: list[object] = []

    def heard(**_: object) -> None:
        reads.append(None)

    with by_new_clients(on_event("before-call.ssm.GetParameterHistory", heard)):
        sweep(stack)
        sweep(stack)

    assert 2 == len(reads)


def test_after_a_failed_hop_none_is_tried() -> None:
    """A name that is not known has no port."""
    (found,) = network.check_network("https://no-such-host.invalid", "")

    assert ("name", Level.FAIL) == (found.check, found.level)


def test_the_worst_level_counts() -> None:
    """A warning is worse than nothing, and a skipped check is not."""
    skip = Finding("c", Level.SKIP, "after a")

    assert Level.OK == worst([ok("a", ""), skip])
    assert Level.WARN == worst([warn("b", "", ""), skip])


def test_a_finding_is_plain_values() -> None:
    """The answer of the function is JSON."""
    assert '{"check": "a", "level": "ok", "saw": "b"}' == json.dumps(
        ok("a", "b").as_fields()
    )
