"""Rows 6, 7, 9 and 10: what the cluster says of its jobs is partial, odd or nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest

from idle_jobs.errors import BadRequest
from local.runner import Runner
from rows.ringing import rings
from rows.translated import ALARM, of_type, rings_after
from rows.wishes import ask, jobs_in, left
from stacks import START, add_busy, add_idle, after, ends, hide_tasks, posts, sweep
from standin.cluster import Fault

pytestmark = pytest.mark.slow

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
FAILED_NODE: dict[str, object] = {
    "type": "failed_node_exception",
    "reason": "Failed node [n1]",
}


def verdicts(stack: Runner) -> dict[str, str]:
    """Return what the sweeps said of each job that is not closed."""
    lines = (line for line in stack.log if line["message"] == "verdict")
    return {line["job_id"]: f"{line['action']} {line['reason']}" for line in lines}


SOME = "stats: some nodes did not answer: failed_node_exception: Failed node [n1]"
LACKS = {
    "a node": SOME,
    "a task": SOME,
    "its own node": "opened, but without live stats: its node may be lost or "
    "unreachable: persistent task is awaiting node assignment.",
}


@pytest.mark.row(6)
@pytest.mark.parametrize(("lacks", "detail"), LACKS.items())
def test_row_06_a_job_whose_live_stats_may_be_missing_is_kept_as_unknown(
    stack: Runner, lacks: str, detail: str
) -> None:
    """A node or a task did not answer -> an old count may be stale: nothing is sent."""
    add_idle(stack, assigned=lacks != "its own node")
    if lacks == "a node":
        stack.cluster.node_failures.append(FAILED_NODE)
    if lacks == "a task":
        stack.cluster.task_failures.append(FAILED_NODE)
    [job] = sweep(stack)["jobs"]

    assert (job["action"], job["reason"], job["detail"]) == ("keep", "unknown", detail)
    assert left(stack) == posts(stack) == []
    assert stack.errors == [], "one doubtful job stops no sweep"


@pytest.mark.row(6)
def test_row_06_a_closer_that_cannot_know_skips_a_sweeps_job_and_a_person_waits(
    stack: Runner,
) -> None:
    """A node is lost between the sweep and the close -> no post until it answers."""
    for job_id in ("swept", "asked"):
        add_idle(stack, job_id)
    stack.cluster.node_failures.append(FAILED_NODE)
    ask(stack, "swept")
    ask(stack, "asked", request_id="ann", only_if_idle=False, reason="")
    stack.run(after(minutes=20))
    early, posted, waiting = ends(stack), posts(stack), jobs_in(stack, "CloseQueue")
    stack.cluster.node_failures.clear()
    stack.run(after(hours=1))

    assert (early, posted, waiting) == (["swept: skipped unknown"], [], ["asked"])
    assert ends(stack)[1:] == ["asked: closed requested"]
    assert left(stack) == []


def listing(name: str, key: str, count: int) -> bytes:
    """Return the answer of a list API that holds its 10,000, of so many."""
    items = [{key: f"x-{n}", "state": "closed"} for n in range(10_000)]
    return json.dumps({"count": count, name: items}).encode()


CAPPED = {
    "jobs": ("detectors/_stats", "jobs", "job_id", 10_000, BadRequest),
    "datafeeds": ("datafeeds/_stats", "datafeeds", "datafeed_id", 10_000, BadRequest),
    "of more": ("detectors/_stats", "jobs", "job_id", 12_345, BadRequest),
}


@pytest.mark.row(7)
@pytest.mark.parametrize("capped", CAPPED.values(), ids=CAPPED)
def test_row_07_ten_thousand_jobs_or_datafeeds_fail_loud(
    stack: Runner, capped: tuple[str, str, str, int, type[Exception]]
) -> None:
    """Without the tasks, the lists tell of 10,000 -> the sweep fails, sends nothing."""
    path, name, key, count, error = capped
    hide_tasks(stack)
    add_idle(stack)
    body = listing(name, key, count)
    stack.cluster.faults.append(Fault(path=path, status=200, body=body))
    for _ in range(3):  # Lambda runs a failed event twice more.
        sweep(stack)

    assert [type(each) for _, each in stack.errors] == [error] * 3
    assert "got 10000" in str(stack.errors[0][1])
    assert left(stack) == posts(stack) == ends(stack) == []
    assert [x for x in stack.log if x["message"] == "swept"] == []


@pytest.mark.row(5)
def test_row_05_the_second_failure_of_a_sweep_rings() -> None:
    """Lambda runs a failed sweep twice more -> rings at the third try, in each hour.

    It waits for one minute before the second try, and for two before the third, and
    tells in milliseconds how old the event is.
    """
    alarm = of_type(ALARM)["SweepMissing"]
    age = ("AsyncEventAge", "Sweeper", "Maximum")

    assert rings(alarm, {age: 180_000})
    assert not rings(alarm, {age: 60_000})
    assert not rings(alarm, {age: 90})
    assert (rings_after(alarm), alarm["AlarmActions"]) == (7200, ["AlarmTopic"])


@pytest.mark.row(7)
def test_row_07_one_job_less_is_a_whole_list(stack: Runner) -> None:
    """9,999 jobs -> all of them are judged: the limit is the API's own, not smaller."""
    hide_tasks(stack)
    fewer = json.loads(listing("jobs", "job_id", 9_999))
    body = json.dumps(fewer | {"jobs": fewer["jobs"][1:]}).encode()
    stack.cluster.faults.append(Fault(path="detectors", status=200, body=body))
    summary = sweep(stack)

    assert sum(summary["verdicts"].values()) == 9_999
    assert stack.errors == []


