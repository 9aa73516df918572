"""Built functions that are killed in the middle of a batch: nothing is lost."""

from datetime import timedelta
from typing import NamedTuple

import pytest

from e2e.batches import ask, first_ends, left
from e2e.conftest import HANGS_UP, Start
from e2e.door import Moment, When
from stacks import add_busy, add_idle, after, posts

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]

READ, POST, FORCE = b"GET /_ml/info", b"/_close?", b"force=true"
SEND, LOOK = b"SendMessageBatch", b"ChangeMessageVisibilityBatch"
HAND_OVER = b"handed_at"
RESPONSE = b"/response"

MINUTE = timedelta(minutes=1)
CLOSED = "closed idle_datafeed_stopped"
FORCED = "force_closed failed"


class Death(NamedTuple):
    """Who dies, and at which of its calls, done or not done."""

    function: str
    when: When
    asked: bytes


DEATHS = [
    pytest.param(
        Death("Closer", "before", READ),
        id="before the first call to the cluster",
        marks=pytest.mark.row(24),
    ),
    pytest.param(
        Death("Closer", "before", POST),
        id="between the read and the post",
        marks=pytest.mark.row(24),
    ),
    pytest.param(
        Death("Closer", "after", POST),
        id="after the post, before its answer",
        marks=pytest.mark.row(25),
    ),
    pytest.param(Death("Closer", "before", LOOK), id="before the next looks are set"),
    pytest.param(
        Death("Closer", "before", RESPONSE),
        id="after the outcomes, before the response",
        marks=pytest.mark.row(27),
    ),
]
DEATHS_ON_THE_WAY_TO_FORCE = {
    "after its close was noted": Death("Closer", "after", SEND),
    "before a hand-over": Death("Closer", "before", HAND_OVER),
    "after a hand-over": Death("Closer", "after", HAND_OVER),
    "before a force": Death("ForceCloser", "before", FORCE),
    "after a force, before its answer": Death("ForceCloser", "after", FORCE),
}


@pytest.mark.parametrize("death", DEATHS)
def test_a_killed_batch_loses_nothing(death: Death, start: Start) -> None:
    """Its messages go to a new process; each job ends once, and is posted once."""
    stack = start(HANGS_UP)
    jobs = {"web": 0, "api": 0, "slow": 10}
    for job_id, minutes in jobs.items():
        add_idle(stack, job_id, close_takes=minutes * MINUTE)
    ask(stack, *jobs)
    stack.moment = Moment(death.when, death.asked, stack.kill)
    stack.run(after(hours=2))

    assert ["Closer"] == [name for name, _ in stack.errors]
    assert first_ends(stack) == dict.fromkeys(jobs, CLOSED)
    assert {job.state for job in stack.cluster.jobs.values()} == {"closed"}
    assert sorted(posts(stack)) == sorted(set(posts(stack))), "none was posted twice"
    assert left(stack) == []


@pytest.mark.parametrize(
    "death", DEATHS_ON_THE_WAY_TO_FORCE.values(), ids=DEATHS_ON_THE_WAY_TO_FORCE
)
def test_a_killed_hand_over_loses_nothing(death: Death, start: Start) -> None:
    """A job that fails in its close is forced once, by whichever process."""
    stack = start(HANGS_UP)
    add_idle(stack, "web", close_takes=MINUTE, close_ends="failed")
    ask(stack, "web")
    stack.moment = Moment(death.when, death.asked, stack.kill)
    stack.run(after(hours=4))

    assert [death.function] == [name for name, _ in stack.errors]
    # Who dies between a force and its report finds the job closed.
    forgiven = {CLOSED} if death.when == "after" and death.asked == FORCE else set()
    assert first_ends(stack)["web"] in forgiven | {FORCED}
    assert stack.cluster.jobs["web"].state == "closed"
    assert ["force" in path for path in posts(stack)] == [False, True]
    assert left(stack) == []


def test_a_close_that_a_dead_closer_did_not_note_is_nobodys(start: Start) -> None:
    """The job that fails in it is left failed and has its outcome; it is not forced."""
    stack = start(HANGS_UP)
    add_idle(stack, "web", close_takes=MINUTE, close_ends="failed")
    ask(stack, "web")
    stack.moment = Moment("before", SEND, stack.kill)
    stack.run(after(hours=4))

    assert ["Closer"] == [name for name, _ in stack.errors]
    assert first_ends(stack) == {"web": "skipped failed"}
    assert stack.cluster.jobs["web"].state == "failed"
    assert ["force" in path for path in posts(stack)] == [False]
    assert left(stack) == []


@pytest.mark.row(3)
def test_a_sweeper_killed_after_a_send_asks_again(start: Start) -> None:
    """The close message that was sent twice closes the job once, with one outcome."""
    stack = start()
    add_busy(stack, "web")
    stack.request(job_id="web", request_id="ask")
    stack.moment = Moment("after", SEND, stack.kill)
    stack.run(after(hours=2))

    assert ["Sweeper"] == [name for name, _ in stack.errors]
    assert first_ends(stack) == {"web": "closed requested"}
    assert {line["request_id"] for line in stack.outcomes()} == {"ask"}
    assert left(stack) == []
