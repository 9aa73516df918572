"""What `idle-jobs validate` knows of parameters is what template.yaml says."""

import pytest

from idle_jobs.settings import OWN_READERS, RULE_READERS, TIMEOUT_READERS
from idle_jobs_cli.checking.parameters import LONGEST, PARAMETERS, variable_of
from idle_jobs_cli.checking.settings import SCHEDULE
from local.intrinsics import load_template
from local.topology import TEMPLATE

SOURCE = load_template(TEMPLATE)
DESCRIBED = SOURCE["Parameters"]
VARIABLES = SOURCE["Globals"]["Function"]["Environment"]["Variables"]
# The parameters that no function reads.
OF_THE_STACK = {
    *("AlarmEmail", "DigestEmail", "ClusterArn", "ForcesPerDay"),
    *("ExistingTopicArn", "LogRetentionDays", "KeepLogs", "KeepLedger"),
    *("ReadSecretArn", "RequestPrincipals", "RequestRuleArn"),
    *("SubnetIds", "SecurityGroupIds", "KmsKeyArn", "PermissionsBoundaryArn"),
    "Architecture",
    *("ScheduleExpression", "ScheduleTimezone", "SweepAlarmHours"),
}


def test_every_parameter_is_known() -> None:
    """In the template's order, and no other."""
    assert [*DESCRIBED] == [*PARAMETERS]


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_parameter_takes_what_the_template_takes(name: str) -> None:
    """Its pattern, values, numbers and length; said in the template's words."""
    described, taken = DESCRIBED[name], PARAMETERS[name]
    least, most = described.get("MinValue"), described.get("MaxValue")
    values = tuple(map(str, described.get("AllowedValues", ())))

    assert taken.values == values
    assert taken.numbers == (range(least, most + 1) if most else range(0))
    assert taken.pattern == described.get("AllowedPattern", ".*")
    assert taken.longest == described.get("MaxLength", LONGEST)
    if "ConstraintDescription" in described:
        assert taken.says == described["ConstraintDescription"]
    if "Default" in described:
        assert taken.takes(str(described["Default"]))


def test_the_schedule_has_the_defaults_of_the_template() -> None:
    """A file may set one of the three alone."""
    assert {name: str(DESCRIBED[name]["Default"]) for name in SCHEDULE} == SCHEDULE


def test_every_parameter_sets_its_variable() -> None:
    """The names go together as in the template; only the stack reads some."""
    set_by = {v["Ref"]: k for k, v in VARIABLES.items() if "Ref" in v}
    read = {*OWN_READERS, *RULE_READERS, *TIMEOUT_READERS, "POWERTOOLS_LOG_LEVEL"}

    assert {*VARIABLES} == read
    for name in PARAMETERS:
        assert (variable_of(name) in VARIABLES) == (name not in OF_THE_STACK)
        assert set_by.get(name, variable_of(name)) == variable_of(name)


@pytest.mark.parametrize(
    ("name", "text", "takes"),
    [
        ("MaxClosePercent", "100", True),
        ("MaxClosePercent", "101", False),
        ("MaxClosePercent", "\u0663", False),
        ("SweepAlarmHours", "168", True),
        ("SweepAlarmHours", "1", False),
        ("AlarmEmail", "", True),
        ("AlarmEmail", "a@b\n", False),
        ("KeepPatterns", "a" * 600, True),
        ("KeepPatterns", "a" * 601, False),
    ],
)
def test_a_value_is_taken_or_not(name: str, text: str, takes: bool) -> None:
    """At the edges of numbers, patterns and lengths."""
    assert takes == PARAMETERS[name].takes(text)
