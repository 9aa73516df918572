"""What the commands read from the environment, and how they tell what went wrong."""

import json
import os
from base64 import b64encode

import pytest

from commands.running import idle_jobs, on_cluster
from idle_jobs_cli.cluster.signing import service_of
from idle_jobs_cli.cluster.variables import API_KEY as API_KEYS
from idle_jobs_cli.cluster.variables import URL as URLS
from idle_jobs_cli.cluster.variables import secret_in
from standin.cluster import API_KEY, Cluster, Fault, serve


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away every AWS credential."""
    for variable in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(variable)
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(variable, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


UNREADABLE: dict[str, tuple[Cluster, str, str]] = {
    "a wrong key": (
        Cluster(keys=()),
        "401 security_exception: unable",
        "Next: check the credential: ES_API_KEY",
    ),
    "a key without the privilege": (
        Cluster(keys={f"ApiKey {API_KEY}": ("read_slm",)}),
        "403 security_exception: action [cluster:monitor/xpack/ml",
        "Next: give the credential the cluster privilege monitor_ml",
    ),
    "an old version": (Cluster("7.13.4"), "Elasticsearch 7.13.4 is too old", ""),
}


@pytest.mark.parametrize(
    ("cluster", "told", "then"), UNREADABLE.values(), ids=UNREADABLE
)
def test_a_cluster_that_refuses(
    cluster: Cluster, told: str, then: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong is one line, the next step a second; the exit code is 1 (U3)."""
    assert on_cluster(cluster, "plan") == 1

    out, err = capsys.readouterr()
    assert (out, True) == (
        "",
        err.startswith(f"Error: the cluster could not be read: {told}"),
    )
    assert then in err
    assert (2 if then else 1) == err.count("\n")


def test_a_cluster_that_is_away(capsys: pytest.CaptureFixture[str]) -> None:
    """A proxy's answer is no plan."""
    cluster = Cluster()
    cluster.faults.append(Fault(kind="status", status=502))

    assert on_cluster(cluster, "plan") == 1
    assert "the cluster could not be read: 502" in capsys.readouterr().err


WRONG = {
    "CLUSTER_URL": "http://elastic.example",
    "CA_BUNDLE": "not-there.pem",
    "SIGV4_SERVICE": "s3",
    "IDLE_AFTER": "5m",
    "FORCE_FAILED": "yes",
}


def test_bad_input_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """One message names every variable that is wrong."""
    assert idle_jobs("plan", **WRONG) == 2

    told = capsys.readouterr().err.removeprefix("Error: ")
    assert set(WRONG) == {problem.split(":")[0] for problem in told.split("; ")}


def test_a_wrong_key_is_never_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the key nor a part of it."""
    there = "http://127.0.0.1:1"
    assert idle_jobs("plan", CLUSTER_URL=there, ES_API_KEY="not a key") == 2

    err = capsys.readouterr().err
    assert err.startswith("Error: ES_API_KEY: expected an encoded API key")
    assert "not a key" not in err


def test_nobody_asks(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a URL, every way to give one is named (U6)."""
    assert idle_jobs("plan") == 2

    err = capsys.readouterr().err
    named = ("--url", "CLUSTER_URL", "ES_URL", "ELASTIC_CLOUD_ID", "--stack")
    assert all(name in err for name in named)


