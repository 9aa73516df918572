"""What `make deploy` asks for, what it keeps, and what it refuses at once."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from contract.conftest import EXAMPLE
from local.intrinsics import load_template
from local.topology import TEMPLATE
from markdown import fences
from tools import answers, samconfig

pytestmark = pytest.mark.usefixtures("clone")

PAGE = EXAMPLE.parent / "docs" / "deploying.md"
LABELS = load_template(TEMPLATE)["Metadata"]["AWS::CloudFormation::Interface"]
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:elastic-AbCdEf"
ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/*"
DOMAIN = "arn:aws:es:eu-west-1:123456789012:domain/d/x"
ROLE = "arn:aws:iam::123456789012:role/closer"
# The stack, its region, and the five that matter first, with an API key.
FIRST = ["", "", "prod", "https://elastic.example:9243", "api_key", SECRET, ""]


def ask(*typed: str, environment: str = "default") -> Result:
    """Type these lines; what is not typed any more is the end of the input."""
    lines = "".join(f"{line}\n" for line in typed)
    return CliRunner().invoke(answers.main, [environment], input=lines)


def section(environment: str = "default") -> dict[str, Any]:
    """Return what is kept for `sam deploy`."""
    kept = tomllib.loads(Path("samconfig.toml").read_text("utf-8"))
    found: dict[str, Any] = kept[environment]["deploy"]["parameters"]
    return found


ANSWERED: dict[str, tuple[list[str], dict[str, str]]] = {
    "an API key": (
        [*FIRST, ""],
        {"AuthMode": "api_key", "SecretArn": SECRET},
    ),
    "signed calls": (
        [*FIRST[:4], "", ARN, "", "", "", ""],
        {"AuthMode": "sigv4", "ClusterArn": ARN, "SigV4Service": "execute-api"},
    ),
    "signed calls of a domain, whose service is seen": (
        [*FIRST[:4], "", DOMAIN, "", "", "", ""],
        {"AuthMode": "sigv4", "ClusterArn": DOMAIN, "SigV4Service": "es"},
    ),
    "signed calls of a role, with a credential": (
        [*FIRST[:4], "sigv4", "", ROLE, "lambda", SECRET, "ann@example.com", ""],
        {
            "AuthMode": "sigv4",
            "RoleArn": ROLE,
            "SigV4Service": "lambda",
            "SecretArn": SECRET,
            "AlarmEmail": "ann@example.com",
        },
    ),
    "other settings": (
        [
            *FIRST,
            "ScheduleExpression = rate(6 hours)",
            "SweepAlarmHours=12",
            "KeepPatterns=prod-*, größe",
            "KeepPatterns=prod-*, billing",
            "",
        ],
        {
            "AuthMode": "api_key",
            "SecretArn": SECRET,
            "ScheduleExpression": "rate(6 hours)",
            "SweepAlarmHours": "12",
            "KeepPatterns": "prod-*, billing",
        },
    ),
}


@pytest.mark.parametrize(("typed", "kept"), ANSWERED.values(), ids=ANSWERED)
def test_answers_are_kept_for_sam(typed: list[str], kept: dict[str, str]) -> None:
    """In samconfig.toml, with what the example gives sam; read again, all is right."""
    first = ask(*typed)
    again = ask()
    found = samconfig.kept("default")

    assert (0, 0) == (first.exit_code, again.exit_code), first.output
    assert first.output.endswith(again.output)
    assert found
    assert (found.stack, found.region) == ("idle-job-closer", "eu-west-1")
    url = "https://elastic.example:9243"
    assert found.settings == {"ClusterName": "prod", "ClusterUrl": url} | kept
    example = tomllib.loads(EXAMPLE.read_text("utf-8"))["default"]["deploy"]
    assert section().items() >= example["parameters"].items()


WRONG: dict[str, tuple[list[str], str]] = {
    "a stack's name": (["1st"], "stack_name: expected a letter"),
    "a name that is too long for a queue": (["x" * 72], "up to 70 letters"),
    "a region": (["", "Ireland"], "region: expected one such as eu-west-1"),
    "a cluster's name": (["", "", "Prod"], "1 to 40 lower-case letters"),
    "no cluster": (["", "", "", ""], "1 to 40 lower-case letters"),
    "an address without TLS": (["", "", "prod", "http://x"], "expected an https URL"),
    "a way to authenticate": ([*FIRST[:4], "key"], "expected one of sigv4, api_key"),
    "no secret": ([*FIRST[:5], ""], "AuthMode api_key or basic needs SecretArn"),
    "a secret's short ARN": ([*FIRST[:5], SECRET[:-7]], "with the six characters"),
    "nothing to call": ([*FIRST[:4], "sigv4", "", ""], "needs ClusterArn or RoleArn"),
    "an address for alarms": ([*FIRST[:6], "ann"], "an e-mail address"),
    "no setting": ([*FIRST, "4d"], "expected NAME=VALUE of a parameter, got '4d'"),
    "a misspelt setting": (
        [*FIRST, "idleAfter=4d"],
        "idleAfter: unknown, did you mean IdleAfter?",
    ),
    "a variable": ([*FIRST, "IDLE_AFTER=4d"], "expected NAME=VALUE of a parameter"),
    "a setting's value": ([*FIRST, "IdleAfter=4w"], "IdleAfter: expected"),
    "a secret of another region": (
        [*FIRST[:5], SECRET.replace("eu-west", "us-east")],
        "SecretArn: expected one in eu-west-1, like the stack, got us-east-1",
    ),
    "a key of another region": (
        [*FIRST, "KmsKeyArn=arn:aws:kms:us-east-1:123456789012:key/x"],
        "KmsKeyArn: expected one in eu-west-1",
    ),
    "a CA that is not there": (
        [*FIRST, "CaBundle=ca.pem"],
        "CaBundle: expected a file in functions/, which has no 'ca.pem'",
    ),
    "subnets alone": (
        [*FIRST, "SubnetIds=subnet-0a1b2c3d", ""],
        "SubnetIds needs SecurityGroupIds",
    ),
}


@pytest.mark.parametrize(("typed", "says"), WRONG.values(), ids=WRONG)
def test_a_wrong_answer_dies_at_the_prompt(typed: list[str], says: str) -> None:
    """Its reason is told and it is asked for again; what ends there leaves no file."""
    told = ask(*typed)

    assert says in told.output
    assert f"Error: {answers.NO_MORE}\n" in told.output
    assert (2, False) == (told.exit_code, Path("samconfig.toml").exists())


def test_a_ca_in_the_build_is_taken(clone: Path) -> None:
    """A person puts it there before."""
    (clone / "functions").mkdir()
    (clone / "functions" / "ca.pem").touch()

    assert ask(*FIRST, "CaBundle=ca.pem", "").exit_code == 0


def test_the_questions_are_those_of_the_console() -> None:
    """A person who knows the labels there finds them here."""
    told = ask(*FIRST[:4], "", "", ROLE, "", "", "", "").output
    labels = {n: v["default"] for n, v in LABELS["ParameterLabels"].items()}
    same = ("ClusterName", "ClusterUrl", "RoleArn", "SigV4Service", "AlarmEmail")

    assert [] == [name for name in same if f"{labels[name]} ({name})" not in told]


def test_the_page_shows_what_is_asked() -> None:
    """Each line of the example, up to a refused answer, is one that is printed."""
    (shown,) = fences(PAGE.read_text("utf-8"), "console")
    asked = shown[shown.index("The settings of") :].splitlines()
    told = ask("", "", "production", "http://elastic.example").output.splitlines()

    assert len(asked) == 8
    assert asked == [line.rstrip() for line in told[:8]]


def test_what_is_told_fits_a_terminal() -> None:
    """What is not a question with its answer has 80 columns at most."""
    told = ask(*FIRST, "").output.splitlines() + ask().output.splitlines()

    assert [] == [line for line in told if len(line) > 80 and ": " not in line]


def test_ctrl_c_is_no_end_of_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept, and nobody is told to do without a terminal."""

    def interrupted(*_: object, **_options: object) -> None:
        raise click.Abort

    monkeypatch.setattr(click, "prompt", interrupted)
    told = ask()

    assert (1, True) == (told.exit_code, told.output.endswith("Aborted!\n"))
    assert not Path("samconfig.toml").exists()


