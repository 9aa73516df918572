"""Rows 42, 43, 50 and 51: what a gentle close cannot end, and what only then may."""

from dataclasses import replace
from datetime import timedelta

import pytest

from local.runner import Runner
from local.schedule import DAILY
from rows.schedules import forces, of, spend, unordered
from rows.wishes import ask, left
from rows.wishes import forces as forces_in
from simulation.checker import check
from simulation.faults import calm
from simulation.history import Told
from stacks import START, add_busy, add_idle, after, ends, posts
from standin.cluster import Fault

pytestmark = pytest.mark.slow

JSON = {"content-type": "application/json", "X-elastic-product": "Elasticsearch"}
FAILED_409 = (
    b'{"error": {"type": "status_exception", "reason": '
    b'"cannot close job [web] because it failed, use force close"}, "status": 409}'
)
POST = "/_ml/anomaly_detectors/web/_close?timeout="


@pytest.mark.row(42)
def test_row_42_a_409_of_a_failed_job_goes_to_force_queue_and_is_forced(
    stack: Runner,
) -> None:
    """It fails between the read and the post -> 409, handed over at once, forced."""
    add_idle(stack)
    add_idle(stack, "api")
    said = Fault(path="web/_close", status=409, body=FAILED_409, headers=JSON, times=1)
    stack.cluster.faults.append(said)
    ask(stack, "web", "api")
    stack.take_one("Closer")
    early, handed = ends(stack), stack.queues.bodies("ForceQueue")
    stack.cluster.jobs["web"].state = "failed"
    stack.run(after(minutes=1))

    assert early == ["api: closed idle_datafeed_stopped"]
    assert len(handed) == 1
    assert ends(stack)[1:] == ["web: force_closed failed"]
    assert forces_in(stack) == [f"{POST}30m&force=true"]
    assert left(stack) == []


@pytest.mark.row(42)
def test_row_42_every_failing_job_is_forced_and_no_other() -> None:
    """Half of all jobs fail in their close -> each is forced for it, no other is."""
    history = spend(lambda _: None, replace(calm(), failing_jobs=0.5), jobs=100)
    forced = [told for told in of(history, Told) if told.ended == "force_closed"]
    why = {told.reason for told in forced} - {"force_ordered"}

    assert len(forces(history)) > 3
    assert {post.before for post in forces(history)} == {"failed"}
    assert why == {"failed"}
    assert check(history).problems == ()


@pytest.mark.row(43)
def test_row_43_a_datafeed_that_will_not_stop_is_evidence_only_after_two_hours(
    stack: Runner,
) -> None:
    """409 on each try -> handed over after 3 h; 2 h later a measured try, and force."""
    add_busy(stack, datafeed_stops=False)
    ask(stack, "web", only_if_idle=False)
    stack.run(after(hours=5))
    early, waiting = posts(stack), stack.queues.bodies("ForceQueue")
    handed = [line["at"] for line in stack.log if line["message"] == "sent"]
    stack.run(after(hours=6))

    assert ends(stack) == ["web: force_closed datafeed_would_not_stop"]
    assert len(handed) == len(waiting) == 1
    assert "closing_seen_at" not in waiting[0]
    assert handed[0] >= after(hours=3)
    assert stack.outcomes()[0]["at"] >= handed[0] + timedelta(hours=2)
    assert set(early) == {f"{POST}30m"}
    assert posts(stack)[-2:] == [f"{POST}30s", f"{POST}30m&force=true"]
    assert left(stack) == []


@pytest.mark.row(43)
def test_row_43_stubborn_datafeeds_are_forced_by_a_measured_409_alone() -> None:
    """No datafeed stops on request -> each force has its 409 of the same invocation.

    But for jobs that have failed: their state is evidence enough.
    """
    faults = replace(calm(), people=1, stubborn_datafeeds=1)
    history = spend(lambda _: None, faults)
    measured = {(p.invocation, p.key) for p in unordered(history) if p.measured_409}
    closing = (post for post in forces(history) if post.before != "failed")
    forced = {(post.invocation, post.key) for post in closing}

    assert forced
    assert forced == measured
    assert check(history).problems == ()


