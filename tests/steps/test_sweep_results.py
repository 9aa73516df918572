"""What a sweep does for each job of a request: send, report, or nothing."""

from dataclasses import replace
from typing import Any

import pytest

from builders import NOW, RULES, ago, closed_job, idle_job
from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.request import Request
from idle_jobs.messages.terms import Kind, Mode, Origin
from idle_jobs.policy.judge import judge
from idle_jobs.policy.limits import Held, Plan
from idle_jobs.reasons import Reason
from idle_jobs.steps.sweep_results import (
    FoundClosed,
    NoOutcome,
    Sent,
    Skipped,
    SweepResult,
    message_of,
    sweep_results,
)


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


SCHEDULE: dict[str, Any] = {
    "job_id": "*",
    "origin": Origin.SCHEDULE,
    "only_if_idle": True,
}
IDLE, BUSY = idle_job(), idle_job(newest_clock=NOW, last_data=NOW)
JUST_CLOSED, OLD = closed_job(), closed_job(finished=ago(days=3))
LEFT_CLOSED = Skipped(Reason.ALREADY_CLOSED, "")
ACTIVE = Skipped(Reason.ACTIVE, judge(BUSY, NOW, RULES).detail)
RESULTS: dict[str, tuple[dict[str, Any], Any, str, SweepResult]] = {
    "it is sent": ({}, IDLE, "sent", Sent()),
    "it is held back": ({}, IDLE, "held", Skipped(Reason.OVER_LIMIT, "21st")),
    "a schedule's is held back": (
        SCHEDULE,
        IDLE,
        "held",
        Skipped(Reason.OVER_LIMIT, "21st"),
    ),
    "a request's is in use": ({"only_if_idle": True}, BUSY, "", ACTIVE),
    "a schedule's is in use": (SCHEDULE, BUSY, "", NoOutcome()),
    "a schedule's was closed": (SCHEDULE, JUST_CLOSED, "", NoOutcome()),
    "a pattern's was closed": ({"job_id": "we*"}, JUST_CLOSED, "", NoOutcome()),
    "it was closed since it was asked for": ({}, JUST_CLOSED, "", FoundClosed()),
    "it was closed before": ({}, OLD, "", LEFT_CLOSED),
    "a watched one was closed since": (
        {"kind": Kind.WATCH},
        JUST_CLOSED,
        "",
        LEFT_CLOSED,
    ),
    "a redriven sweep's is in use": (
        SCHEDULE | {"job_id": "web", "cluster": "test"},
        BUSY,
        "",
        ACTIVE,
    ),
}


@pytest.mark.parametrize(
    ("wish", "job", "planned", "expected"), RESULTS.values(), ids=RESULTS
)
def test_each_job_of_a_request_has_one_result(
    wish: dict[str, Any], job: Any, planned: str, expected: SweepResult
) -> None:
    """Who asked for what, and what the limits leave of it, decide."""
    asked: dict[str, Any] = {
        "job_id": "web",
        "request_id": "ask",
        "requested_at": ago(minutes=10),
        "sent_at": ago(minutes=9),
    }
    request = Request(**(asked | wish))
    verdict = judge(job, NOW, RULES)
    sent = (verdict,) if planned == "sent" else ()
    held = (Held(verdict, Reason.OVER_LIMIT, "21st"),) if planned == "held" else ()

    [(found, result)] = sweep_results(request, [verdict], Plan(sent, held))
    assert found is verdict
    if expected is LEFT_CLOSED:
        expected = replace(LEFT_CLOSED, detail=verdict.detail)
    assert expected == result
