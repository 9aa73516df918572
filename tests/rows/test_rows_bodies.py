"""Rows 15, 21 and 33: bodies that are odd, a week old, or of another version."""

import json
from datetime import timedelta
from typing import Any

import pytest

from local.runner import Runner
from rows.wishes import IDLE, ends_by_key, forces, left, wish
from stacks import START, add_busy, add_idle, after, ends, posts

pytestmark = pytest.mark.slow

A_WEEK_AGO = START - timedelta(days=7)


@pytest.mark.row(15)
@pytest.mark.parametrize(
    "body",
    [" ", "{", "[]", '"x"', "nonsense", '{"job_id": "web"}', '{"version": "1"}'],
)
def test_row_15_a_malformed_body_is_parked_at_once_and_stops_nobody(
    stack: Runner, body: str
) -> None:
    """A body that cannot be read -> parked as it came; its batch goes on."""
    add_idle(stack)
    for each in (body, wish("web")):
        stack.queues.send("CloseQueue", each)
    stack.poll()

    assert stack.queues.bodies("ParkingQueue") == left(stack) == [body]
    assert {line["ended"] for line in stack.outcomes()} == {"closed", "parked"}
    assert len(posts(stack)) == stack.metrics["JobsParked"] == 1


@pytest.mark.row(15)
@pytest.mark.row(33)
@pytest.mark.parametrize("queue", ["CloseQueue", "ForceQueue"])
def test_row_33_a_newer_message_is_looked_at_for_an_hour_and_then_parked(
    stack: Runner, queue: str
) -> None:
    """Old code meets a newer schema -> it waits 60 to 75 min, then a person gets it."""
    add_idle(stack)
    body = newer(wish("web"))
    stack.queues.send(queue, body)
    stack.run(after(minutes=60))
    early, waiting = ends(stack), stack.queues.bodies(queue)
    stack.run(after(hours=3))
    [outcome] = stack.outcomes()

    assert (early, waiting) == ([], [body])
    assert (outcome["ended"], outcome["reason"]) == ("parked", "newer_version")
    assert after(minutes=60) <= outcome["at"] <= after(minutes=76)
    assert posts(stack) == []
    assert stack.queues.bodies("ParkingQueue") == left(stack) == [body]


def newer(body: str) -> str:
    """Return a message as the next version of the code may write it."""
    return json.dumps(json.loads(body) | {"version": 2, "colour": "blue"})


@pytest.mark.row(33)
@pytest.mark.parametrize("queue", ["CloseQueue", "ForceQueue"])
def test_row_33_new_code_reads_the_oldest_message_and_unknown_fields(
    stack: Runner, queue: str
) -> None:
    """Messages in flight over a deploy -> the least and the most of them close."""
    full = json.loads(wish("full")) | {"colour": "blue"}
    needed = ("version", "cluster", "request_id", "job_id", "requested_at")
    least = {name: full[name] for name in needed} | {"job_id": "least"}
    for body in (full, least):
        add_idle(stack, body["job_id"])
        stack.queues.send(queue, json.dumps(body))
    stack.run(after(minutes=5))

    assert ends_by_key(stack) == {
        ("sweep", "full"): {IDLE},
        ("sweep", "least"): {"closed requested"},
    }
    assert forces(stack) == left(stack) == []


REDRIVEN: dict[str, tuple[dict[str, Any], str]] = {
    "idle": ({}, "closed requested"),
    "busy": ({"last_data": START, "datafeed": "started"}, "parked request_expired"),
    "failed": ({"state": "failed", "assigned": False}, "parked request_expired"),
    "reopened": ({"opened": START - timedelta(days=2)}, "skipped reopened"),
}


@pytest.mark.row(21)
@pytest.mark.parametrize("force", [False, True], ids=["a request", "an order"])
@pytest.mark.parametrize(("fields", "end"), REDRIVEN.values(), ids=REDRIVEN)
def test_row_21_a_redriven_message_of_last_week_is_judged_as_only_if_idle(
    stack: Runner, fields: dict[str, Any], end: str, force: bool
) -> None:
    """A person redrives an old wish -> idle, or parked; its force is void (R2)."""
    add_idle(stack, **fields)
    old = wish(
        requested_at=A_WEEK_AGO, only_if_idle=False, force=force, handed_at=A_WEEK_AGO
    )
    stack.queues.send("RequestQueue", old)
    stack.run(after(minutes=5))

    assert ends(stack) == [f"web: {end}"]
    assert len(posts(stack)) == end.startswith("closed")
    assert forces(stack) == []
    assert len(left(stack)) == end.startswith("parked")


@pytest.mark.row(21)
def test_row_21_an_order_of_today_still_forces_when_it_is_redriven(
    stack: Runner,
) -> None:
    """Within a day the order holds: what makes last week's void is its age alone."""
    stack.parameters = {"ForceOrders": "allowed"}
    add_busy(stack)
    order = wish(only_if_idle=False, force=True, requested_at=after(hours=-23))
    stack.queues.send("RequestQueue", order)
    stack.run(after(minutes=5))

    assert ends(stack) == ["web: force_closed force_ordered"]
    assert len(forces(stack)) == 1