@pytest.mark.row(50)
def test_row_50_a_hanging_close_is_forced_two_hours_after_it_was_seen_so(
    stack: Runner,
) -> None:
    """Closing without end -> handed over at 30 min with `closing_seen_at`, forced."""
    add_idle(stack, close_ends="hangs")
    ask(stack, "web")
    stack.run(after(minutes=29))
    early = stack.queues.bodies("ForceQueue")
    stack.run(after(hours=2, minutes=29))
    waiting, told = stack.queues.bodies("ForceQueue"), ends(stack)
    stack.run(after(hours=3, minutes=15))

    assert (early, told) == ([], [])
    assert "closing_seen_at" in waiting[0]
    assert ends(stack) == ["web: force_closed still_closing"]
    assert posts(stack) == [f"{POST}30m", f"{POST}30m&force=true"]
    assert left(stack) == []


@pytest.mark.row(50)
def test_row_50_a_closing_is_not_long_before_its_half_hour(stack: Runner) -> None:
    """A look in the last minutes before that -> it waits, and is not handed over."""
    asked = after(minutes=-12)
    add_idle(stack, close_ends="hangs")
    ask(stack, "web", requested_at=asked)
    stack.run(asked + timedelta(minutes=29, seconds=59))
    looks = [x["at"] - asked for x in stack.log if x["message"] == "waiting"]

    assert looks[-1] > timedelta(minutes=26)
    assert stack.queues.bodies("ForceQueue") == []


@pytest.mark.row(50)
def test_row_50_every_hanging_close_is_forced_and_no_other() -> None:
    """A third of all closes hang -> each is forced for that, and no slow one is."""
    history = spend(lambda _: None, replace(calm(), hanging_jobs=0.3), seed=0, jobs=100)
    hang = {p.key.job_id for p in forces(history)}

    assert len(hang) > 3
    assert {post.before for post in forces(history)} == {"closing"}
    assert {history.states[job_id] for job_id in hang} == {"closed"}
    assert check(history).problems == ()


@pytest.mark.row(50)
@pytest.mark.parametrize(
    ("only_if_idle", "end"),
    [(True, "skipped could_not_close"), (False, "parked server_error")],
    ids=["a sweep's", "a person's"],
)
def test_row_50_a_force_that_is_refused_ends_parked_or_could_not_close(
    stack: Runner, only_if_idle: bool, end: str
) -> None:
    """Even the force fails, until ParkAfter -> a person gets it, or the next sweep."""
    stack.parameters = {**DAILY, "ParkAfter": "4h"}
    add_idle(stack, close_ends="hangs", force_works=False)
    ask(stack, "web", only_if_idle=only_if_idle)
    stack.run(after(hours=6))

    assert ends(stack) == [f"web: {end}"]
    assert left(stack) == stack.queues.bodies("ParkingQueue")
    assert len(left(stack)) == stack.metrics["JobsParked"] == int(not only_if_idle)
    assert stack.metrics["JobsUnclosable"] == int(only_if_idle)


@pytest.mark.row(51)
@pytest.mark.parametrize("only_if_idle", [True, False], ids=["sweep", "person"])
def test_row_51_a_job_that_fails_while_it_persists_is_forced_at_once(
    stack: Runner, only_if_idle: bool
) -> None:
    """Its close ends in `failed` -> handed over at the next look, and forced there."""
    add_idle(stack, close_takes=timedelta(seconds=50), close_ends="failed")
    ask(stack, "web", only_if_idle=only_if_idle)
    stack.run(after(hours=1))
    [outcome] = stack.outcomes()

    assert ends(stack) == ["web: force_closed failed"]
    assert outcome["at"] - START < timedelta(minutes=3)
    assert posts(stack) == [f"{POST}30m", f"{POST}30m&force=true"]
    assert left(stack) == []
