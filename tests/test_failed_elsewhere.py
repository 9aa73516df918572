"""A swept job that fails: in our hands, or in those of who opened it meanwhile (R6)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from local.runner import Runner
from rows.wishes import ask
from stacks import START, add_idle, after, ends, posts
from standin.cluster import Fault

pytestmark = pytest.mark.slow


def paused(stack: Runner) -> None:
    """Pause by the mode alone: messages are received and given back."""
    stack.set_mode("paused")
    stack.plan(after(minutes=59), lambda: stack.set_mode("close"))


def stopped(stack: Runner) -> None:
    """Stop the mappings: nothing is received for half an hour."""
    stack.shift(timedelta(minutes=30))


def away(stack: Runner) -> None:
    """Let the cluster be away for an hour."""
    gone = Fault(path=".", kind="refuse", start=START, until=after(hours=1))
    stack.cluster.faults.append(gone)


def away_for_a_while(stack: Runner) -> None:
    """Let the cluster be away at the first looks only."""
    gone = Fault(path=".", kind="refuse", start=START, until=after(minutes=20))
    stack.cluster.faults.append(gone)


@pytest.mark.parametrize("held_up", [paused, stopped, away, away_for_a_while])
def test_a_job_that_was_opened_and_failed_meanwhile_is_not_forced(
    stack: Runner, held_up: Callable[[Runner], None]
) -> None:
    """Swept, held up, opened by its owner, failed before any data: skipped (R6)."""
    add_idle(stack)
    ask(stack, "web")
    stack.cluster.jobs["web"].state = "failed"
    held_up(stack)
    stack.run(after(hours=3))

    assert ends(stack) == ["web: skipped failed"]
    assert posts(stack) == []


@pytest.mark.parametrize("seconds", [1, 10, 50, 600, 1700, 3000])
def test_a_job_that_fails_in_its_close_is_forced(stack: Runner, seconds: int) -> None:
    """However long its close takes to fail, it is handed over and forced (R6)."""
    add_idle(stack, close_takes=timedelta(seconds=seconds), close_ends="failed")
    ask(stack, "web")
    stack.run(after(hours=3))

    assert ends(stack) == ["web: force_closed failed"]
