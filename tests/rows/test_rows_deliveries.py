"""Rows 13, 14, 17, 18 and 19: messages that come twice, too late, or never."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from local.runner import Runner
from rows.schedules import FIRST, away, forces, of, spend, sweeps_ends
from rows.wishes import IDLE, ask, ends_by_key, jobs_in, left
from simulation.checker import check
from simulation.faults import calm
from simulation.history import Delivered, Expired, Finished, History, Posted, Spoiled
from simulation.stack import Stack
from stacks import START, add_busy, add_idle, after, ends, posts

pytestmark = pytest.mark.slow


def at_once(history: History) -> list[str]:
    """Return the messages that two invocations held at one time."""
    over = {e.invocation: e.at for e in of(history, Finished)}
    held = defaultdict(list)
    for delivered in of(history, Delivered):
        held[delivered.message_id].append(delivered)
    return [
        message_id
        for message_id, times in held.items()
        for first, second in pairwise(times)
        if first.queue == second.queue and second.at < over[first.invocation]
    ]


@pytest.mark.row(13)
def test_row_13_a_message_on_two_workers_has_one_outcome() -> None:
    """SQS delivers every other message twice -> the same end from both."""
    history = spend(lambda _: None, replace(calm(), duplicates=0.5), seed=2, jobs=100)
    findings = check(history)

    assert at_once(history)
    assert findings.problems == ()
    assert findings.contradicting == []
    assert not forces(history)


@pytest.mark.row(14)
def test_row_14_a_delivery_after_its_delete_is_a_no_op(stack: Runner) -> None:
    """A copy comes when its wish has ended -> told as before, nothing is posted."""
    add_idle(stack, "idle")
    add_busy(stack, "busy")
    ask(stack, "idle", "busy")
    event = {"Records": stack.queues.receive("CloseQueue", 10)}
    stack.invoke("Closer", event)
    first, called = ends(stack), posts(stack)
    stack.invoke("Closer", event)

    assert sorted(first) == ["busy: skipped active", f"idle: {IDLE}"]
    assert sorted(ends(stack)) == sorted(2 * first)
    assert posts(stack) == called == ["/_ml/anomaly_detectors/idle/_close?timeout=30m"]


@pytest.mark.row(14)
def test_row_14_a_late_copy_does_not_close_what_was_opened_again(stack: Runner) -> None:
    """Somebody has opened the job meanwhile -> the old copy leaves it alone."""
    add_idle(stack)
    ask(stack, "web")
    event = {"Records": stack.queues.receive("CloseQueue", 10)}
    stack.invoke("Closer", event)
    stack.shift(after(hours=1) - START)
    stack.cluster.reopen_job("web", stack.now)
    stack.invoke("Closer", event)

    assert ends(stack) == [f"web: {IDLE}", "web: skipped reopened"]
    assert len(posts(stack)) == 1
    assert stack.cluster.state_of("web", stack.now) == "opened"


@pytest.mark.row(14)
def test_row_14_a_late_copy_of_what_was_skipped_for_now_is_judged_again(
    stack: Runner,
) -> None:
    """Its job was active then and is idle now -> the copy closes it, like a sweep."""
    add_idle(stack, last_data=START)
    ask(stack, "web")
    event = {"Records": stack.queues.receive("CloseQueue", 10)}
    stack.invoke("Closer", event)
    stack.shift(timedelta(hours=49))
    stack.invoke("Closer", event)

    assert ends(stack) == ["web: skipped active", f"web: {IDLE}"]
    assert len(posts(stack)) == 1


@pytest.mark.row(14)
def test_row_14_deletes_that_are_lost_change_no_end() -> None:
    """SQS forgets every third delete -> all that comes again ends as before."""
    history = spend(lambda _: None, replace(calm(), lost_deletes=0.3))
    findings = check(history)

    assert {e.how for e in of(history, Spoiled)} == {"delete_lost"}
    assert findings.duplicated
    assert findings.problems == ()
    assert not forces(history)


@pytest.mark.row(17)
def test_row_17_a_batch_that_comes_again_as_a_whole_has_no_second_effect(
    stack: Runner,
) -> None:
    """Lambda cannot use the answer -> it keeps the batch: same ends, same posts."""
    add_idle(stack, "quick")
    add_idle(stack, "slow", close_takes=after(minutes=20) - START)
    add_busy(stack, "busy")
    ask(stack, "quick", "slow", "busy")
    # An unknown id in an answer means to Lambda that nothing of the batch is done.
    stack.dies = {("Closer", 1)}
    stack.poll()
    kept = jobs_in(stack, "CloseQueue")
    stack.run(after(hours=1))

    # What was posted, and closes yet, was put back before the answer was lost.
    assert kept == ["busy", "quick", "slow", "slow"]
    assert {job_id: ends for (_, job_id), ends in ends_by_key(stack).items()} == {
        "quick": {IDLE},
        "slow": {IDLE},
        "busy": {"skipped active"},
    }
    assert len(posts(stack)) == 2
    assert left(stack) == []


@pytest.mark.row(18)
def test_row_18_a_visibility_that_is_too_short_runs_twice_and_harms_nobody() -> None:
    """Somebody set it to two seconds -> looks overlap; each wish ends once."""

    def shorten(stack: Stack) -> None:
        queues = {
            name: replace(queue, visibility=2)
            for name, queue in stack.topology.queues.items()
        }
        stack.queues.topology = queues

    history = spend(shorten, seed=1, jobs=100)
    findings = check(history)

    assert at_once(history)
    # The checker knows no such fault, so that it asks why an end is told twice.
    assert {problem.kind for problem in findings.problems} == {"repeated"}
    assert IDLE in sweeps_ends(history, FIRST)
    assert not forces(history)


@pytest.mark.row(19)
def test_row_19_what_expires_in_the_queue_is_found_by_the_next_sweep() -> None:
    """CloseQueue forgets in ten minutes -> the next sweep sends the jobs again."""

    def forget(stack: Stack) -> None:
        queues = dict(stack.topology.queues)
        queues["CloseQueue"] = replace(queues["CloseQueue"], retention=600)
        stack.queues.topology = queues
        stack.cluster.faults.append(away(FIRST, "/_close"))

    history = spend(forget)
    gone = {e.key for e in of(history, Expired)}
    later = FIRST + timedelta(hours=1)
    again = {e.key.job_id for e in of(history, Posted) if e.at > later}

    # A person's request is gone for good, as the row says.
    swept = {key for key in gone if not key.request_id.startswith("ask-")}
    assert swept
    assert {key.job_id for key in swept} <= again
    assert {history.states[key.job_id] for key in swept} == {"closed"}
    assert {problem.key for problem in check(history).problems} == gone, "no end"
    assert not forces(history)
