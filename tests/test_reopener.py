"""The Reopener on a stack: what it reopens, what it leaves, and what it writes down."""

import json
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from bench import Bench
from builders import NOW, ago, closed_job
from idle_jobs.elastic.opening import open_job, start_datafeed
from idle_jobs.errors import LookAgain
from idle_jobs.messages.undo_request import Reopen
from idle_jobs.reopening import reopen_closings
from idle_jobs.times import rfc3339
from local.runner import Runner
from stacks import (
    START,
    add_busy,
    add_idle,
    after,
    ends,
    ledger_refused,
    mode_refused,
    sweep,
    undo,
)
from standin.cluster import FOREVER, Fault

HOUR = timedelta(hours=1)


def state(stack: Runner, job_id: str = "web") -> tuple[str, str | None]:
    """Return the states of a job and of its datafeed."""
    job = stack.cluster.jobs[job_id]
    return stack.cluster.state_of(job_id, stack.now), job.datafeed


def results(answer: Any) -> list[str]:
    """Return how far each closing has come."""
    return [
        f"{each['job_id']}: {each['ended'] or 'not yet'} {each['reason']}".strip()
        for each in answer["results"]
    ]


@pytest.fixture
def closed(stack: Runner) -> Runner:
    """Return a stack whose sweep has closed an idle job; it is an hour later."""
    add_idle(stack)
    sweep(stack)
    stack.run(after(hours=1))
    assert state(stack) == ("closed", "stopped")
    return stack


def test_a_closing_is_undone(closed: Runner) -> None:
    """The job is open, its datafeed as before; the outcome says who asked, and is one.

    The ledger keeps who undid it, and when.
    """
    assert results(undo(closed, since="2h")) == ["web: reopened requested"]

    assert state(closed) == ("opened", "stopped")
    [outcome] = closed.outcomes("u-1")
    assert ("reopened", "requested", "web") == (
        outcome["ended"],
        outcome["reason"],
        outcome["job_id"],
    )
    assert ("ann", "reopen", "reopener") == (
        outcome["requested_by"],
        outcome["kind"],
        outcome["service"],
    )
    [item] = closed.ledger()
    assert (item["reopened_by"], item["reopened_request"]) == ("ann", "u-1")
    assert item["reopening_at"] <= item["reopened_at"] == rfc3339(closed.now)
    assert closed.metrics["JobsReopened"] == 1
    assert closed.metrics["MemoryFreed"] == item["memory_bytes"]


def test_a_datafeed_that_ran_is_started_again(stack: Runner) -> None:
    """From where it stood: no start is given, and no end."""
    add_busy(stack)
    stack.request(job_id="web", only_if_idle=False)
    stack.run(after(hours=1))
    assert state(stack) == ("closed", "stopped")

    assert results(undo(stack)) == ["web: reopened requested"]
    assert state(stack) == ("opened", "started")
    assert [line.path for line in stack.cluster.log if "_start" in line.path] == [
        "/_ml/datafeeds/datafeed-web/_start?timeout=20s"
    ]


def test_what_somebody_else_closed_stays_closed(stack: Runner) -> None:
    """Nobody asks the ledger of it: it has no item, and none is believed."""
    add_idle(stack)
    stack.cluster.jobs["web"].state = "closed"
    stack.cluster.jobs["web"].finished = START
    closed = f"{rfc3339(START)} web"
    asked = {"closings": [closed], "request_id": "u", "requested_at": rfc3339(START)}

    assert stack.call("Reopener", {"undo": {}}) == {"closings": []}
    answer = stack.invoke("Reopener", {"reopen": asked})
    assert results(answer) == ["web: skipped not_in_ledger"]
    assert state(stack)[0] == "closed"
    assert ends(stack) == ["web: skipped not_in_ledger"]


