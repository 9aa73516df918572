"""What may be asked of the Reopener, and how what is wrong is told."""

from datetime import timedelta
from typing import Any

import pytest

from builders import NOW
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.terms import Kind
from idle_jobs.messages.undo_request import Reopen, Undo, parse_undo

CLOSED = "2026-11-23T11:00:00.123Z web"
ASKED = {"request_id": "u-1", "requested_at": "2026-11-23T11:59:00Z"}


def test_the_closings_of_a_job_or_of_a_sweep_can_be_asked_for() -> None:
    """Without a time, those of the last 30 days."""
    assert parse_undo({"undo": {}}, NOW) == Undo()
    asked = parse_undo({"undo": {"since": "2h", "job_id": "web"}}, NOW)
    assert asked == Undo(since=timedelta(hours=2), job_id="web")
    assert parse_undo({"undo": {"request_id": "s"}}, NOW) == Undo(request_id="s")


def test_closings_are_named_one_by_one() -> None:
    """Each once; the outcomes get who asks, and why."""
    who = {"requested_by": "ann", "reason": "too early"}
    event = {"reopen": {"closings": [CLOSED, CLOSED]} | ASKED | who}
    asked = parse_undo(event, NOW)

    assert isinstance(asked, Reopen)
    assert asked.closings == (CLOSED,)
    assert asked.terms.kind is Kind.REOPEN
    assert ("u-1", "ann", "too early") == (
        asked.terms.request_id,
        asked.terms.requested_by,
        asked.terms.reason,
    )


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (None, "event: expected {"),
        ({}, "event: expected {"),
        ({"undo": {}, "reopen": {}}, "event: expected {"),
        ({"undo": "all"}, "event: expected {"),
        ({"undo": {"job": "web"}}, "job: expected one of since, job_id, request_id"),
        ({"undo": {"job_id": "web*"}}, "job_id: expected one job id"),
        ({"undo": {"since": "soon"}}, "since: expected a time value"),
        ({"undo": {"since": "181d"}}, "since: expected at most 180d"),
        ({"undo": {"request_id": ""}}, "request_id: expected 1 to 256"),
        ({"reopen": dict(ASKED)}, "closings: expected, but missing"),
        ({"reopen": {"closings": [CLOSED]}}, "request_id: expected, but missing"),
        ({"reopen": {"closings": []} | ASKED}, "closings: expected 1 to 1000"),
        ({"reopen": {"closings": [CLOSED] * 1001} | ASKED}, "closings: expected 1 to"),
        ({"reopen": {"closings": CLOSED} | ASKED}, "closings: expected 1 to 1000"),
        ({"reopen": {"closings": [1]} | ASKED}, "closings: expected the time and"),
        ({"reopen": {"closings": ["web"]} | ASKED}, "closings: expected the time and"),
        (
            {"reopen": {"closings": [f"{CLOSED}/../*"]} | ASKED},
            "closings: expected the time and the job of a closing, got '2026",
        ),
        (
            {
                "reopen": {
                    "closings": [CLOSED],
                    "request_id": "u-1",
                    "requested_at": "2026-11-24T12:00:00Z",
                }
            },
            "requested_at: expected a time that has passed",
        ),
    ],
)
def test_what_is_wrong_is_named(event: Any, told: str) -> None:
    """The field, and what was expected of it."""
    with pytest.raises(BadBody) as bad:
        parse_undo(event, NOW)

    assert str(bad.value).startswith(told)
