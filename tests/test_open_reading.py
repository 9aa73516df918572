"""A scheduled sweep reads the open jobs, and the closed ones that it has to know."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from botocore.exceptions import EndpointConnectionError

from idle_jobs.steps import open_lately
from idle_jobs.steps.open_lately import OPEN_JOBS
from local.runner import Runner
from local.schedule import DAILY
from stacks import (
    START,
    add_busy,
    add_idle,
    before_ledger,
    ends,
    hide_tasks,
    ledger_refused,
    posts,
    sweep,
)
from standin.cluster import Cluster, Fault

pytestmark = pytest.mark.slow

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
STATS = "/_ml/anomaly_detectors/_stats"


def paths(stack: Runner) -> list[str]:
    """Return what was read since the last look, without what was asked of it."""
    found = [each.path.partition("?")[0] for each in stack.cluster.log]
    stack.cluster.log.clear()
    return found


def whole(stack: Runner) -> bool:
    """Return whether all jobs were read since the last look."""
    return STATS in paths(stack)


def test_a_sweep_reads_the_open_jobs_alone(stack: Runner) -> None:
    """The first one also asks which jobs were closed in the last days."""
    add_busy(stack)
    for n in range(9):
        add_idle(stack, f"old-{n}", state="closed", finished=START - 60 * DAY)
    sweep(stack)
    first = paths(stack)
    stack.shift(HOUR)
    summary = sweep(stack)
    second = paths(stack)

    assert summary["verdicts"] == {"active": 1}
    assert first == [second[0], "/_ml/anomaly_detectors", *second[1:]]
    assert second == [
        "/_cluster/state/metadata%2Cblocks",
        "/_ml/info",
        "/_ml/anomaly_detectors/web/_stats",
        "/_ml/anomaly_detectors/web",
        "/_ml/datafeeds/datafeed-web/_stats",
    ]


def test_more_open_jobs_than_an_item_holds_are_not_remembered(
    stack: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each sweep is then as the first one, and asks what was closed lately."""
    monkeypatch.setattr(open_lately, "LARGEST", 10)
    add_busy(stack)
    sweep(stack)
    first = paths(stack)
    stack.shift(HOUR)
    sweep(stack)

    assert first == paths(stack)
    assert "/_ml/anomaly_detectors" in first


def test_a_request_of_a_person_may_be_for_a_closed_job(stack: Runner) -> None:
    """So all jobs are read for it, in the queue and for a direct invocation."""
    add_idle(stack, "done", state="closed", finished=START - 60 * DAY)
    sweep(stack)
    stack.cluster.log.clear()
    stack.request(job_id="done")
    stack.take_one("Sweeper")
    queued = whole(stack)
    stack.invoke("Sweeper", {"job_id": "done"})

    assert (queued, whole(stack)) == (True, True)
    assert ends(stack) == ["done: skipped already_closed"] * 2


def test_a_cluster_with_no_open_job_has_nothing_to_tell(stack: Runner) -> None:
    """There is no job by the name of `*` that a request could have meant."""
    for _ in range(2):
        summary = sweep(stack)

        assert (summary["verdicts"], summary["jobs"]) == ({}, [])
    assert ends(stack) == []
    assert len([line for line in stack.log if line["message"] == "swept"]) == 2


HIDES: dict[str, Callable[[Runner], None]] = {
    "no privilege": hide_tasks,
    "no such path": lambda stack: stack.cluster.faults.append(
        Fault(path="_cluster/state", status=404, body=b"<html>")
    ),
}


@pytest.mark.parametrize("hide", HIDES.values(), ids=HIDES)
def test_without_the_tasks_all_jobs_are_read(
    stack: Runner, hide: Callable[[Runner], None]
) -> None:
    """As ever, and nobody is alarmed."""
    hide(stack)
    add_idle(stack)
    add_idle(stack, "done", state="closed", finished=START - DAY)
    for _ in range(2):
        summary = sweep(stack)

        assert whole(stack)
        assert summary["verdicts"] == {"already_closed": 1, "idle_datafeed_stopped": 1}
    assert stack.metrics["ClusterRefused"] == 0
    assert stack.errors == []


def test_a_cluster_state_that_cannot_be_read_fails_the_sweep(stack: Runner) -> None:
    """It is read again: an open job that is not listed would not be judged."""
    add_idle(stack)
    stack.cluster.faults.append(Fault(path="_cluster/state", status=503))
    sweep(stack)

    assert ["TryLater"] == [type(error).__name__ for _, error in stack.errors]
    assert [line for line in stack.log if line["message"] == "swept"] == []


def test_without_the_ledger_all_jobs_are_read(stack: Runner) -> None:
    """It is what remembers the jobs that were closed lately."""
    add_idle(stack)
    sweep(stack)
    stack.cluster.log.clear()
    with ledger_refused():
        summary = sweep(stack)

    assert whole(stack)
    assert summary["sent"] == 1


def test_a_ledger_that_goes_away_in_between_is_told(stack: Runner) -> None:
    """All jobs are read, or the next sweep is like the first one; it goes on."""
    add_idle(stack)
    with ledger_refused("dynamodb.PutItem"):
        sweep(stack)
    asked = iter("abc")

    def second(**_: object) -> None:
        if next(asked) == "b":
            raise EndpointConnectionError(endpoint_url="https://dynamodb")

    with before_ledger("dynamodb.Query", second):
        summary = sweep(stack)
    away = [line for line in stack.log if line["message"] == "ledger_away"]

    assert (len(away), summary["sent"], stack.errors) == (2, 1, [])


def test_more_jobs_than_the_lists_show_are_no_hindrance(stack: Runner) -> None:
    """The first sweep cannot ask which were closed lately, and goes on without."""
    stack.timeouts = {"READ_TIMEOUT": "60"}
    for n in range(10_000):
        add_idle(stack, f"old-{n}", state="closed", finished=START - DAY)
    add_idle(stack)
    summary = sweep(stack)

    assert (summary["sent"], stack.errors) == (1, [])
    assert stack.metrics["ClusterRefused"] == 0


def test_what_others_close_counts_in_a_mass_event() -> None:
    """Ten jobs became idle together; a person closes nine: the tenth stays held."""
    with Runner(Cluster(), START, {**DAILY, "HaltAboveJobs": "5"}) as stack:
        for n in range(10):
            add_idle(stack, f"idle-{n}", last_data=START - 3 * DAY)
        sweep(stack)
        for n in range(9):
            stack.cluster.jobs[f"idle-{n}"].begin_close(stack.now)
        stack.shift(5 * DAY)
        summary = sweep(stack)

        assert summary["why_held"] == {"sweep_halted": 1}
        assert posts(stack) == []


def test_an_unchanged_cluster_writes_nothing(stack: Runner) -> None:
    """What is remembered is written when another job is open, or is forgotten."""
    add_busy(stack)
    add_busy(stack, "leaves")
    noted = []
    for act in ("", "", "close", "", "wait"):
        if act == "close":
            stack.cluster.jobs["leaves"].begin_close(stack.now)
        stack.shift(30 * DAY if act == "wait" else HOUR)
        stack.cluster.give_data("web", stack.now)
        sweep(stack)
        [item] = [
            item
            for item in stack.topology.ledger.items(stack.name)
            if item["closed"] == OPEN_JOBS
        ]
        noted.append(item["noted_at"])

    assert [True, False, True, False, True] == [
        one != other for one, other in zip(noted, ["", *noted], strict=False)
    ]