def test_closings_are_chosen_by_time_job_and_request(closed: Runner) -> None:
    """The newest of each job, and what would become of it."""
    [item] = closed.ledger()

    def shown(**asked: str) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = closed.call("Reopener", {"undo": asked})[
            "closings"
        ]
        return answer

    [entry] = shown(since="2h")
    assert entry == {
        "closed": item["closed"],
        "job_id": "web",
        "ended": "closed",
        "request_id": item["request_id"],
        "datafeed_before": "stopped",
        "memory_bytes": item["memory_bytes"],
        "undo": True,
    }
    assert [entry] == shown(job_id="web") == shown(request_id=item["request_id"])
    assert [] == shown(since="10m") == shown(job_id="api") == shown(request_id="x")

    closed.cluster.jobs["web"].finished = closed.now
    [entry] = shown()
    assert (entry["undo"], entry["reason"]) == (False, "closed_again")
    assert entry["detail"].startswith("somebody has opened it, and closed it at 2026")


def test_in_every_mode_and_without_one(closed: Runner) -> None:
    """Who has paused the application wants to see its closings undone."""
    closed.set_mode("paused")
    with mode_refused():
        assert results(undo(closed)) == ["web: reopened requested"]


def test_it_is_undone_once(closed: Runner) -> None:
    """The same request hears the same again, uncounted; another hears who did it."""
    [item] = closed.ledger()
    undo(closed)
    terms = {"requested_at": rfc3339(closed.now), "closings": [item["closed"]]}
    same = closed.invoke("Reopener", {"reopen": terms | {"request_id": "u-1"}})
    other = closed.invoke("Reopener", {"reopen": terms | {"request_id": "u-2"}})

    assert results(same) == ["web: reopened requested"]
    assert results(other) == ["web: skipped reopened"]
    assert other["results"][0]["detail"] == f"it was undone at {rfc3339(closed.now)}"
    assert closed.metrics["JobsReopened"] == 1


def test_a_few_jobs_at_a_time(stack: Runner) -> None:
    """If two are slow to open, no third is opened before."""
    for job_id in ("a", "b", "c"):
        add_idle(stack, job_id, open_takes=FOREVER)
    sweep(stack)
    stack.run(after(hours=1))

    assert results(undo(stack)) == [
        "a: not yet opening",
        "b: not yet opening",
        "c: not yet",
    ]
    assert stack.outcomes("u-1") == []
    stack.cluster.jobs["a"].open_takes = timedelta()
    stack.cluster.jobs["a"].state = "opened"
    again = undo_again(stack)
    assert results(again) == [
        "a: reopened requested",
        "b: not yet opening",
        "c: not yet opening",
    ]


def undo_again(stack: Runner, *closed: str) -> Any:
    """Ask for the same closings once more, as the command does."""
    wanted = [*closed] or [item["closed"] for item in stack.ledger()]
    terms = {"request_id": "u-1", "requested_at": rfc3339(stack.now)}
    return stack.invoke("Reopener", {"reopen": terms | {"closings": wanted}})


def test_a_node_without_room_is_waited_for(closed: Runner) -> None:
    """Elasticsearch's reason is told; the mark stays, and the next round goes on."""
    closed.cluster.memory = "1kb"
    [result] = undo(closed)["results"]
    assert (result["ended"], result["reason"]) == ("", "throttled")
    assert "no ML nodes with sufficient capacity" in result["detail"]
    assert state(closed)[0] == "closed"

    closed.cluster.memory = "64gb"
    assert results(undo_again(closed)) == ["web: reopened requested"]


def test_what_was_begun_long_ago_is_begun_anew(stack: Runner) -> None:
    """The mark of an undo that could not open the job does not hide the next one."""
    close_running(stack, "web")
    stack.cluster.memory = "1kb"
    assert results(undo(stack)) == ["web: not yet throttled"]
    stack.cluster.memory = "64gb"
    stack.shift(2 * HOUR)

    assert results(undo_again(stack)) == ["web: reopened requested"]
    assert state(stack) == ("opened", "started")


def test_a_datafeed_that_does_not_start_holds_up_no_other_job(stack: Runner) -> None:
    """Such as one whose index is gone: its job is open, and the next ones follow."""
    close_running(stack, "a", "b", "c")
    reason = "because index [logs] does not exist, is closed, or is still initializing."
    error = {"type": "status_exception", "reason": reason}
    body = json.dumps({"error": error | {"root_cause": [error]}, "status": 409})
    fault = Fault(r"datafeed-[ab]/_start", status=409, body=body.encode())
    stack.cluster.faults = [fault]

    answer = undo(stack)
    assert results(answer) == [
        "a: not yet opening",
        "b: not yet opening",
        "c: reopened requested",
    ]
    assert reason in answer["results"][0]["detail"]


