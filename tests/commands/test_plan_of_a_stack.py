"""`--stack`: the plan of a deployed stack is by its settings, not by the shell's."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import boto3
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from certificates import authority, context_of, server, write_chain
from commands.running import idle_jobs
from deployed import FUNCTIONS, NAME, deployed
from idle_jobs_cli.commands.plan_answer import BY_SWEEPER
from local.scenario import build
from standin.cluster import API_KEY, Cluster, serve
from standin.raw_server import RawServer

pytestmark = pytest.mark.slow
OWN = {"AuthMode": "api_key", "SecretArn": "key", "IdleAfter": "4d"}
# What a shell may have: another cluster, another credential and other settings.
SHELL = {
    "CLUSTER_URL": "https://elastic.invalid",
    "ES_API_KEY": "b3RoZXI6a2V5",
    "ES_CA_FINGERPRINT": "0" * 64,
    "IDLE_AFTER": "9d",
    "MAX_CLOSES_PER_SWEEP": "1",
}


@pytest.fixture
def url() -> Iterator[str]:
    """Yield the URL of a cluster that a deployed stack reads."""
    with (
        serve(build(now=datetime.now(UTC))) as url,
        deployed(*FUNCTIONS, ClusterUrl=url, **OWN),
    ):
        boto3.client("secretsmanager").create_secret(Name="key", SecretString=API_KEY)
        yield url


def plan(*options: str) -> int:
    """Run `idle-jobs plan --stack` in a shell that has variables of its own."""
    return idle_jobs("plan", "--stack", NAME, *options, **SHELL)


def test_the_shell_has_no_say(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Cluster, secret and settings are those of the stack (U13)."""
    assert plan() == 0

    first, *_ = capsys.readouterr().out.splitlines()
    assert first == (
        f"Cluster of stack {NAME}: stand-in at {url} (Elasticsearch 8.9.0), as API key "
        "test of elastic. Settings: IDLE_AFTER=4d; all others by default."
    )


def test_an_option_has(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What if the stack had another setting? The plan names the stack, too (U13)."""
    assert plan("--set", "IDLE_AFTER=30d", "-o", "json") == 0

    told = json.loads(capsys.readouterr().out)
    assert told["settings"] == {"IDLE_AFTER": "30d"}
    assert (told["cluster"]["stack"], told["cluster"]["url"]) == (NAME, url)


@pytest.mark.usefixtures("url")
def test_another_address_of_the_same_cluster(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """That of the stack may be in a network that this machine does not reach."""
    with serve(Cluster()) as other:
        assert plan("--url", other) == 0
    assert f"stand-in at {other} " in capsys.readouterr().out


def test_its_ca_is_given_here(url: str, tmp_path: Path) -> None:
    """The one of the functions lies in their artifact, and not on this machine."""
    ca = authority()
    digits = sha256(ca.certificate.public_bytes(Encoding.DER)).hexdigest()
    tls = context_of(write_chain(tmp_path / "server.pem", server(ca), ca))
    with RawServer(None, honest_tls=tls, upstream=url) as secured:
        there = ("--url", f"https://127.0.0.1:{secured.port}")
        assert plan(*there) == 1
        assert plan(*there, "--fingerprint", digits) == 0


WRONG = {
    "a way to sign": (["--sign", "es"], "--sign: not with --stack, whose AuthMode"),
    "a misspelt setting": (["--set", "IDLE_AFTR=4d"], "did you mean IDLE_AFTER?"),
    "no URL": (["--url", "elastic"], "--url: expected a URL that begins with https://"),
}


@pytest.mark.usefixtures("url")
@pytest.mark.parametrize(("options", "told"), WRONG.values(), ids=WRONG)
def test_what_has_no_effect_is_refused(
    options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody believes that it had one."""
    assert plan(*options) == 2
    assert told in capsys.readouterr().err


def test_a_cluster_that_is_far_from_here_is_read_by_the_sweeper(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The next step of a stack has the way from within its network."""
    far = "http://127.0.0.1:1"
    with deployed(*FUNCTIONS, ClusterUrl=far, **OWN):
        boto3.client("secretsmanager").create_secret(Name="key", SecretString=API_KEY)
        told = [plan(), idle_jobs("plan", "--url", far, ES_API_KEY=API_KEY)]
    _, of_stack, _, of_shell = capsys.readouterr().err.splitlines()

    assert told == [1, 1]
    assert of_stack == f"{of_shell}; or {BY_SWEEPER}"
