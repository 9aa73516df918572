"""Rows 38 to 40: closes whose answer is spoiled, lost or late; the close goes on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from local.runner import Runner
from rows.schedules import FIRST, SECOND, forces, of, spend, sweeps_ends
from rows.wishes import IDLE, ask, left
from simulation.checker import check
from simulation.faults import calm
from simulation.history import HungUp, Posted
from stacks import add_idle, after, ends, posts
from standin.cluster import Fault

pytestmark = pytest.mark.slow

TEN_MINUTES = timedelta(minutes=10)


def lines(stack: Runner, message: str) -> list[dict[str, Any]]:
    """Return the log's lines of one kind."""
    return [line for line in stack.log if line["message"] == message]


@pytest.mark.row(38)
@pytest.mark.parametrize("status", [502, 503, 504])
def test_row_38_a_proxys_error_while_the_close_goes_on_ends_closed(
    stack: Runner, status: int
) -> None:
    """A proxy gives up, Elasticsearch does not -> later looks: closing, then closed."""
    cut = Fault(path="/_close", kind="status_after", status=status, times=1)
    stack.cluster.faults.append(cut)
    add_idle(stack, close_takes=TEN_MINUTES)
    ask(stack, "web")
    stack.run(after(minutes=5))
    waited, told = lines(stack, "waiting"), ends(stack)
    stack.run(after(hours=1))

    assert [line["why"] for line in waited[:2]] == [
        "cluster_unavailable",
        "still_closing",
    ]
    assert told == []
    assert ends(stack) == [f"web: {IDLE}"]
    assert len(posts(stack)) == 1
    assert left(stack) == []


def closed_in(states: Mapping[str, str]) -> set[str]:
    """Return the jobs that are closed."""
    return {job_id for job_id, state in states.items() if state == "closed"}


@pytest.mark.row(38)
def test_row_38_a_proxy_that_spoils_every_answer_costs_no_end_and_no_force() -> None:
    """A 504 instead of each close's answer, all day -> the same ends as without."""
    spoil = Fault(path="/_close", kind="status_after", status=504)
    history = spend(lambda stack: stack.cluster.faults.append(spoil))
    quiet = spend(lambda _: None)

    assert sweeps_ends(history, FIRST) == sweeps_ends(quiet, FIRST)
    assert closed_in(history.states) == closed_in(quiet.states)
    assert check(history).problems == ()
    assert not forces(history)


@pytest.mark.row(39)
def test_row_39_an_answer_lost_after_success_is_found_closed(stack: Runner) -> None:
    """The connection is cut when the job is closed -> the next look says so."""
    cut = Fault(path="/_close", method="POST", kind="cut_after", times=1)
    stack.cluster.faults.append(cut)
    add_idle(stack)
    ask(stack, "web")
    stack.poll()
    state, told = stack.cluster.state_of("web", stack.now), ends(stack)
    stack.run(after(minutes=2))

    assert (state, told) == ("closed", [])
    assert ends(stack) == [f"web: {IDLE}"]
    assert len(posts(stack)) == 1
    assert left(stack) == []


@pytest.mark.row(39)
def test_row_39_a_fifth_of_all_answers_lost_changes_no_end() -> None:
    """Answers to reads and closes are lost -> asked again; nothing lost or forced."""
    history = spend(lambda _: None, replace(calm(), lost_answers=0.2))

    # The first sweep may fail each of its tries.
    assert IDLE in sweeps_ends(history, FIRST) | sweeps_ends(history, SECOND)
    assert check(history).problems == ()
    assert not forces(history)


@pytest.mark.row(40)
def test_row_40_a_read_timeout_means_issued_and_is_no_error(stack: Runner) -> None:
    """The client hangs up on a slow close -> it was issued; later looks find it."""
    add_idle(stack, close_takes=TEN_MINUTES)
    ask(stack, "web")
    stack.run(after(hours=1))
    [posted] = lines(stack, "posted")
    whys = {line["why"] for line in lines(stack, "waiting")}

    assert posted["answer"].startswith("still_closing")
    assert whys == {"still_closing"}
    assert {line["level"] for line in stack.log} == {"INFO"}
    assert stack.errors == []
    assert ends(stack) == [f"web: {IDLE}"]


@pytest.mark.row(40)
def test_row_40_closes_that_outlast_their_client_end_closed() -> None:
    """Most closes take longer than 0.3 s -> their jobs still end closed."""
    history = spend(lambda _: None)
    posted = {(p.invocation, p.key): p.at for p in of(history, Posted)}
    hung_up = {(h.invocation, h.key): h.at for h in of(history, HungUp)}
    limit = timedelta(seconds=0.3)
    slow = {by[1].job_id for by, at in posted.items() if hung_up[by] - at >= limit}

    assert slow
    assert {history.states[job_id] for job_id in slow} == {"closed"}
    assert check(history).problems == ()
    assert not forces(history)
