"""Rows 11, 48, 49 and 56: what others do to a job between a wish and its close."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.runner import Runner
from local.schedule import DAILY
from rows.wishes import IDLE, ask, left, wish
from stacks import START, add_busy, add_idle, after, ends, posts, sweep
from standin.cluster import Cluster

pytestmark = pytest.mark.slow

PROTECTED = {
    "a group": ({"groups": ("idle-closer-keep",)}, "kept_by_owner"),
    "its settings": (
        {"custom_settings": {"idle_closer": {"mode": "never"}}},
        "kept_by_owner",
    ),
    "an app's job": ({"custom_settings": {"managed": True}}, "managed"),
}


def change(stack: Runner, job_id: str, **fields: Any) -> None:
    """Change a job as its owner does."""
    for name, value in fields.items():
        setattr(stack.cluster.jobs[job_id], name, value)


@pytest.mark.row(11)
@pytest.mark.parametrize(("fields", "reason"), PROTECTED.values(), ids=PROTECTED)
@pytest.mark.parametrize("explicit", [False, True], ids=["a sweep", "an order"])
def test_row_11_a_job_protected_after_the_sweep_is_skipped_at_close_time(
    stack: Runner, fields: dict[str, Any], reason: str, explicit: bool
) -> None:
    """Its owner says keep while the message waits -> skipped; even an order is."""
    add_idle(stack)
    add_idle(stack, "api")
    ask(stack, "api")
    ask(stack, "web", only_if_idle=not explicit, force=explicit)
    change(stack, "web", **fields)
    stack.run(after(minutes=5))

    assert sorted(ends(stack)) == [f"api: {IDLE}", f"web: skipped {reason}"]
    assert posts(stack) == ["/_ml/anomaly_detectors/api/_close?timeout=30m"]
    assert left(stack) == []


@pytest.mark.row(48)
def test_row_48_a_job_that_gets_data_before_its_close_is_skipped_active(
    stack: Runner,
) -> None:
    """Data arrives between sweep and close -> it stays open; the others close."""
    add_idle(stack)
    add_idle(stack, "api")
    sweep(stack)
    stack.cluster.give_data("web", stack.now)
    stack.run(after(minutes=5))

    assert sorted(ends(stack)) == [f"api: {IDLE}", "web: skipped active"]
    assert posts(stack) == ["/_ml/anomaly_detectors/api/_close?timeout=30m"]
    assert left(stack) == []


@pytest.mark.row(49)
def test_row_49_a_job_opened_after_the_request_is_skipped_reopened(
    stack: Runner,
) -> None:
    """A person asks, another opens it again -> that request is spent, each copy too."""
    add_busy(stack)
    ask(stack, "web", only_if_idle=False)
    stack.run(after(minutes=1))
    for minute in (1, 2, 3):
        stack.cluster.reopen_job("web", after(minutes=minute))
        ask(stack, "web", only_if_idle=False)
        stack.run(after(minutes=minute + 1))

    assert ends(stack) == ["web: closed requested"] + ["web: skipped reopened"] * 3
    assert len(posts(stack)) == 1
    assert stack.cluster.state_of("web", stack.now) == "opened"


def swept(stack: Runner, at: datetime) -> str:
    """Return what a sweep at a time says of the one job."""
    stack.shift(at - stack.now)
    [(reason, _)] = sweep(stack)["verdicts"].items()
    return str(reason)


@pytest.mark.row(49)
def test_row_49_a_sweep_waits_for_the_grace_and_the_threshold(stack: Runner) -> None:
    """Opened again -> kept for 24 h; fed again -> kept for 48 h from its last data."""
    add_idle(stack)
    opened, fed = after(hours=1), after(hours=30)
    stack.cluster.reopen_job("web", opened)
    young = swept(stack, opened + timedelta(hours=23, minutes=59))
    old = swept(stack, opened + timedelta(hours=24))
    stack.cluster.give_data("web", fed)
    busy = swept(stack, fed + timedelta(hours=47, minutes=59))
    quiet = swept(stack, fed + timedelta(hours=48, minutes=1))

    assert (young, old) == ("reopen_grace", "idle_datafeed_stopped")
    assert (busy, quiet) == ("active", "idle_datafeed_stopped")


@pytest.fixture
def night() -> Iterator[Runner]:
    """Yield a stack, just before the cluster's own idle closer runs at 00:30."""
    begin = START.replace(hour=0, minute=29)
    with Runner(Cluster("9.5.0"), begin, DAILY) as runner:
        yield runner


@pytest.mark.row(56)
def test_row_56_what_the_clusters_own_closer_closes_is_not_ours(night: Runner) -> None:
    """It closes a job at night -> sweeps find it closing, then closed; not counted."""
    add_idle(night, close_takes=timedelta(minutes=20))
    night.cluster.settle(night.now)
    night.shift(timedelta(minutes=6))
    sweep(night)
    night.run(night.now + timedelta(hours=1))
    later = sweep(night)

    assert ends(night) == ["web: skipped already_closed"]
    assert later["verdicts"] == {}
    assert posts(night) == left(night) == []
    assert night.metrics["JobsClosed"] == night.metrics["MemoryFreed"] == 0


@pytest.mark.row(56)
def test_row_56_what_a_person_closed_before_the_request_is_not_ours(
    stack: Runner,
) -> None:
    """A request comes for a closed job -> skipped, by the Sweeper and by the Closer."""
    closed = after(minutes=-1)
    add_idle(stack, state="closed", finished=closed)
    stack.request(job_id="web", request_id="bob")
    stack.queues.send("CloseQueue", wish("web"))
    stack.run(after(minutes=5))

    assert ends(stack) == ["web: skipped already_closed"] * 2
    assert posts(stack) == left(stack) == []
    assert stack.metrics["JobsClosed"] == 0


@pytest.mark.row(56)
def test_row_56_what_a_person_closed_after_the_request_cannot_be_told_from_ours(
    stack: Runner,
) -> None:
    """It is closed while our message waits -> `closed`, as after a crash of our own."""
    add_idle(stack)
    ask(stack, "web")
    stack.shift(timedelta(minutes=1))
    stack.cluster.jobs["web"].begin_close(stack.now)
    stack.run(after(minutes=5))

    assert ends(stack) == [f"web: {IDLE}"]
    assert posts(stack) == []
    assert stack.metrics["JobsClosed"] == 1
