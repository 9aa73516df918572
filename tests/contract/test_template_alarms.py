"""Whom template.yaml tells what: alarms, the dashboard, and the metrics they show."""

from typing import Any

import pytest

import costs
from local.intrinsics import Resolver, load_template
from local.runner import Runner
from local.schedule import DAILY
from local.topology import TEMPLATE
from rows.ringing import watched
from rows.translated import ALARM, of_type
from stacks import START, add_busy, sweep
from standin.cluster import Cluster

SOURCE = load_template(TEMPLATE)
ALARMS = {
    name: resource["Properties"]
    for name, resource in SOURCE["Resources"].items()
    if resource["Type"] == "AWS::CloudWatch::Alarm"
}
DEPLOYED = of_type(ALARM)
OWN = "IdleJobCloser"


def shown() -> list[list[Any]]:
    """Return the metrics on the dashboard, with what CloudWatch repeats spelt out."""
    body = SOURCE["Resources"]["Dashboard"]["Properties"]["DashboardBody"]
    metrics: list[list[Any]] = []
    for widget in body["Fn::ToJsonString"]["widgets"]:
        for metric in widget["properties"].get("metrics", ()):
            names = [part for part in metric if not is_options(part)]
            if not names:
                continue  # An expression of other metrics.
            if names[0] == "...":
                names = [*metrics[-1][:-1], *names[1:]]
            pairs = enumerate(names)
            metrics.append([metrics[-1][i] if n == "." else n for i, n in pairs])
    return metrics


def is_options(part: Any) -> bool:
    """Tell whether the last part of a metric says how to draw it."""
    return isinstance(part, dict) and not {"Ref", "Fn::GetAtt"} & set(part)


def emitted() -> set[str]:
    """Return the metrics that the functions emit."""
    from idle_jobs.telemetry import Metric  # noqa: PLC0415

    return {str(metric) for metric in Metric}


@pytest.mark.parametrize("alarm", ALARMS.values(), ids=ALARMS)
def test_every_alarm_says_what_it_means_and_tells_somebody(
    alarm: dict[str, Any],
) -> None:
    """An alarm is a runbook line, sent to the stack's topic or to the one given.

    So is the word that it has ended.
    """
    topics = [{"Ref": "AlarmTopic"}, {"Ref": "ExistingTopicArn"}]

    assert len(alarm["AlarmDescription"].split(". ")) > 1
    assert alarm["AlarmActions"] == [{"Fn::If": ["HasOwnTopic", *topics]}]
    assert alarm["OKActions"] == alarm["AlarmActions"]


def test_what_is_overdue_says_when_sqs_deletes_it() -> None:
    """The days are those for which the queues before ParkingQueue keep a message."""
    days = {
        name: resource["Properties"]["MessageRetentionPeriod"] // 86400
        for name, resource in SOURCE["Resources"].items()
        if resource["Type"] == "AWS::SQS::Queue" and name != "ParkingQueue"
    }
    others = set(days.values()) - {force := days["ForceQueue"]}

    assert ALARMS["WorkOverdue"]["AlarmDescription"].endswith(
        f"SQS deletes a message {others.pop()} days after it was sent, "
        f"in ForceQueue {force} days after."
    )
    assert not others


def test_alarms_watch_metrics_that_exist() -> None:
    """Each alarm on an own metric is on one that the functions emit."""
    read = {w for alarm in DEPLOYED.values() for w in watched(alarm).values()}

    assert {w.metric for w in read if w.namespace == OWN} <= emitted()


def test_alarms_watch_the_metric_of_their_own_cluster() -> None:
    """CloudWatch finds a metric only under exactly its dimensions."""
    for alarm in ALARMS.values():
        stats = [
            e["MetricStat"]["Metric"]
            for e in alarm.get("Metrics", ())
            if "MetricStat" in e
        ]
        for metric in stats or [alarm]:
            if metric["Namespace"] == OWN:
                assert metric["Dimensions"] == [
                    {"Name": "service", "Value": "idle-job-closer"},
                    {"Name": "cluster", "Value": {"Ref": "ClusterName"}},
                ]


def test_the_dashboard_shows_every_metric_of_ours() -> None:
    """Everything that is emitted is shown, and nothing else."""
    own = [metric for metric in shown() if metric[0] == OWN]

    assert emitted() == {metric[1] for metric in own}
    for metric in own:
        expected = ["service", "idle-job-closer", "cluster", {"Ref": "ClusterName"}]
        assert expected == metric[2:]


def test_the_dashboard_shows_every_queue() -> None:
    """The depth of each of the four queues is on the dashboard."""
    depth = "ApproximateNumberOfMessagesVisible"

    assert {"RequestQueue", "CloseQueue", "ForceQueue", "ParkingQueue"} == {
        metric[3]["Fn::GetAtt"][0] for metric in shown() if metric[1] == depth
    }


@pytest.mark.parametrize("hours", [2, 12, 168])
@pytest.mark.parametrize("name", ["SweepHalted", "WorkOverdue"])
def test_what_each_sweep_tells_rings_once(name: str, hours: int) -> None:
    """One sweep that tells it rings, and silence does before two told nothing (R11)."""
    alarm = ALARMS[name]
    parameters = {"SweepAlarmHours": str(hours)}
    periods = Resolver(SOURCE, parameters, {}).resolve(alarm["EvaluationPeriods"])

    assert hours * 3600 == alarm["Period"] * int(periods)
    assert (alarm["DatapointsToAlarm"], alarm["Statistic"]) == (1, "Maximum")
    assert alarm["TreatMissingData"] == "notBreaching"


def test_a_pause_of_more_than_a_day_rings() -> None:
    """It is measured in seconds, however seldom sweeps tell it (R11)."""
    alarm = ALARMS["WorkOverdue"]

    assert alarm["Threshold"] == 25 * 3600
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"


def test_one_parked_message_is_enough_for_an_alarm() -> None:
    """A person hears of the first parked request within minutes, not of the tenth."""
    alarm = ALARMS["ParkingQueueNotEmpty"]
    keys = ("Threshold", "Period", "EvaluationPeriods", "ComparisonOperator")

    assert [alarm[k] for k in keys] == [1, 60, 1, "GreaterThanOrEqualToThreshold"]


def test_each_alarm_can_be_read_in_an_e_mail() -> None:
    """CloudWatch takes 1,024 characters."""
    long = {n: len(a["AlarmDescription"]) for n, a in ALARMS.items()}

    assert max(long.values()) <= 1024


@pytest.mark.slow
@pytest.mark.parametrize("dashboard", ["false", "true"])
def test_a_sweep_tells_no_metric_but_those_of_a_dashboard(dashboard: str) -> None:
    """A metric that each sweep tells is charged for the whole month."""
    with Runner(Cluster(), START, DAILY | {"CreateDashboard": dashboard}) as stack:
        add_busy(stack)
        sweep(stack)
        told = set(stack.metrics)

    assert told == (set(costs.OF_A_DASHBOARD) if dashboard == "true" else set())
