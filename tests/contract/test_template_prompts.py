"""What a person is asked for by the console and by `sam deploy --guided`."""

import re
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from contract.test_template_pairwise import failing
from idle_jobs_cli.checking.settings import problems_of
from idle_jobs_cli.checking.together import NEEDED as WITHOUT_DEFAULT
from idle_jobs_cli.checking.together import RULES, broken_rules
from local.intrinsics import load_template
from local.topology import TEMPLATE
from local.translation import NEEDED

SOURCE = load_template(TEMPLATE)
PARAMETERS = SOURCE["Parameters"]
INTERFACE = SOURCE["Metadata"]["AWS::CloudFormation::Interface"]
GROUPS: dict[str, list[str]] = {
    group["Label"]["default"]: group["Parameters"]
    for group in INTERFACE["ParameterGroups"]
}
FIRST = ["ClusterName", "ClusterUrl", "AuthMode", "ClusterArn", "SecretArn"]
ARN = "arn:aws:es:eu-west-1:123456789012:domain/d/x"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:elastic-AbCdEf"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:on-call"


def test_the_five_that_matter_come_first() -> None:
    """All others have a default that works and need not be read."""
    groups = list(GROUPS.values())

    assert groups[0] == FIRST == [*PARAMETERS][:5]
    assert all("Default" in PARAMETERS[name] for name in [*PARAMETERS][5:])


def test_parameters_are_asked_for_in_groups() -> None:
    """The console has the groups; SAM asks in the same order, that of the template."""
    grouped = [name for names in GROUPS.values() for name in names]

    assert grouped == [*PARAMETERS]


def test_the_template_has_the_groups_as_comments() -> None:
    """Who reads the template finds the same groups."""
    text = TEMPLATE.read_text(encoding="utf-8").split("\nRules:\n", maxsplit=1)[0]
    comments = re.findall(r"^  # (.*)$", text.split("\nParameters:\n")[1], re.MULTILINE)

    assert comments == [*GROUPS]


def test_every_parameter_has_a_label() -> None:
    """A label is no longer than the console shows in a line, and none is a name."""
    labels = {n: v["default"] for n, v in INTERFACE["ParameterLabels"].items()}

    assert [*labels] == [*PARAMETERS]
    assert {name: label for name, label in labels.items() if len(label) > 64} == {}
    assert not labels.keys() & set(labels.values())


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_wrong_value_is_refused_with_a_reason(name: str) -> None:
    """Each has values, a range, or a pattern with a description of what fits."""
    parameter: dict[str, Any] = PARAMETERS[name]

    assert parameter.keys() & {"AllowedValues", "MinValue", "AllowedPattern"}
    assert ("AllowedPattern" in parameter) == ("ConstraintDescription" in parameter)


DAILY_ALARM = (
    "SweepAlarmHours 2 fits hourly sweeps: give the longest time from one sweep of "
    "ScheduleExpression to the next but one, 3 to 168 hours"
)
BROKEN = {
    "signatures without anything to call": (
        {},
        "AuthMode sigv4 needs ClusterArn or RoleArn",
    ),
    "a key without a secret": (
        {"AuthMode": "api_key"},
        "AuthMode api_key or basic needs SecretArn",
    ),
    "a secret for reading alone": (
        {"ClusterArn": ARN, "ReadSecretArn": SECRET},
        "ReadSecretArn is the Sweeper's alone, so the others need SecretArn",
    ),
    "a daily sweep with the alarm of an hourly one": (
        {"ClusterArn": ARN, "ScheduleExpression": "cron(0 0 * * ? *)"},
        DAILY_ALARM,
    ),
    "subnets alone": (
        {"ClusterArn": ARN, "SubnetIds": "subnet-0a1b2c3d"},
        "SubnetIds needs SecurityGroupIds",
    ),
    "security groups alone": (
        {"ClusterArn": ARN, "SecurityGroupIds": "sg-0a1b2c3d"},
        "SecurityGroupIds needs SubnetIds",
    ),
    "an address for digests that nobody writes": (
        {"ClusterArn": ARN, "DigestEmail": "ann@example.com"},
        "DigestEmail needs Digest, daily or sweep",
    ),
    "an address for a topic that has subscribers": (
        {"ClusterArn": ARN, "ExistingTopicArn": TOPIC, "AlarmEmail": "ann@example.com"},
        "ExistingTopicArn has subscribers of its own, so AlarmEmail stays empty",
    ),
}


@pytest.mark.parametrize(("given", "says"), BROKEN.values(), ids=BROKEN)
def test_what_does_not_go_together_is_refused(given: dict[str, str], says: str) -> None:
    """CloudFormation says so before it makes anything."""
    assert failing(NEEDED | given) == [says]


def test_every_rule_is_broken_once() -> None:
    """A new rule has an example above."""
    said = [
        assertion["AssertDescription"]
        for rule in SOURCE["Rules"].values()
        for assertion in rule["Assertions"]
    ]

    assert sorted(said) == sorted(says for _, says in BROKEN.values())


@pytest.mark.parametrize("given", [given for given, _ in BROKEN.values()], ids=BROKEN)
def test_the_command_says_it_before_the_upload(given: dict[str, str]) -> None:
    """CloudFormation would say it only when the code is in its bucket."""
    assert [*problems_of(NEEDED | given, datetime.now(UTC))]


CHOICES = {
    "AuthMode": ["sigv4", "api_key", "basic"],
    "ClusterArn": ["", ARN],
    "RoleArn": ["", "arn:aws:iam::123456789012:role/closer"],
    "SecretArn": ["", SECRET],
    "ReadSecretArn": ["", SECRET],
    "ExistingTopicArn": ["", TOPIC],
    "AlarmEmail": ["", "ann@example.com"],
    "Digest": ["off", "daily"],
    "DigestEmail": ["", "ann@example.com"],
    "SubnetIds": ["", "subnet-0a1b2c3d"],
    "SecurityGroupIds": ["", "sg-0a1b2c3d"],
}


def test_the_command_breaks_the_same_rules() -> None:
    """In every combination of what the rules look at, an empty one left out or not."""
    assert [*WITHOUT_DEFAULT] == [*NEEDED]
    assert {*RULES} | {DAILY_ALARM} == {says for _, says in BROKEN.values()}
    for values in product(*CHOICES.values()):
        given = NEEDED | dict(zip(CHOICES, values, strict=True))
        short = {name: value for name, value in given.items() if value}

        assert sorted(broken_rules(given)) == sorted(failing(given)), given
        assert sorted(broken_rules(short)) == sorted(failing(given)), given


def test_a_part_of_the_settings_breaks_no_rule() -> None:
    """The other parameters may be in another file, or be those of before."""
    assert [*broken_rules({"AuthMode": "api_key"})] == []
