"""What the runner is told about template.yaml, and that it is never made up."""

from datetime import UTC, datetime

import pytest

from local.intrinsics import Resolver, UnresolvableError
from local.schedule import Schedule
from local.topology import Topology, environment_of

TOPOLOGY = Topology.load()
NEEDED = {"ClusterName": "drill", "ClusterUrl": "https://elastic.example"}
RESOURCES = {
    "AWS::StackName": "drill",
    "RequestQueue": "https://sqs/request",
    "CloseQueue": "https://sqs/close",
    "ForceQueue": "https://sqs/force",
    "ParkingQueue": "https://sqs/parking",
    "Ledger": "ledger",
}


def test_environment_has_defaults_overrides_and_resources() -> None:
    """Parameters have their defaults unless given; a queue is its URL."""
    function = TOPOLOGY.functions["Closer"]
    environment = environment_of(function, NEEDED | {"IdleAfter": "90m"}, RESOURCES)

    assert environment["IDLE_AFTER"] == "90m"
    assert environment["NEVER_FED_AFTER"] == "7d"
    assert environment["CLOSE_QUEUE_URL"] == "https://sqs/close"
    assert environment["READ_TIMEOUT"] == "20"


def test_a_function_may_override_a_shared_variable() -> None:
    """The Sweeper reads every job at once, so it waits longer for an answer."""
    function = TOPOLOGY.functions["Sweeper"]

    assert environment_of(function, NEEDED, RESOURCES)["READ_TIMEOUT"] == "60"


@pytest.mark.parametrize(
    ("parameters", "resources", "missing"),
    [
        pytest.param({"ClusterName": "x"}, RESOURCES, "ClusterUrl", id="parameter"),
        pytest.param(NEEDED, {}, "AWS::StackName", id="resource"),
    ],
)
def test_what_has_no_value_is_named(
    parameters: dict[str, str], resources: dict[str, str], missing: str
) -> None:
    """A forgotten parameter or queue raises instead of becoming empty text."""
    with pytest.raises(UnresolvableError, match=missing):
        environment_of(TOPOLOGY.functions["Closer"], parameters, resources)


def test_an_unknown_function_is_named() -> None:
    """A function of CloudFormation that nobody taught the resolver raises, too."""
    with pytest.raises(UnresolvableError, match="Fn::Cidr"):
        Resolver({}, {}, {}).resolve({"Fn::Cidr": ["10.0.0.0/8", 1]})


def test_schedule_is_the_rule_of_the_sweeper_alone() -> None:
    """Only the Sweeper is started by the clock, every hour unless told otherwise."""
    schedules = {name: f.schedule for name, f in TOPOLOGY.functions.items()}

    assert schedules == {
        "Sweeper": Schedule("cron(0 * * * ? *)"),
        "Closer": None,
        "ForceCloser": None,
        "Reopener": None,
    }


def test_a_time_zone_is_a_schedule_with_an_event_of_its_own() -> None:
    """At six in Berlin, which is at four UTC in summer and at five in winter."""
    given = {"ScheduleTimezone": "Europe/Berlin"}
    given["ScheduleExpression"] = "cron(0 6 * * ? *)"
    schedule = Topology.load(parameters=given).functions["Sweeper"].schedule
    assert schedule is not None
    summer = schedule.next_firing(datetime(2026, 7, 1, 12, tzinfo=UTC))
    winter = schedule.next_firing(datetime(2026, 12, 1, 12, tzinfo=UTC))

    assert [summer.isoformat(), winter.isoformat()] == [
        "2026-07-02T04:00:00+00:00",
        "2026-12-02T05:00:00+00:00",
    ]
    assert schedule.event(summer)["source"] == "aws.scheduler"
    assert schedule.event(summer)["time"] == "2026-07-02T04:00:00Z"