def test_no_url_is_signed_unasked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """AWS credentials that happen to be there sign nothing that is not AWS's (U5)."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    cluster = Cluster(keys=(), aws_secrets={"AKID": "secret"})

    assert on_cluster(cluster, "plan", ES_API_KEY="") == 2
    assert "no credential: set ES_API_KEY" in capsys.readouterr().err
    assert cluster.log == []


def test_aws_credentials_sign_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The front door gets a signature that it accepts, by option or by variable."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    cluster = Cluster(keys=(), aws_secrets={"AKID": "secret"})

    assert on_cluster(cluster, "plan", "--sign", "es") == 0
    assert on_cluster(cluster, "plan", ES_API_KEY="", SIGV4_SERVICE="es") == 0


AWS_URLS = {
    "https://a1b2.execute-api.eu-west-1.amazonaws.com/prod": "execute-api",
    "https://search-logs-x1.eu-west-1.es.amazonaws.com": "es",
    "https://abc123.lambda-url.eu-west-1.on.aws": "lambda",
    "https://svc-1.7d67.vpc-lattice-svcs.eu-west-1.on.aws": "vpc-lattice-svcs",
    "https://elastic.example:9243": "",
    "https://a.execute-api.eu-west-1.amazonaws.com.example.net": "",
}


@pytest.mark.parametrize(("url", "service"), AWS_URLS.items())
def test_the_hosts_of_aws_are_known(url: str, service: str) -> None:
    """Only what ends as AWS's own names end gets a signature (U5)."""
    assert service == service_of(url)


