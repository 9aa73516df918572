"""Rows 35 and 37: a cluster that is away, or has too much to do."""

import json
from dataclasses import replace
from datetime import datetime

import pytest

from local.runner import Runner
from local.schedule import DAILY
from rows.schedules import FIRST, SECOND, away, forces, of, spend, sweeps_ends
from rows.wishes import IDLE, ask, ends_by_key, left
from rows.wishes import forces as forces_in
from simulation.checker import check
from simulation.faults import JSON, THROTTLED
from simulation.history import Moved
from simulation.keys import FIRST as KEY
from simulation.keys import granted
from simulation.stack import Stack
from stacks import add_busy, add_idle, after, posts
from standin.cluster import Fault

pytestmark = pytest.mark.slow

IMPATIENT = {**DAILY, "ParkAfter": "2h"}
NOBODY_LISTENS = {"ClusterUrl": "http://127.0.0.1:1"}
RESET = Fault(kind="refuse")
TOO_BUSY = Fault(status=429, body=THROTTLED, headers=JSON)
TO_ALL = pytest.param(TOO_BUSY, id="every call")
TO_CLOSES = pytest.param(replace(TOO_BUSY, path="/_close"), id="closes only")
UNREACHED = [pytest.param(None, id="refused"), pytest.param(RESET, id="reset")]

# A sweep that may not see the tasks reads all jobs; who looks after some names them.
BUT_SWEEPS = "/anomaly_detectors/job-"

A_SWEEPS, A_PERSONS = ("sweep", "web"), ("ann", "api")


def break_off(stack: Runner, fault: Fault | None) -> None:
    """Ask for a sweep and for a person; then a fault begins, or nobody listens."""
    add_idle(stack, "web")
    add_busy(stack, "api")
    ask(stack, "web")
    ask(stack, "api", only_if_idle=False, request_id="ann")
    if fault:
        stack.cluster.faults.append(fault)
    stack.parameters = IMPATIENT | ({} if fault else NOBODY_LISTENS)


def recover(stack: Runner, at: datetime) -> None:
    """Go on to a time at which the fault is over, and then for as long again."""
    stack.run(at)
    stack.cluster.faults.clear()
    stack.parameters = IMPATIENT
    stack.run(at + (at - after()))


def strike(stack: Stack, fault: Fault) -> None:
    """Let a fault strike all reads but those of sweeps."""
    stack.cluster.keys = granted((KEY,), narrow=True)
    stack.cluster.faults.append(fault)


def waits(stack: Runner, job_id: str) -> list[int]:
    """Return the seconds that a job's message was told to wait, look by look."""
    lines = [line for line in stack.log if line["message"] == "waiting"]
    return [line["seconds"] for line in lines if line["job_id"] == job_id]


def parked_for(stack: Runner) -> list[str]:
    """Return the reasons of all that is left, which is in ParkingQueue."""
    bodies = stack.queues.bodies("ParkingQueue")
    assert left(stack) == bodies
    return [json.loads(body)["parked_reason"].split(":")[0] for body in bodies]


@pytest.mark.row(35)
@pytest.mark.parametrize("fault", UNREACHED)
def test_row_35_an_unreachable_cluster_is_asked_again_later_and_both_close(
    stack: Runner, fault: Fault | None
) -> None:
    """No connection for an hour -> a look each 15 min with jitter; then both close."""
    break_off(stack, fault)
    recover(stack, after(hours=1))
    seconds = waits(stack, "web")

    assert ends_by_key(stack) == {A_SWEEPS: {IDLE}, A_PERSONS: {"closed requested"}}
    assert all(810 <= second <= 990 for second in seconds)
    assert len(set(seconds)) > 1, "jitter"
    assert len(posts(stack)) == 2
    assert left(stack) == forces_in(stack) == []


@pytest.mark.row(35)
@pytest.mark.parametrize("fault", UNREACHED)
def test_row_35_a_cluster_that_stays_away_ends_messages_by_their_age(
    stack: Runner, fault: Fault | None
) -> None:
    """Never reached -> a sweep's wish is skipped, a person's parked; never a force."""
    break_off(stack, fault)
    stack.run(after(hours=6))

    assert ends_by_key(stack) == {
        A_SWEEPS: {"skipped cluster_unavailable"},
        A_PERSONS: {"parked cluster_unavailable"},
    }
    assert posts(stack) == []
    assert parked_for(stack) == ["cluster_unavailable"]


@pytest.mark.row(35)
def test_row_35_an_outage_between_sweep_and_close_loses_nothing() -> None:
    """Away for half an hour after the sweep's reads -> all that it sent closes then."""
    outage = away(FIRST, BUT_SWEEPS)
    history = spend(lambda stack: strike(stack, outage))

    assert IDLE in sweeps_ends(history, FIRST)
    assert "skipped cluster_unavailable" not in sweeps_ends(history, FIRST)
    assert check(history).problems == ()
    assert not forces(history)


@pytest.mark.row(37)
@pytest.mark.parametrize("fault", [TO_ALL, TO_CLOSES])
def test_row_37_a_throttled_close_is_tried_later_and_both_close(
    stack: Runner, fault: Fault
) -> None:
    """429 for an hour -> looked at again; no evidence of anything, so both close."""
    break_off(stack, fault)
    recover(stack, after(hours=1))

    assert ends_by_key(stack) == {A_SWEEPS: {IDLE}, A_PERSONS: {"closed requested"}}
    assert left(stack) == forces_in(stack) == []


@pytest.mark.row(37)
@pytest.mark.parametrize("fault", [TO_ALL, TO_CLOSES])
def test_row_37_receives_outlast_the_ages_that_end_a_throttled_message(
    stack: Runner, fault: Fault
) -> None:
    """429 for good -> each message ends by its age, before SQS has counted it out."""
    break_off(stack, fault)
    stack.run(after(hours=6))

    assert ends_by_key(stack) == {
        A_SWEEPS: {"skipped throttled"},
        A_PERSONS: {"parked throttled"},
    }
    assert forces_in(stack) == []
    assert parked_for(stack) == ["throttled"]


@pytest.mark.row(37)
def test_row_37_a_cluster_that_throttles_for_hours_moves_nothing_to_a_dead_letter() -> (
    None
):
    """429 until the second sweep -> SQS moves no message on, and nothing is forced."""
    fault = replace(TOO_BUSY, path=BUT_SWEEPS, start=FIRST, until=SECOND)
    history = spend(lambda stack: strike(stack, fault))

    assert "skipped throttled" in sweeps_ends(history, FIRST)
    assert IDLE in sweeps_ends(history, SECOND)
    assert of(history, Moved) == []
    assert check(history).problems == ()
    assert not forces(history)
