"""Row 2: the clock cannot start a sweep; what the deployed template makes of it."""

import re

import pytest

from local.runner import Runner
from local.topology import TEMPLATE
from markdown import table
from rows.ringing import rings
from rows.translated import ALARM, SCHEDULES, of_type, rings_after
from stacks import START, add_idle, after, ends
from standin.cluster import Cluster

# What has code or commands in it.
KINDS = {".md", ".py", ".sh", ""}


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
def test_row_02_a_schedule_that_cannot_start_a_sweep_tries_as_often() -> None:
    """EventBridge Scheduler, in the place of the rule, retries as the rule does."""
    berlin = {"ScheduleTimezone": "Europe/Berlin"}
    [schedule] = of_type("AWS::Scheduler::Schedule", **berlin).values()

    assert not of_type("AWS::Events::Rule", **berlin)
    assert not of_type("AWS::Lambda::Permission", **berlin)
    assert not of_type("AWS::Scheduler::Schedule")
    assert schedule.get("State", "ENABLED") == "ENABLED"
    assert schedule["Target"]["Arn"] == "Sweeper"
    assert schedule["Target"]["RetryPolicy"] == {
        "MaximumRetryAttempts": 2,
        "MaximumEventAgeInSeconds": 900,
    }


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
@pytest.mark.parametrize("hours", SCHEDULES.values())
def test_row_02_two_periods_without_a_sweep_ring(hours: str) -> None:
    """No event in SweepAlarmHours -> SweepMissing: silence is breaching."""
    alarm = of_type(ALARM, SweepAlarmHours=hours)["SweepMissing"]
    week = 7 * 86_400

    assert rings(alarm, {})
    assert not rings(alarm, {("AsyncEventAge", "Sweeper", "Maximum"): 90})
    assert rings_after(alarm) == int(hours) * 3600 <= week, "CloudWatch's most"
    assert alarm["AlarmActions"] == ["AlarmTopic"]


def test_the_page_has_the_hours_of_common_schedules() -> None:
    """Who copies a line of the table has an alarm that fits the schedule."""
    page = (TEMPLATE.parent / "docs" / "operating.md").read_text(encoding="utf-8")
    rows = table(page, "Sweeps")

    assert {
        row["ScheduleExpression"].strip("`"): row["SweepAlarmHours"] for row in rows
    } == SCHEDULES


@pytest.mark.row(2)
@pytest.mark.slow
def test_row_02_the_next_sweep_does_the_work_of_a_dropped_one() -> None:
    """The sweep of 06:00 was dropped -> that of 07:00 finds what it would have."""
    with Runner(Cluster(), START) as stack:
        add_idle(stack)
        stack.run(after(minutes=54))
        missed = stack.invoked["Sweeper"]
        stack.run(after(minutes=56))
        told = ends(stack)

    assert missed == 0
    assert len([x for x in stack.log if x["message"] == "swept"]) == 1
    assert told == ["web: closed idle_datafeed_stopped"]


@pytest.mark.row(2)
def test_row_02_what_a_person_invokes_does_not_quiet_the_alarm() -> None:
    """Somebody asks the Sweeper by hand -> SweepMissing goes on ringing.

    Lambda tells the age of asynchronous events alone, and no command of ours, nor one
    of a page, invokes a function without waiting for its answer.
    """
    root = TEMPLATE.parent
    pages = [root / "README.md", *root.glob("docs/*.md")]
    code = [p for name in ("idle_jobs_cli", "tools") for p in root.glob(f"{name}/**/*")]
    read = [p for p in pages + code if p.is_file() and p.suffix in KINDS]
    texts = {str(p): p.read_text(encoding="utf-8") for p in read}
    waits = [name for name, text in texts.items() if "lambda invoke" in text]
    calls = [name for name, text in texts.items() if ".invoke(" in text]

    assert (bool(waits), bool(calls)) == (True, True)
    assert [n for n, t in texts.items() if re.search("[Ii]nvocation-?[Tt]ype", t)] == []