def test_a_second_stack_leaves_the_first_as_it_is() -> None:
    """It has a section and a name of its own."""
    ask(*FIRST, "")
    before = Path("samconfig.toml").read_text("utf-8")
    told = ask(*FIRST, "", environment="staging")

    assert told.exit_code == 0
    assert Path("samconfig.toml").read_text("utf-8").startswith(before)
    assert section("staging")["stack_name"] == "idle-job-closer-staging"


def kept_wrongly() -> Iterator[tuple[str, str]]:
    """Yield texts of samconfig.toml, and what is said of each."""
    whole = (
        '[default.deploy.parameters]\nstack_name = "x"\nregion = "eu-west-1"\n'
        'parameter_overrides = ["ClusterName=x", "ClusterUrl=https://x", {}]\n'
    )
    yield whole.format('"AuthMode=basic"'), "basic needs SecretArn"
    yield whole.format('"IDLE_AFTER=4d"'), "IDLE_AFTER: expected a parameter"
    yield whole.format('"IdleAfter=4w"'), "IdleAfter: expected"
    yield whole.format('"words"'), "expected NAME=VALUE"
    yield '[default.deploy.parameters]\nstack_name = "x"\n', "expected at least one"
    only = whole.replace('"ClusterName=x", ', "").format('"AuthMode=sigv4"')
    yield only, "default: ClusterName: it is needed"
    yield (
        whole.replace('"x"\n', '""\n').format('"IdleAfter=4d"'),
        "stack_name: expected",
    )
    yield (
        whole.replace("eu-west-1", "here").format('"IdleAfter=4d"'),
        "region: expected",
    )
    topic = "ExistingTopicArn=arn:aws:sns:us-east-1:123456789012:x"
    yield whole.format(f'"{topic}"'), "ExistingTopicArn: expected one in eu-west-1"
    yield "[default.deploy.parameters]\n", "expected at least one"
    yield "[default", "expected what sam reads"
    yield "[default]\ndeploy = 1\n", "expected what sam reads"
    yield "default = 1\n", "expected what sam reads"


@pytest.mark.parametrize(("text", "says"), [*kept_wrongly()])
def test_a_wrong_file_is_refused_before_the_build(text: str, says: str) -> None:
    """Nobody is asked anything: the file is the person's."""
    Path("samconfig.toml").write_text(text, encoding="utf-8")
    told = ask()

    assert says in told.output
    assert "Usage" not in told.output
    assert told.exit_code == 2
    assert Path("samconfig.toml").read_text("utf-8") == text


def test_the_examples_can_be_deployed() -> None:
    """They are as `make deploy` would have them."""
    Path("samconfig.toml").write_text(EXAMPLE.read_text("utf-8"))
    for environment in ("staging", "production"):
        assert ask(environment=environment).exit_code == 0


def test_a_profile_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, where boto3 looks for the region of the environment."""
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    told = ask("")

    assert told.exit_code == 2
    assert "profile (nobody) could not be found. Next: " in told.output


def test_a_strange_environment_is_refused() -> None:
    """It would be another table of TOML."""
    told = ask(environment="a.b")

    assert (2, True) == (told.exit_code, "such as staging, got 'a.b'" in told.output)
