"""Times of two clocks: compared with one tolerance, and read at one moment."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bench import Bench, force_closers
from builders import NOW, RULES, ago, idle_job, persons_message, sweeps_message
from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.outcome import Ended
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.judge import judge
from idle_jobs.reasons import Reason
from idle_jobs.steps.next_step import next_step
from idle_jobs.steps.role import Role
from idle_jobs.steps.step import End
from idle_jobs.times import CLOCKS_APART

SECOND = timedelta(seconds=1)
TOO_FAR = CLOCKS_APART + SECOND


def of_node_and_master(apart: timedelta) -> Job:
    """Return a job whose node is behind the master that stamped its creation."""
    return idle_job(created=ago(days=30), last_data=ago(days=30) - apart)


def of_node_and_us(apart: timedelta) -> Job:
    """Return a job whose node is ahead of us."""
    return idle_job(last_data=NOW + apart)


def of_master_and_us(apart: timedelta) -> Job:
    """Return a job whose master is ahead of us."""
    return idle_job(created=NOW + apart, last_data=None, records=0)


@pytest.mark.parametrize("apart", [SECOND, CLOCKS_APART, TOO_FAR], ids=str)
@pytest.mark.parametrize(
    ("job", "reason"),
    [
        (of_node_and_master, Reason.IDLE_DATAFEED_STOPPED),
        (of_node_and_us, Reason.ACTIVE),
        (of_master_and_us, Reason.REOPEN_GRACE),
    ],
)
def test_clocks_may_be_five_seconds_apart(
    job: Callable[[timedelta], Job], reason: Reason, apart: timedelta
) -> None:
    """Up to then a job is judged, and beyond its times contradict each other (F11)."""
    verdict = judge(job(apart), NOW, RULES)

    assert (Reason.UNKNOWN if apart > CLOCKS_APART else reason) == verdict.reason


@pytest.mark.parametrize("apart", [SECOND, CLOCKS_APART, TOO_FAR], ids=str)
def test_a_cluster_that_is_behind_stamps_our_close_before_its_request(
    apart: timedelta,
) -> None:
    """Up to five seconds before, a close is told as the request's end (F11)."""
    message = persons_message()
    closed = idle_job(state=State.CLOSED, finished=message.requested_at - apart)
    step = next_step(closed, message, NOW, Role(RULES))

    assert isinstance(step, End)
    assert (step.ended is Ended.CLOSED) == (apart <= CLOCKS_APART)


@pytest.mark.parametrize("apart", [SECOND, CLOCKS_APART, TOO_FAR], ids=str)
def test_a_node_that_is_ahead_stamps_data_after_the_closing(apart: timedelta) -> None:
    """Only data well after it shows that the job was opened since (F11)."""
    seen = ago(hours=3)
    message = persons_message(
        requested_at=ago(hours=4), closing_seen_at=seen, handed_at=seen, sent_at=seen
    )
    bench = force_closers()
    bench.add(state="closing", last_data=seen + apart, close_takes=timedelta(days=1))
    bench.take(message)

    assert bool(bench.posts) == (apart <= CLOCKS_APART)


def opened_anew(message: CloseMessage, bench: Bench) -> Bench:
    """Let a job be opened six seconds after a request that is looked at ten later."""
    opened = message.requested_at + TOO_FAR
    bench.now = message.requested_at + timedelta(seconds=10)
    bench.add(opened=opened, last_data=opened, datafeed="started")
    bench.take(message)
    return bench


@pytest.mark.parametrize("seconds", [0, 6, 21])
def test_a_slow_parameter_store_hides_no_reopening(seconds: float) -> None:
    """However long the mode takes, the job was opened six seconds after (R7)."""
    bench = opened_anew(persons_message(), Bench(modes_take=seconds))

    assert (bench.ends, bench.posts) == (["web: skipped reopened"], [])


def test_a_slow_parameter_store_hides_no_reopening_from_a_force() -> None:
    """An order to force is spent, too (R7)."""
    order = persons_message(force=True)
    bench = opened_anew(order, force_closers(modes_take=21))

    assert (bench.ends, bench.posts) == (["web: skipped reopened"], [])


def test_data_that_came_while_the_cluster_was_read_is_not_in_the_future() -> None:
    """A slow cluster answers with times after the read began (R7)."""
    bench = Bench(reads_take=8)
    bench.add(last_data=NOW + 7 * SECOND, datafeed="started")
    bench.take(sweeps_message())

    assert bench.ends == ["web: skipped active"]
