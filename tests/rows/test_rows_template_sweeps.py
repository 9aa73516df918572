"""Row 2: the clock cannot start a sweep; what the deployed template makes of it."""

import pytest

from local.runner import Runner
from rows.translated import ALARM, HOURS, of_type, rings_after
from stacks import START, add_idle, after, ends, sweep
from standin.cluster import Cluster


@pytest.mark.row(2)
def test_row_02_a_sweep_that_cannot_start_is_tried_twice_more_then_dropped() -> None:
    """No invocation is possible -> 2 retries in 15 minutes, and no dead letter."""
    [rule] = of_type("AWS::Events::Rule").values()
    [target] = rule["Targets"]
    [invoked] = of_type("AWS::Lambda::EventInvokeConfig").values()

    assert rule.get("State", "ENABLED") == "ENABLED"
    assert (target["Arn"], invoked["FunctionName"]) == ("Sweeper", "Sweeper")
    for limits in (target["RetryPolicy"], invoked):
        assert limits["MaximumRetryAttempts"] == 2
        assert limits["MaximumEventAgeInSeconds"] == 900
    assert not {"DeadLetterConfig", "Input"} & target.keys()
    assert not invoked["DestinationConfig"]


@pytest.mark.row(2)
def test_row_02_the_rule_itself_is_allowed_to_invoke() -> None:
    """Without this permission EventBridge would not even retry."""
    [permission] = of_type("AWS::Lambda::Permission").values()
    [rule] = of_type("AWS::Events::Rule")

    assert permission == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": "Sweeper",
        "Principal": "events.amazonaws.com",
        "SourceArn": rule,
    }


@pytest.mark.row(2)
@pytest.mark.parametrize("hours", HOURS)
def test_row_02_two_periods_without_a_sweep_ring(hours: str) -> None:
    """No SweepFinished in two periods -> SweepMissing: silence counts as breaching."""
    alarm = of_type(ALARM, hours)["SweepMissing"]
    week = 7 * 86_400

    assert (alarm["Namespace"], alarm["MetricName"]) == (
        "IdleJobCloser",
        "SweepFinished",
    )
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 1)
    assert alarm["ComparisonOperator"] == "LessThanThreshold"
    assert alarm["TreatMissingData"] == "breaching"
    assert rings_after(alarm) == 2 * int(hours) * 3600 <= week, "CloudWatch's most"
    assert alarm["AlarmActions"] == ["AlarmTopic"]


@pytest.mark.row(2)
@pytest.mark.slow
def test_row_02_the_next_sweep_does_the_work_of_a_dropped_one() -> None:
    """The sweep of 06:00 was dropped -> that of 07:00 finds what it would have."""
    with Runner(Cluster(), START, {"SweepEveryHours": "1"}) as stack:
        add_idle(stack)
        stack.run(after(minutes=54))
        missed = stack.invoked["Sweeper"]
        stack.run(after(minutes=56))
        told = ends(stack)

    assert missed == 0
    assert (stack.metrics["SweepFinished"], told) == (
        1,
        ["web: closed idle_datafeed_stopped"],
    )


@pytest.mark.row(2)
@pytest.mark.slow
def test_row_02_what_a_person_invokes_does_not_quiet_the_alarm(stack: Runner) -> None:
    """Somebody asks the Sweeper by hand -> SweepMissing goes on ringing."""
    stack.invoke("Sweeper", {"job_id": "*", "only_if_idle": True})
    by_hand = stack.metrics["SweepFinished"]
    sweep(stack)

    assert (by_hand, stack.metrics["SweepFinished"]) == (0, 1)