def test_a_credential_that_may_start_no_datafeed_is_told(stack: Runner) -> None:
    """The job was opened all the same, and the outcome says so."""
    close_running(stack, "web")
    stack.cluster.faults = [Fault("_start", status=403)]

    [result] = undo(stack)["results"]
    assert (result["ended"], result["reason"]) == ("skipped", "cluster_refused")
    assert result["detail"].startswith("it is open, but its datafeed is not started: 4")
    assert state(stack) == ("opened", "stopped")


def test_a_cluster_that_cannot_be_read_is_told_in_its_words(closed: Runner) -> None:
    """The reason alone does not say what to mend."""
    closed.cluster.faults = [Fault(r"_ml/info", status=503)]
    [result] = undo_again(closed)["results"]
    assert (result["ended"], result["reason"]) == ("", "cluster_unavailable")
    assert result["detail"].startswith("503 ")


def close_running(stack: Runner, *job_ids: str) -> None:
    """Close jobs whose datafeeds run, an hour ago."""
    for job_id in job_ids:
        add_busy(stack, job_id)
        stack.request(job_id=job_id, only_if_idle=False)
    stack.run(after(hours=1))


def test_a_credential_that_may_not_open_is_told(closed: Runner) -> None:
    """It is an end: no round that follows would get another answer."""
    closed.cluster.faults = [Fault(r"/_open\?", status=403)]
    [result] = undo(closed)["results"]
    assert (result["ended"], result["reason"]) == ("skipped", "cluster_refused")
    assert closed.metrics["ClusterRefused"] == 1
    assert ends(closed)[-1] == "web: skipped cluster_refused"


def test_a_ledger_that_is_away_stops_the_round(closed: Runner) -> None:
    """Nothing is opened that could not be marked."""
    [item] = closed.ledger()
    with ledger_refused("dynamodb.UpdateItem"):
        answer = undo_again(closed)
    assert results(answer) == ["web: not yet ledger_away"]
    assert state(closed)[0] == "closed"
    with ledger_refused():
        answer = undo_again(closed, item["closed"])
        assert results(answer) == ["web: not yet ledger_away"]
    assert results(undo_again(closed)) == ["web: reopened requested"]


def test_what_was_read_long_ago_is_not_opened() -> None:
    """Somebody may have used the job since: the next round reads it again."""
    bench = Bench(reads_take=16)
    bench.add(state="closed", finished=ago(minutes=1))
    item = {
        "cluster": "test",
        "closed": f"{rfc3339(ago(minutes=1))} web",
        "job_id": "web",
        "ended": "closed",
        "closed_by": "us",
        "finished": rfc3339(ago(minutes=1)),
        "reopening_at": rfc3339(NOW),
    }
    bench.items = {item["closed"]: {k: {"S": v} for k, v in item.items()}}
    closed = (item["closed"],)
    asked = Reopen(closings=closed, request_id="u-1", requested_at=NOW)

    late = reopen_closings(asked, bench.services, bench.cut_at + HOUR)
    assert results(late) == ["web: not yet cluster_unavailable"]
    assert bench.posts == []
    bench.reads_take = 0
    in_time = reopen_closings(asked, bench.services, bench.cut_at + HOUR)
    assert bench.posts == ["web?timeout=100s"]
    assert results(in_time) == ["web: reopened requested"]
    assert bench.items[item["closed"]]["reopened_request"] == {"S": "u-1"}


@pytest.mark.parametrize("call", ["_open", "_start"])
def test_a_success_that_says_nothing_is_none(call: str) -> None:
    """A proxy may answer 200 by itself: the job is read again."""
    bench = Bench()
    bench.add(state="closed", finished=ago(minutes=1))
    bench.stand_in.faults.append(Fault(call, status=200, body=b"{}"))
    cluster = bench.services.cluster
    calls = {
        "_open": partial(open_job, cluster, closed_job(), 1),
        "_start": partial(start_datafeed, cluster, "datafeed-web", None, 1),
    }
    with pytest.raises(LookAgain, match="does not say"):
        calls[call]()
