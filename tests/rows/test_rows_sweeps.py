"""Rows 1, 3, 4, 5 and 8: what goes wrong with a sweep."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from idle_jobs.errors import TryLater
from local.crashes import Kill
from local.runner import Runner
from rows.schedules import (
    FIRST,
    SECOND,
    away,
    fire,
    forces,
    of,
    spend,
    sweeps_ends,
)
from rows.wishes import IDLE, ends_by_key, jobs_in, killing, left
from simulation.checker import check
from simulation.faults import calm
from simulation.history import Began, Finished, Read, Sent
from simulation.stack import Stack
from stacks import START, add_idle, after, ends, posts, sweep
from standin.cluster import Fault

pytestmark = pytest.mark.slow

MINUTE = timedelta(minutes=1)
STATS = r"/_ml/anomaly_detectors/(.*/)?_stats"


@pytest.mark.row(1)
@pytest.mark.parametrize("minutes", [0, 5, 15], ids=["at once", "closing", "closed"])
def test_row_01_a_schedule_that_fires_twice_has_one_record_for_each_job(
    stack: Runner, minutes: int
) -> None:
    """The rule fires twice -> the second finds them closing or closed; one end each."""
    add_idle(stack, "quick")
    add_idle(stack, "slow", close_takes=10 * MINUTE)
    event = stack.scheduled_event(START)
    stack.invoke("Sweeper", event)
    stack.run(after(minutes=minutes))
    stack.invoke("Sweeper", event)
    stack.run(after(hours=1))
    records = {key: e for key, e in ends_by_key(stack).items() if key[0] == event["id"]}

    assert records == {(event["id"], job_id): {IDLE} for job_id in ("quick", "slow")}
    assert len(set(posts(stack))) == 2
    assert left(stack) == []
    assert stack.errors == []


@pytest.mark.row(3)
def test_row_03_a_sweep_that_dies_after_half_its_messages_ends_as_if_it_had_not() -> (
    None
):
    """Killed after 10 of 20 sends -> tried again: the same 20 close, once each."""
    kill = Kill("after", "Sweeper", "SendMessageBatch CloseQueue", "job-00")
    with killing(kill) as stack:
        for n in range(23):
            add_idle(stack, f"job-{n:02}")
        sweep(stack)
        half = jobs_in(stack, "CloseQueue")
        stack.run(after(hours=1))
        waiting = left(stack)
    told = sorted(end for ends in ends_by_key(stack).values() for end in ends)

    assert (len(half), stack.switch.struck) == (10, True)
    assert told == [IDLE] * 20 + ["skipped over_limit"] * 3
    assert len(posts(stack)) == len(set(posts(stack))) == 20
    assert waiting == []
    assert stack.errors == []


@pytest.mark.row(4)
@pytest.mark.parametrize("later", [0, 1], ids=["of one event", "of two events"])
def test_row_04_two_sweeps_that_overlap_close_each_job_once(later: int) -> None:
    """Two sweeps read before either has sent -> each wish ends once, none is lost."""
    due = FIRST - 5 * MINUTE
    begin, other = due + MINUTE, due + later * MINUTE

    def overlap(stack: Stack) -> None:
        fire(stack, begin, due)
        fire(stack, begin, other)

    history = spend(overlap)
    begun = [e.invocation for e in of(history, Began) if e.at == begin]
    sent = [e.at for e in of(history, Sent) if e.invocation in begun]
    reads = [e for e in of(history, Read) if e.invocation in begun]
    states = [e for e in reads if re.fullmatch(STATS, e.path)]

    assert len(begun) == len({e.invocation for e in states}) == 2
    assert max(e.at for e in states) < min(sent), "they overlap"
    assert check(history).problems == ()
    assert {IDLE} < sweeps_ends(history, due) | sweeps_ends(history, other)
    assert not forces(history)


@pytest.mark.row(5)
@pytest.mark.parametrize("path", [".", "/_stats"], ids=["all of it", "its states"])
def test_row_05_a_sweep_that_reaches_no_cluster_sends_nothing(
    stack: Runner, path: str
) -> None:
    """The cluster is away -> an error and no decision; it is back: swept again."""
    add_idle(stack)
    stack.cluster.faults.append(Fault(path=path, kind="refuse"))
    sweep(stack)
    told = left(stack) + ends(stack)
    finished = [x for x in stack.log if x["message"] == "swept"]
    stack.cluster.faults.clear()
    sweep(stack)
    stack.run(after(minutes=1))

    assert [(name, type(error)) for name, error in stack.errors] == [
        ("Sweeper", TryLater)
    ]
    assert (told, finished) == ([], [])
    assert ends(stack) == [f"web: {IDLE}"]


@pytest.mark.row(5)
def test_row_05_an_outage_of_half_an_hour_costs_one_sweep() -> None:
    """The rule and its two retries fail -> nothing is sent; the next sweep closes."""
    history = spend(lambda stack: stack.cluster.faults.append(away(FIRST)))
    failed = [e for e in of(history, Finished) if e.how == "failed"]

    assert len(failed) == 3
    assert all("TryLater" in e.error for e in failed)
    assert sweeps_ends(history, FIRST) == set()
    assert IDLE in sweeps_ends(history, SECOND)
    assert check(history).problems == ()
    assert not forces(history)


@pytest.mark.row(8)
def test_row_08_a_sweep_whose_sends_are_refused_twice_is_done_again() -> None:
    """SQS refuses entries, and again -> the sweep raises; its retry sends them all."""

    def refuse(stack: Stack) -> None:
        stack.queues.faults = replace(calm(), refused_entries=1)
        well = FIRST + timedelta(seconds=50)
        stack.world.at(well, lambda: setattr(stack.queues, "faults", calm()))

    history = spend(refuse)
    [failed] = [e for e in of(history, Finished) if e.how == "failed"]

    assert "SendRefused" in failed.error
    assert IDLE in sweeps_ends(history, FIRST)
    assert check(history).problems == ()


@pytest.mark.row(8)
def test_row_08_one_entry_that_is_refused_is_sent_again() -> None:
    """SQS refuses a tenth of all entries -> those are sent again, none is lost."""
    faults, stacks = replace(calm(), refused_entries=0.1), list[Stack]()
    history = spend(stacks.append, faults, jobs=100)
    calm_one = spend(lambda _: None, jobs=100)

    assert stacks[0].queues.refused > 0
    assert "failed" not in {finished.how for finished in of(history, Finished)}
    assert check(history).problems == ()
    assert sweeps_ends(history, FIRST) == sweeps_ends(calm_one, FIRST)
