"""What a request wants of one of its jobs, as a close message says it."""

from dataclasses import replace
from typing import Any

import pytest

from builders import NOW, RULES, ago, idle_job
from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.request import Request
from idle_jobs.messages.terms import Mode
from idle_jobs.policy.judge import judge
from idle_jobs.wishes import message_of


def message(mode: Mode = Mode.CLOSE, **changes: Any) -> CloseMessage:
    """Write the message of a request of ten minutes ago for the idle job `web`."""
    request = Request(
        job_id="web",
        request_id="ask",
        requested_at=ago(minutes=10),
        sent_at=ago(minutes=9),
        force=True,
    )
    verdict = judge(idle_job(groups=("shop",)), NOW, RULES)
    return message_of(replace(request, **changes), verdict, "test", NOW, mode)


@pytest.mark.parametrize(
    ("changes", "force"),
    [
        ({}, True),
        ({"only_if_idle": True}, False),
        ({"job_id": "shop", "only_if_idle": False}, False),
        ({"job_id": "we*", "only_if_idle": False}, False),
    ],
    ids=["one exact id", "only if idle", "a group", "a wildcard"],
)
def test_force_is_an_order_for_one_exact_id_only(
    changes: dict[str, Any], force: bool
) -> None:
    """For anything else, and for idle jobs only, evidence has to come first."""
    assert force == message(**changes).force


def test_a_message_keeps_the_wish_as_it_was_made() -> None:
    """Its age, its timeout and the mode it is born in are none of the sweep's."""
    written = message(Mode.OBSERVE, timeout="5h")

    assert (ago(minutes=10), "5h", Mode.OBSERVE) == (
        written.requested_at,
        written.timeout,
        written.mode,
    )