def test_aws_credentials_need_a_region(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A signature is for one region, which nobody guesses."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    assert on_cluster(Cluster(), "plan", "--sign", "es") == 2
    assert "AWS_DEFAULT_REGION: expected" in capsys.readouterr().err


def test_no_credentials_to_sign_with(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever asks for a signature is told how to give credentials (U5)."""
    cluster = Cluster()
    assert on_cluster(cluster, "plan", "--sign", "es") == 2

    told = "AWS credentials: expected to sign with, but there are none; set AWS_PROFILE"
    assert told in capsys.readouterr().err
    assert cluster.log == []


def test_a_missing_profile_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What boto3 says of the credentials is told as bad input."""
    monkeypatch.setenv("AWS_PROFILE", "nowhere")

    assert on_cluster(Cluster(), "plan", "--sign", "es") == 2
    assert "profile (nowhere) could not be found" in capsys.readouterr().err


def test_rules_that_no_stack_takes(capsys: pytest.CaptureFixture[str]) -> None:
    """A plan by rules under which the functions do not start would promise too much."""
    assert on_cluster(Cluster(), "plan", PARK_AFTER="1h") == 2
    told = "PARK_AFTER: expected at least FORCE_AFTER, got 1h"
    assert told in capsys.readouterr().err


ID_AND_KEY = "VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw"
ENCODED = b64encode(ID_AND_KEY.encode()).decode()
KEY_FORMS = {"encoded": ENCODED, "id and key (U4)": ID_AND_KEY}


@pytest.mark.parametrize("key", KEY_FORMS.values(), ids=KEY_FORMS)
@pytest.mark.parametrize("name", API_KEYS)
def test_a_key_has_two_forms_and_several_names(name: str, key: str) -> None:
    """Elastic's own tools have other names for it, and print it in both forms."""
    with serve(Cluster(keys=(f"ApiKey {ENCODED}",))) as url:
        assert idle_jobs("plan", "--url", url, **{name: key}) == 0


@pytest.mark.parametrize("name", URLS)
def test_a_url_has_several_names(name: str) -> None:
    """`ES_URL`, `ELASTICSEARCH_URL` and others are read, the first that is set (U6)."""
    with serve(Cluster()) as url:
        assert idle_jobs("plan", **{name: url, "ES_API_KEY": API_KEY}) == 0


USERS = [
    {"ES_USERNAME": "ann", "ES_PASSWORD": "s3cret"},
    {"ELASTICSEARCH_USERNAME": "ann", "ELASTICSEARCH_PASSWORD": "s3cret"},
]


@pytest.mark.parametrize("variables", USERS)
def test_a_user_signs_in(
    variables: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The headline says as whom."""
    basic = f"Basic {b64encode(b'ann:s3cret').decode()}"
    with serve(Cluster(keys={basic: ("monitor_ml",)})) as url:
        assert idle_jobs("plan", "--url", url, **variables) == 0
    assert ", as user ann. " in capsys.readouterr().out


def test_the_images_password_is_that_of_elastic() -> None:
    """ELASTIC_PASSWORD stands alone in the images of Elasticsearch."""
    name, secret = secret_in({"ELASTIC_PASSWORD": "x"})

    assert ("ELASTIC_PASSWORD", "elastic") == (name, json.loads(secret)["username"])


HALVES = {
    "a password alone": (
        {"ES_PASSWORD": "hush"},
        "ES_PASSWORD: expected a user with it, such as ES_USERNAME",
    ),
    "a user alone": (
        {"ELASTICSEARCH_USERNAME": "ann"},
        "ELASTICSEARCH_USERNAME: expected a password with it, such as ES_PASSWORD",
    ),
    "an empty password": (
        {"ES_USERNAME": "ann", "ES_PASSWORD": " "},
        "ES_USERNAME: expected a password with it, such as ES_PASSWORD",
    ),
    "nothing": ({}, "no credential: set ES_API_KEY"),
}


@pytest.mark.parametrize(("variables", "told"), HALVES.values(), ids=HALVES)
def test_half_a_credential(
    variables: dict[str, str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is missing is told, and nothing is called (U3)."""
    there = ("--url", "https://elastic.invalid")
    assert idle_jobs("plan", *there, **variables) == 2

    err = capsys.readouterr().err
    assert err.startswith(f"Error: {told}")
    assert "hush" not in err


HEADLINES = {
    "by default": (["api"], "Settings: all by default."),
    "with a setting": (
        ["api", "--set", "IDLE_AFTER=4d"],
        "Settings: IDLE_AFTER=4d; all others by default.",
    ),
    "with a setting that is the default": (
        ["api", "--set", "IDLE_AFTER=2d"],
        "Settings: all by default.",
    ),
}


@pytest.mark.parametrize(("given", "told"), HEADLINES.values(), ids=HEADLINES)
def test_the_first_line_says_which_as_whom_and_by_what(
    given: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cluster, version, identity and the settings that are not as by default (U13)."""
    assert on_cluster(Cluster(), "plan", *given[1:], KEEP_PATTERNS="") == 0

    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("Cluster: stand-in at http://127.0.0.1:")
    assert f"(Elasticsearch 8.9.0), as API key test of elastic. {told}" in first


def test_what_may_not_be_asked_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """A key with monitor_ml gets a plan, though it may not ask for the name."""
    cluster = Cluster(keys={f"ApiKey {API_KEY}": ("monitor_ml",)})

    assert on_cluster(cluster, "plan") == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("Cluster: http://127.0.0.1:")
    assert ", as API key test of elastic. " in first


def test_an_empty_variable_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """As of a shell that sets it to nothing; an option is what was typed."""
    blank = {"IDLE_AFTER": "", "KEEP_PATTERNS": " ", "MAX_CLOSE_PERCENT": "\t"}
    assert on_cluster(Cluster(), "plan", **blank) == 0
    assert " Settings: all by default." in capsys.readouterr().out

    assert on_cluster(Cluster(), "plan", "--set", "IDLE_AFTER=") == 2


SETTINGS = {
    "a misspelt one": ("IDLE_AFTR=4d", "IDLE_AFTR: unknown, did you mean IDLE_AFTER?"),
    "a parameter": ("IdleAfter=4d", "IdleAfter: unknown, did you mean IDLE_AFTER?"),
    "nothing like one": ("SPEED=4d", "SPEED: expected one of IDLE_AFTER, "),
    "no value": ("IDLE_AFTER", "expected NAME=VALUE, got 'IDLE_AFTER'"),
    "a wrong value": ("IDLE_AFTER=soon", "IDLE_AFTER: expected a time value such as"),
}


@pytest.mark.parametrize(("given", "told"), SETTINGS.values(), ids=SETTINGS)
def test_wrong_settings_are_named(
    given: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Near misses, too, whether a setting stands in an option or in the environment."""
    assert on_cluster(Cluster(), "plan", "--set", given) == 2
    assert told in capsys.readouterr().err
