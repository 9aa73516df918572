"""Built functions whose invocations run out of time with a batch half done."""

import json

import pytest

from e2e.artifact import ArtifactRunner
from e2e.batches import ask, first_ends, left
from e2e.conftest import Start
from e2e.door import Moment
from stacks import add_busy, add_idle, after, posts

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]

JOBS = ("a", "b", "c", "d")
STATS, POST, SEND = b"/_stats?", b"/_close?", b"SendMessageBatch"
SWEEPER_HAS, CLOSER_HAS = 300, 120  # seconds


@pytest.fixture
def requested(start: Start) -> ArtifactRunner:
    """Return a stack with four requests in one queue."""
    stack = start()
    for job_id in JOBS:
        add_busy(stack, job_id)
        stack.request(job_id=job_id, request_id=f"ask-{job_id}")
    return stack


@pytest.fixture
def swept(start: Start) -> ArtifactRunner:
    """Return a stack with four close messages in one queue."""
    stack = start()
    for job_id in JOBS:
        add_idle(stack, job_id)
    ask(stack, *JOBS)
    return stack


def jobs_in(stack: ArtifactRunner, queue: str) -> list[str]:
    """Return the jobs of all messages in a queue."""
    return sorted(json.loads(body)["job_id"] for body in stack.queues.bodies(queue))


@pytest.mark.row(28)
def test_half_a_batch_is_given_back_untouched(requested: ArtifactRunner) -> None:
    """With under 20 s left nothing is begun; what is done is not done again."""
    stack = requested
    stack.moment = Moment("after", SEND, lambda: stack.spend(SWEEPER_HAS - 15), 2)
    stack.take_one("Sweeper")
    done, untouched = jobs_in(stack, "CloseQueue"), jobs_in(stack, "RequestQueue")
    seen_again = stack.queues.next_visible("RequestQueue")
    stack.run(after(hours=1))

    assert stack.errors == []
    assert (len(done), len(untouched)) == (2, 2)
    assert sorted(done + untouched) == list(JOBS)
    assert seen_again is not None
    assert seen_again <= after(seconds=SWEEPER_HAS), "at once"
    assert first_ends(stack) == dict.fromkeys(JOBS, "closed requested")
    assert sorted(posts(stack)) == sorted(set(posts(stack)))
    assert left(stack) == []


@pytest.mark.row(28)
@pytest.mark.parametrize("seconds_left", [15, 50])
def test_a_closer_without_time_posts_nothing(
    seconds_left: int, swept: ArtifactRunner
) -> None:
    """Neither in its last 20 seconds, nor on a read that is over a minute old."""
    stack = swept
    spent = CLOSER_HAS - seconds_left
    stack.moment = Moment("after", b"datafeeds", lambda: stack.spend(spent))
    stack.take_one("Closer")
    posted, waiting = posts(stack), jobs_in(stack, "CloseQueue")
    stack.run(after(hours=1))

    assert stack.moment.struck
    assert stack.errors == []
    assert (posted, waiting) == ([], list(JOBS))
    assert first_ends(stack) == dict.fromkeys(JOBS, "closed idle_datafeed_stopped")
    assert left(stack) == []


@pytest.mark.row(28)
def test_a_closer_that_times_out_loses_nothing(swept: ArtifactRunner) -> None:
    """Lambda kills it at its deadline, between a post and its answer."""
    stack = swept
    stack.moment = Moment("after", POST, lambda: stack.overrun(CLOSER_HAS + 1))
    stack.run(after(hours=1))

    assert [("Closer", "Task timed out")] == [(n, str(e)) for n, e in stack.errors]
    assert first_ends(stack) == dict.fromkeys(JOBS, "closed idle_datafeed_stopped")
    assert sorted(posts(stack)) == sorted(set(posts(stack)))
    assert left(stack) == []


@pytest.mark.row(28)
def test_a_sweeper_that_times_out_loses_nothing(requested: ArtifactRunner) -> None:
    """Its whole batch comes again; what it had sent changes no outcome."""
    stack = requested
    late = Moment("after", SEND, lambda: stack.overrun(SWEEPER_HAS + 1), 2)
    stack.moment = late
    stack.run(after(hours=2))
    keys = {(line["request_id"], line["job_id"]) for line in stack.outcomes()}

    assert [("Sweeper", "Task timed out")] == [(n, str(e)) for n, e in stack.errors]
    assert first_ends(stack) == dict.fromkeys(JOBS, "closed requested")
    assert keys == {(f"ask-{job_id}", job_id) for job_id in JOBS}
    assert left(stack) == []
