"""Rows 24 to 28 and 34: functions that die or run out of time, and one that waits."""

from datetime import timedelta
from typing import Any

import pytest

import sweeper
from idle_jobs.services import open_services
from local.crashes import Kill
from local.runner import Runner
from rows.wishes import IDLE, ask, ends_by_key, jobs_in, killing, left
from stacks import add_busy, add_idle, after, ends, posts

pytestmark = pytest.mark.slow

MINUTE = timedelta(minutes=1)
POST = "POST /_ml/anomaly_detectors/*/_close"
JOBS = ("api", "web")
ENDS = {("sweep", job_id): {IDLE} for job_id in JOBS}


@pytest.mark.row(24)
@pytest.mark.parametrize(
    "kill",
    [
        Kill("before", "Closer", "GET /_ml/info", ""),
        Kill("before", "Closer", POST, "web"),
    ],
    ids=["before the read", "between the read and the post"],
)
def test_row_24_a_crash_before_the_call_is_redelivered_and_closed(kill: Kill) -> None:
    """Killed before it posts -> the message comes again, and the job is closed once."""
    with killing(kill) as stack:
        add_idle(stack)
        ask(stack, "web")
        stack.poll()
        posted, waiting = posts(stack), jobs_in(stack, "CloseQueue")
        stack.run(after(hours=1))
        undone = left(stack)

    assert stack.switch.struck
    assert (posted, waiting, undone) == ([], ["web"], [])
    assert ends(stack) == [f"web: {IDLE}"]
    assert len(posts(stack)) == 1


@pytest.mark.row(25)
def test_row_25_a_crash_after_the_call_sees_it_closing_and_waits_for_closed() -> None:
    """Killed when the cluster has accepted -> the next looks wait, and post nothing."""
    with killing(Kill("after", "Closer", POST, "web")) as stack:
        add_idle(stack, close_takes=20 * MINUTE)
        ask(stack, "web")
        stack.run(after(minutes=18))
        early = [line["why"] for line in stack.log if line["message"] == "waiting"]
        told = ends(stack)
        stack.run(after(hours=1))
        undone = left(stack)

    assert stack.switch.struck
    assert (set(early), told, undone) == ({"still_closing"}, [], [])
    assert ends(stack) == [f"web: {IDLE}"]
    assert len(posts(stack)) == 1


@pytest.mark.row(26)
def test_row_26_a_crash_after_the_close_is_told_as_closed() -> None:
    """Killed before it tells the outcome -> `finished_time` proves that it was us."""
    with killing(Kill("after", "Closer", POST, "web")) as stack:
        add_idle(stack)
        ask(stack, "web")
        stack.poll()
        state, told = stack.cluster.state_of("web", stack.now), ends(stack)
        stack.run(after(hours=1))
        undone = left(stack)

    assert (state, told, undone) == ("closed", [], [])
    assert ends(stack) == [f"web: {IDLE}"]
    assert stack.outcomes()[0]["closing"] == "web@2026-03-02T06:05:00Z"
    assert len(posts(stack)) == 1


@pytest.mark.row(27)
def test_row_27_a_crash_after_the_outcome_is_a_no_op(stack: Runner) -> None:
    """Dead before its messages are deleted -> told again, word for word; no call."""
    for job_id in JOBS:
        add_idle(stack, job_id)
    ask(stack, *JOBS)
    stack.dies = {("Closer", 1)}
    stack.run(after(hours=1))
    closings = [outcome["closing"] for outcome in stack.outcomes()]

    assert len(posts(stack)) == 2
    assert ends_by_key(stack) == ENDS
    assert len(closings) == 2 * len(set(closings)) == 4
    assert left(stack) == []


def answered_in(
    stack: Runner, records: list[dict[str, Any]], seconds: list[float]
) -> set[str]:
    """Answer requests, with so many seconds left before each; return what stays."""
    left_of_it = iter(seconds)
    with stack.inside("Sweeper") as module:
        services = open_services("request_queue_url", module.logger, module.metrics)
        answer = sweeper.answer_requests(
            {"Records": records}, services, lambda: next(left_of_it)
        )
    return {str(failed["itemIdentifier"]) for failed in answer["batchItemFailures"]}


@pytest.mark.row(28)
def test_row_28_a_sweeper_out_of_time_gives_the_rest_of_its_batch_back(
    stack: Runner,
) -> None:
    """Under 20 s are left after two of four -> two stay untouched, and end later."""
    jobs = ["a", "b", "c", "d"]
    for job_id in jobs:
        add_busy(stack, job_id)
        stack.request(job_id=job_id)
    records = stack.queues.receive("RequestQueue", 10)
    stay = answered_in(stack, records, [300, 21, 19.9, 5])
    for record in records[:2]:
        stack.queues.delete("RequestQueue", record)
    done = jobs_in(stack, "CloseQueue")
    soon = stack.queues.next_visible("RequestQueue")
    stack.run(after(hours=1))

    assert stay == {record["messageId"] for record in records[2:]}
    assert len(done) == 2
    assert soon == after(milliseconds=1), "at once"
    assert sorted(ends(stack)) == [f"{job_id}: closed requested" for job_id in jobs]
    assert left(stack) == []


@pytest.mark.row(28)
def test_row_28_a_closer_out_of_time_begins_no_look(stack: Runner) -> None:
    """Its looks begin all at once -> under 20 s none does, and all are whole."""
    for job_id in JOBS:
        add_idle(stack, job_id)
    ask(stack, *JOBS)
    stack.seconds_left = 19.9
    stack.poll()
    posted, told = posts(stack), ends(stack)
    soon = stack.queues.next_visible("CloseQueue")
    stack.seconds_left = None
    stack.run(after(minutes=5))

    assert (posted, told) == ([], [])
    assert soon == after(milliseconds=1), "at once"
    assert ends_by_key(stack) == ENDS
    assert len(posts(stack)) == 2


@pytest.mark.row(34)
def test_row_34_a_batch_that_is_still_closing_is_no_error(stack: Runner) -> None:
    """Ten of ten still close -> all stay, nothing raises, no metric says an error."""
    jobs = [f"job-{n}" for n in range(10)]
    for job_id in jobs:
        add_idle(stack, job_id, close_takes=9 * MINUTE)
    ask(stack, *jobs)
    stack.take_one("Closer")  # It posts, and puts what it has posted back once.
    stack.shift(MINUTE)
    event = {"Records": stack.queues.receive("CloseQueue", 10)}
    answer = stack.call("Closer", event)
    stay = {failed["itemIdentifier"] for failed in answer["batchItemFailures"]}
    levels = {line["level"] for line in stack.log}
    measured = set(stack.metrics)
    stack.run(after(hours=1))

    assert stay == {record["messageId"] for record in event["Records"]}
    assert levels == {"INFO"}
    assert measured == set()
    assert sorted(ends(stack)) == [f"{job_id}: {IDLE}" for job_id in jobs]
    assert len(posts(stack)) == 10
    assert stack.errors == []
