"""Row 12: many jobs become idle at once, which is no idleness of theirs."""

from datetime import timedelta

import pytest

from local.runner import Runner
from rows.schedules import FIRST, SECOND, spend, stop_all_feeds, sweeps_ends
from rows.translated import ALARM, SCHEDULES, of_type, rings_after
from rows.wishes import jobs_in
from simulation.checker import check
from simulation.stack import Stack
from stacks import START, add_idle, after, ends, posts, sweep

pytestmark = pytest.mark.slow


@pytest.mark.row(12)
def test_row_12_a_sweep_halts_when_many_jobs_become_idle_at_once(
    stack: Runner,
) -> None:
    """11 of 21 jobs became idle today -> these are held, old ones sent; an alarm."""
    for n in range(21):
        quiet = timedelta(hours=50) if n < 11 else timedelta(days=10)
        add_idle(stack, f"job-{n}", last_data=START - quiet)
    sweep(stack)

    assert sorted(ends(stack)) == sorted(
        f"job-{n}: skipped sweep_halted" for n in range(11)
    )
    assert posts(stack) == []
    assert jobs_in(stack, "CloseQueue") == [f"job-{n}" for n in range(11, 21)]
    assert stack.metrics["SweepHalted"] == 11


@pytest.mark.row(12)
@pytest.mark.parametrize("hours", SCHEDULES.values())
def test_row_12_one_halted_sweep_rings(hours: str) -> None:
    """One sweep that holds jobs -> the alarm, until two sweeps in a row hold none."""
    alarm = of_type(ALARM, SweepAlarmHours=hours)["SweepHalted"]

    assert (alarm["Namespace"], alarm["MetricName"]) == ("IdleJobCloser", "SweepHalted")
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Maximum", 1)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert (alarm["DatapointsToAlarm"], alarm["AlarmActions"]) == (1, ["AlarmTopic"])
    assert rings_after(alarm) == int(hours) * 3600


@pytest.mark.row(12)
def test_row_12_old_backlog_never_halts_a_sweep(stack: Runner) -> None:
    """All of 30 jobs are idle, for days -> twenty are sent, ten the next time."""
    for n in range(30):
        add_idle(stack, f"job-{n}")
    sweep(stack)
    stack.run(after(hours=1))
    stack.invoke("Sweeper", stack.scheduled_event(stack.now))
    stack.run(after(hours=2))

    assert stack.metrics["SweepHalted"] == 0
    assert stack.metrics["JobsClosed"] == 30


@pytest.mark.row(12)
def test_row_12_a_halted_sweep_closes_nothing_while_all_goes_on() -> None:
    """Every feed stopped two days ago -> sweeps hold their jobs; all else is served."""
    stopped = FIRST - timedelta(hours=49)
    held: set[str] = set()

    def stop(stack: Stack) -> None:
        stop_all_feeds(stack, stopped)
        jobs = stack.cluster.jobs.values()
        held.update(job.job_id for job in jobs if job.last_data == stopped)

    history = spend(stop)

    assert sweeps_ends(history, FIRST, held) == {"skipped sweep_halted"}
    assert sweeps_ends(history, SECOND, held) == {"skipped sweep_halted"}
    assert "closed idle_datafeed_stopped" in sweeps_ends(history, FIRST)
    assert check(history).problems == ()
