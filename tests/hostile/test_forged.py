"""Messages that somebody forged: none of them forces a job that is healthy.

The policies of the queues refuse who may not send. This is about who may, and about a
policy that was changed.
"""

import json
from datetime import timedelta
from typing import Any

import pytest

from idle_jobs.messages.close_message import Evidence
from local.runner import Runner
from rows.wishes import forces, left, wish
from stacks import START, add_busy, after, ends, posts

pytestmark = pytest.mark.slow

LONG_AGO = START - timedelta(hours=4)
HANDED = {"requested_at": LONG_AGO, "handed_at": LONG_AGO, "sent_at": LONG_AGO}
CLOSING = Evidence("closing", START)
FORGED: dict[str, dict[str, Any]] = {
    "handed over long ago": HANDED,
    "seen closing long ago": HANDED | {"closing_seen_at": LONG_AGO},
    "an order": {"force": True},
    "an order, for what was closing": {"force": True, "evidence": CLOSING},
    "all of it": HANDED
    | {"closing_seen_at": LONG_AGO, "posted_at": LONG_AGO, "force": True}
    | {"evidence": CLOSING},
}


@pytest.mark.parametrize("queue", ["CloseQueue", "ForceQueue"])
@pytest.mark.parametrize("fields", FORGED.values(), ids=FORGED)
def test_no_forged_message_forces_a_job_that_works(
    stack: Runner, fields: dict[str, Any], queue: str
) -> None:
    """It takes 25 minutes to close, or is not closed at all (R13)."""
    add_busy(stack, close_takes=timedelta(minutes=25))
    body = json.loads(wish(only_if_idle=False, **fields))
    marks = {"sent_at": body["requested_at"]} if fields.keys() > HANDED.keys() else {}
    stack.queues.send(queue, json.dumps(body | marks))
    stack.run(after(hours=8))

    assert forces(stack) == left(stack) == []
    assert ends(stack) in (["web: closed requested"], ["web: skipped reopened"])


@pytest.mark.parametrize("fields", FORGED.values(), ids=FORGED)
def test_no_forged_time_makes_a_datafeed_evidence(
    stack: Runner, fields: dict[str, Any]
) -> None:
    """A datafeed that takes an hour to stop is forced by no message of this minute."""
    add_busy(stack, datafeed_stops=False)
    stack.queues.send("ForceQueue", wish(only_if_idle=False, **fields))
    stack.run(after(hours=1, minutes=59))

    assert forces(stack) == []


def test_two_requests_in_a_row_force_no_job_that_works(stack: Runner) -> None:
    """The second finds the job closing, by the first: it has ten minutes (R13)."""
    add_busy(stack, close_takes=timedelta(minutes=9))
    ask = {"job_id": "web", "only_if_idle": False}
    stack.queues.send("RequestQueue", json.dumps(ask))
    stack.run(after(minutes=1))
    closing = posts(stack)
    stack.queues.send("RequestQueue", json.dumps(ask | {"force": True}))
    stack.run(after(hours=3))

    assert len(closing) == 1
    assert forces(stack) == left(stack) == []
    assert ends(stack) == ["web: closed requested"] * 2


def test_an_order_forces_a_job_that_goes_on_closing(stack: Runner) -> None:
    """After ten minutes the job hangs, for whoever ordered a force (R13)."""
    add_busy(stack, state="closing", close_ends="hangs")
    order = {"job_id": "web", "only_if_idle": False, "force": True}
    stack.queues.send("RequestQueue", json.dumps(order))
    stack.run(after(minutes=9))
    early = posts(stack)
    stack.run(after(minutes=30))

    assert early == []
    assert len(forces(stack)) == 1
    assert ends(stack) == ["web: force_closed force_ordered"]
