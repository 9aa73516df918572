"""Row 12: many jobs become idle at once, which is no idleness of theirs."""

from datetime import timedelta

import pytest

from rows.schedules import FIRST, SECOND, spend, stop_all_feeds, sweeps_ends
from rows.translated import ALARM, of_type, rings_after
from rows.wishes import left
from simulation.checker import check
from simulator.runner import Runner
from stacks import START, add_idle, after, ends, posts, sweep

pytestmark = pytest.mark.slow


@pytest.mark.row(12)
def test_row_12_a_sweep_halts_when_many_jobs_become_idle_at_once(
    stack: Runner,
) -> None:
    """11 of 21 jobs became idle today -> none is sent, old ones neither; an alarm."""
    for n in range(21):
        quiet = timedelta(hours=50) if n < 11 else timedelta(days=10)
        add_idle(stack, f"job-{n}", last_data=START - quiet)
    sweep(stack)

    assert left(stack) == posts(stack) == []
    assert sorted(end.split(": ")[1] for end in ends(stack)) == (
        ["skipped sweep_halted"] * 21
    )
    assert stack.metrics["SweepHalted"] == 1


@pytest.mark.row(12)
def test_row_12_one_halted_sweep_rings() -> None:
    """One SweepHalted in five minutes -> the alarm, which a person hears of."""
    alarm = of_type(ALARM)["SweepHalted"]

    assert (alarm["Namespace"], alarm["MetricName"]) == ("IdleJobCloser", "SweepHalted")
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 1)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert (rings_after(alarm), alarm["AlarmActions"]) == (300, ["AlarmTopic"])


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
    """Every feed stopped two days ago -> sweeps hold all back; requests are served."""
    stopped = FIRST - timedelta(hours=49)
    history = spend(lambda stack: stop_all_feeds(stack, stopped))

    assert sweeps_ends(history, FIRST) == {"skipped sweep_halted"}
    assert sweeps_ends(history, SECOND) == {"skipped sweep_halted"}
    assert check(history).problems == ()