FUTURES: dict[str, tuple[dict[str, Any], str]] = {
    "data": ({"last_data": START + timedelta(seconds=6)}, "skipped unknown"),
    "data-of-years": ({"last_data": START + 400 * DAY}, "skipped unknown"),
    "opening": ({"opened": START + HOUR}, "skipped unknown"),
    # By that clock it was made after the sweep that asked for it.
    "birth": (
        {"created": START + timedelta(seconds=6), "opened": START - 30 * DAY},
        "skipped reopened",
    ),
}


@pytest.mark.row(9)
def test_row_09_times_in_the_future_are_unknown(stack: Runner) -> None:
    """The cluster's clock runs ahead of ours -> its jobs are kept, as unknown."""
    for job_id, (fields, _) in FUTURES.items():
        add_idle(stack, job_id, **fields)
    sweep(stack)
    ask(stack, *FUTURES)
    stack.poll()

    assert verdicts(stack) == dict.fromkeys(FUTURES, "keep unknown")
    assert sorted(ends(stack)) == sorted(f"{j}: {e}" for j, (_, e) in FUTURES.items())
    assert posts(stack) == []


@pytest.mark.row(9)
def test_row_09_a_sweep_that_starts_late_takes_no_time_for_the_future(
    stack: Runner,
) -> None:
    """Its event is 15 minutes old at most -> data since then is no doubt."""
    add_busy(stack, last_data=START + 14 * MINUTE)
    event = stack.scheduled_event(stack.now)
    stack.shift(15 * MINUTE)
    stack.invoke("Sweeper", event)

    assert verdicts(stack) == {"web": "keep active"}


NEVER_FED: dict[str, tuple[dict[str, Any], str]] = {
    "forgotten": ({"opened": START - 8 * DAY}, "close idle_never_fed"),
    "young": (
        {"created": START - 9 * DAY, "opened": START - 6 * DAY},
        "keep reopen_grace",
    ),
    "reopened": (
        {"created": START - 9 * DAY, "opened": START - 2 * HOUR},
        "keep reopen_grace",
    ),
    "moved": ({"opened": START - 2 * HOUR}, "report reopened_but_quiet"),
    "looking": ({"datafeed": "started"}, "report idle_datafeed_dry"),
    "unfed": ({"datafeed": None}, "report idle_no_datafeed"),
}


@pytest.mark.row(10)
def test_row_10_a_job_that_was_never_fed_is_closed_with_a_stopped_datafeed_only(
    stack: Runner,
) -> None:
    """It never had data -> idle_never_fed after NeverFedAfter; or kept, or reported."""
    for job_id, (fields, _) in NEVER_FED.items():
        add_idle(stack, job_id, **{"last_data": None, **fields})
    sweep(stack)
    stack.run(after(minutes=5))

    assert verdicts(stack) == {job_id: v for job_id, (_, v) in NEVER_FED.items()}
    assert ends(stack) == ["forgotten: closed idle_never_fed"]
    assert posts(stack) == ["/_ml/anomaly_detectors/forgotten/_close?timeout=30m"]
