"""Built functions with an event bus: one that is there, and one that refuses."""

import pytest

from e2e.artifact import ArtifactRunner
from e2e.conftest import Start
from listener import Listener
from stacks import add_busy, add_idle, after, ends, sweep, undo

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]

ENDS = [
    "gone: skipped no_such_job",
    "odd: force_closed failed",
    "web: closed idle_datafeed_stopped",
    "web: reopened requested",
]
EVERY = '{"source": ["idle-job-closer"]}'


def some_ends(stack: ArtifactRunner) -> None:
    """Let each function end a request."""
    add_idle(stack)
    add_busy(stack, "odd", state="failed", datafeed="stopped")
    stack.request(job_id="gone")
    stack.request(job_id="odd", force=True)
    sweep(stack)
    stack.run(after(hours=1))
    undo(stack)


def test_a_bus_gets_each_outcome(start: Start) -> None:
    """From each function."""
    stack = start(EventBusName="outcomes")
    listener = Listener("outcomes", EVERY)
    some_ends(stack)
    told = [event["detail"] for event in listener.heard]

    assert stack.errors == []
    assert sorted(ends(stack)) == ENDS
    assert ENDS == sorted(
        f"{each['job_id']}: {each['ended']} {each['reason']}" for each in told
    )


def test_a_bus_that_refuses_changes_nothing(start: Start) -> None:
    """Nobody has made it: the outcomes are the same, and each loss is told."""
    stack = start(EventBusName="outcomes")
    some_ends(stack)
    lost = [line for line in stack.log if line["message"] == "event_failed"]

    assert (stack.errors, stack.metrics["RecordsBroken"]) == ([], 0)
    assert sorted(ends(stack)) == ENDS
    assert sum(line["events"] for line in lost) == len(ENDS)
    assert all("ResourceNotFoundException" in line["detail"] for line in lost)
