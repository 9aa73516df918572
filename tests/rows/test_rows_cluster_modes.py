"""Row 53: the cluster is being upgraded, or resets what machine learning has."""

import json
from datetime import timedelta

import pytest

from local.runner import Runner
from local.schedule import DAILY
from rows.wishes import ask, forces, left
from stacks import START, add_busy, add_idle, after, ends, posts, sweep
from standin.cluster import API_KEY, Cluster, Fault, Request

pytestmark = pytest.mark.slow


@pytest.mark.row(53)
@pytest.mark.parametrize("mode", ["upgrade_mode", "reset_mode"])
def test_row_53_a_sweep_leaves_a_cluster_in_upgrade_or_reset_mode_alone(
    stack: Runner, mode: str
) -> None:
    """The mode is on -> nothing is sent, and what was sent before is skipped."""
    add_idle(stack, "web")
    add_idle(stack, "api")
    setattr(stack.cluster, mode, True)
    summary = sweep(stack)
    ask(stack, "web", "api")
    stack.poll()

    assert (summary["verdicts"], summary["sent"]) == ({mode: 2}, 0)
    assert sorted(ends(stack)) == [f"api: skipped {mode}", f"web: skipped {mode}"]
    assert posts(stack) == left(stack) == []


def end_mode(stack: Runner, mode: str) -> None:
    """Turn a mode off; after an upgrade the cluster starts its jobs anew."""
    if mode == "reset_mode":
        stack.cluster.reset_mode = False
        return
    key = {"authorization": f"ApiKey {API_KEY}"}
    path = "/_ml/set_upgrade_mode?enabled=false"
    stack.cluster.handle(Request("POST", path, key), stack.now)


@pytest.mark.row(53)
@pytest.mark.parametrize(
    ("mode", "hours", "end"),
    [
        ("upgrade_mode", 2, "skipped reopened"),
        ("reset_mode", 6, "parked reset_mode"),
    ],
)
def test_row_53_a_person_waits_for_the_mode_to_end_until_park_after(
    mode: str, hours: int, end: str
) -> None:
    """A request meets the mode -> no post while it is on, nor of a job started anew."""
    parameters = DAILY | {"ParkAfter": "1h", "ForceAfter": "1h"}
    with Runner(Cluster(), START, parameters) as stack:
        add_busy(stack)
        setattr(stack.cluster, mode, True)
        stack.request(job_id="web", requested_by="ann")
        stack.plan(after(hours=hours), lambda: end_mode(stack, mode))
        stack.run(after(hours=hours))
        meanwhile = posts(stack)
        stack.run(after(hours=6))
        ended = stack.outcomes()[0]["at"] - START

        assert meanwhile == []
        assert ends(stack) == [f"web: {end}"]
        assert ended < timedelta(hours=4, minutes=40), "3 h, and ParkAfter"


@pytest.mark.row(53)
def test_row_53_a_close_refused_by_upgrade_mode_is_no_throttling(stack: Runner) -> None:
    """It begins between the read and the post: 429 of another kind, a later look."""
    add_busy(stack)
    ask(stack, "web", only_if_idle=False, reason="")
    error = "Cannot perform cluster:admin/xpack/ml/job/close action while upgrade mode "
    told = {"error": {"type": "status_exception", "reason": f"{error}is enabled"}}
    body = json.dumps(told).encode()
    fault = Fault(path="/_close", status=429, body=body, times=1)
    stack.cluster.faults.append(fault)
    stack.run(after(minutes=5))
    why = [line["why"] for line in stack.log if line["message"] == "waiting"]

    assert why == ["upgrade_mode"]
    assert ends(stack) == ["web: closed requested"]
    assert forces(stack) == []
