"""A job that is opening when it is to be closed: who opened it, and when (R3)."""

from datetime import timedelta

import pytest

from local.runner import Runner
from stacks import add_busy, add_idle, after, ends, posts
from standin.cluster import Fault

pytestmark = pytest.mark.slow

NO_NODE = "no node has room for it"


def open_lazily(stack: Runner) -> None:
    """Open the job as its owner does, so that it waits for a node."""
    stack.cluster.jobs["web"].begin_open(stack.now, NO_NODE)


def away(stack: Runner, path: str) -> None:
    """Let the cluster be away for two hours."""
    gone = Fault(path=path, kind="refuse", start=stack.now, until=after(hours=2))
    stack.cluster.faults.append(gone)


@pytest.mark.parametrize("force", [False, True], ids=["a request", "an order"])
def test_a_job_opened_in_an_outage_is_left_alone(stack: Runner, force: bool) -> None:
    """Asked for, an outage, closed and lazily opened by its owner: reopened (R3)."""
    add_busy(stack)
    stack.request(job_id="web", force=force)
    stack.take_one("Sweeper")
    away(stack, ".")
    stack.plan(after(hours=1), lambda: open_lazily(stack))
    stack.run(after(hours=3))

    assert ends(stack) == ["web: skipped reopened"]
    assert posts(stack) == []


def test_a_request_that_waited_for_the_cluster_does_not_close_it(
    stack: Runner,
) -> None:
    """Nobody can tell when it was opened: a person is asked after a day (R3)."""
    add_busy(stack)
    away(stack, ".")
    stack.request(job_id="web")
    stack.plan(after(hours=1), lambda: open_lazily(stack))
    stack.run(after(hours=26))

    assert ends(stack) == ["web: parked request_expired"]
    assert NO_NODE in stack.outcomes()[0]["detail"]
    assert posts(stack) == []


def test_a_job_that_was_opening_before_the_request_is_closed(stack: Runner) -> None:
    """It is given a quarter of an hour to open, then closed: the cure for it (R3)."""
    add_idle(stack, state="opening", assigned=False, opened=None)
    stack.request(job_id="web")
    stack.run(after(minutes=14))
    early = posts(stack)
    stack.run(after(minutes=45))

    assert early == []
    assert ends(stack) == ["web: closed requested"]


def test_a_job_that_opens_while_it_waits_is_left_alone(stack: Runner) -> None:
    """Its `open_time` comes within the wait, and lies after the request (R3)."""
    add_idle(stack, state="opening", assigned=False, opened=None)
    stack.request(job_id="web")
    later = after(minutes=5)
    stack.plan(later, lambda: stack.cluster.reopen_job("web", later))
    stack.run(later + timedelta(minutes=15))

    assert ends(stack) == ["web: skipped reopened"]
    assert posts(stack) == []
