"""What the tools read from the environment, and how they tell what went wrong."""

import os

import pytest

from commands.test_plan import plan
from idle_jobs_cli.commands.plan import main
from standin.cluster import Cluster, Fault, serve


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away every AWS credential."""
    for variable in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(variable)
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(variable, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


UNREADABLE: dict[str, tuple[Cluster, str]] = {
    "a wrong key": (Cluster(keys=()), "Refused: 401 security_exception: unable"),
    "an old version": (Cluster("7.13.4"), "Refused: Elasticsearch 7.13.4 is too old"),
}


@pytest.mark.parametrize(("cluster", "told"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_cluster_that_refuses(
    cluster: Cluster, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error's branch and detail are one line, and the exit code is 1."""
    assert plan(cluster) == 1

    out, err = capsys.readouterr()
    assert f"The cluster could not be read: {told}" == err[: 31 + len(told)]
    assert ("", 1) == (out, err.count("\n"))


def test_a_cluster_that_is_away(capsys: pytest.CaptureFixture[str]) -> None:
    """A proxy's answer is no plan."""
    cluster = Cluster()
    cluster.faults.append(Fault(kind="status", status=502))

    assert plan(cluster) == 1
    assert "The cluster could not be read: TryLater: 502" in capsys.readouterr().err


NOBODY = "Failed to establish a new connection: [Errno 111] Connection refused"
NO_TLS = "this port does not answer with TLS; it may be a port for http\n"


@pytest.mark.parametrize(
    ("url", "beginning", "end"),
    [
        ("http://127.0.0.1:1", "NotReached: ConnectionError: 127.0.0.1:1: ", NOBODY),
        ("https://127.0.0.1:1", "NotReached: ConnectionError: 127.0.0.1:1: ", NOBODY),
        ("https://{http}", "Refused: SSLError: [SSL: ", NO_TLS),
        (
            "https://no-such-host.invalid",
            "NotReached: ConnectionError: no-such-host.invalid:443: ",
            "Failed to resolve",
        ),
    ],
)
def test_a_wrong_port_host_or_scheme_is_told_in_words(
    url: str, beginning: str, end: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line says where, and what is wrong there, and no class of urllib3."""
    with serve(Cluster()) as served:
        url = url.format(http=served.removeprefix("http://"))
        assert main({"CLUSTER_URL": url, "ES_API_KEY": "dGVzdDp0ZXN0"}) == 1

    told = capsys.readouterr().err
    assert f"The cluster could not be read: {beginning}" in told
    assert end in told
    assert "Pool" not in told
    assert "retries" not in told


WRONG = {
    "CLUSTER_URL": "http://elastic.example",
    "ES_API_KEY": "not a key",
    "SIGV4_SERVICE": "s3",
    "CA_BUNDLE": "not-there.pem",
    "IDLE_AFTER": "5m",
    "FORCE_FAILED": "yes",
}


def test_bad_input_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """One message names every variable that is wrong, and never shows a key."""
    assert main(WRONG) == 2

    told = capsys.readouterr().err
    assert set(WRONG) == {problem.split(":")[0] for problem in told.split("; ")}
    assert WRONG["ES_API_KEY"] not in told


def test_nobody_asks(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a URL nor anything to sign in with."""
    assert main({}) == 2

    first, second = capsys.readouterr().err.split("; ")
    assert "CLUSTER_URL: expected, but missing" == first
    assert second.startswith("ES_API_KEY: expected, or AWS_ACCESS_KEY_ID")


def test_aws_credentials_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an API key the front door gets a signature that it accepts."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    cluster = Cluster(keys=(), aws_secrets={"AKID": "secret"})

    assert plan(cluster, ES_API_KEY="", SIGV4_SERVICE="es") == 0


def test_aws_credentials_need_a_region(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A signature is for one region, which nobody guesses."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    assert plan(Cluster(), ES_API_KEY="") == 2
    assert "AWS_DEFAULT_REGION: expected" in capsys.readouterr().err


def test_a_missing_profile_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What boto3 says of the credentials is told as bad input."""
    monkeypatch.setenv("AWS_PROFILE", "nowhere")

    assert plan(Cluster(), ES_API_KEY="") == 2
    assert "profile (nowhere) could not be found" in capsys.readouterr().err


def test_rules_that_no_stack_takes(capsys: pytest.CaptureFixture[str]) -> None:
    """A plan by rules under which the functions do not start would promise too much."""
    assert plan(Cluster(), PARK_AFTER="1h") == 2
    assert (
        "PARK_AFTER: expected at least FORCE_AFTER, got 1h" in capsys.readouterr().err
    )
