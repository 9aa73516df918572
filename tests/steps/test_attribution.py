"""Who closed a job that we did not close: evidence, or nothing is said."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from builders import ago, closed_job, feed, idle_job, sweeps_message
from idle_jobs.messages.close_message import CloseMessage, Evidence
from idle_jobs.policy.job import Job, State
from idle_jobs.steps.attribution import next_close, who_else
from idle_jobs.times import moment

TWO_DAYS = timedelta(hours=48)


def night(text: str) -> datetime:
    """Return a time of the night."""
    return moment(f"2026-11-23T{text}Z")


STALE: dict[str, Any] = {"latest_record": night("00:30:00") - timedelta(days=3)}
CLOSED = closed_job(finished=night("01:10:00"), **STALE)
RUN: dict[str, tuple[dict[str, Any], timedelta | None, str]] = {
    "in its run": ({}, TWO_DAYS, "elasticsearch"),
    "as soon as it may begin": (
        {"finished": night("00:30:00")},
        TWO_DAYS,
        "elasticsearch",
    ),
    "before it": ({"finished": night("00:29:59")}, TWO_DAYS, "somebody_else"),
    "at the end of a long close": (
        {"finished": night("03:00:00")},
        TWO_DAYS,
        "elasticsearch",
    ),
    "after it": ({"finished": night("03:00:01")}, TWO_DAYS, "somebody_else"),
    "where there is no such closer": ({}, None, "somebody_else"),
    "with data that is too young": (
        {"latest_record": night("01:10:00") - TWO_DAYS},
        TWO_DAYS,
        "somebody_else",
    ),
    "without any data": ({"latest_record": None}, TWO_DAYS, "somebody_else"),
    "without a datafeed": ({"datafeed": None}, TWO_DAYS, "somebody_else"),
    "with a datafeed that runs": (
        {"datafeed": feed("started")},
        TWO_DAYS,
        "somebody_else",
    ),
}


@pytest.mark.parametrize(("fields", "timeout", "who"), RUN.values(), ids=RUN)
def test_its_run_and_its_rule_have_to_fit(
    fields: dict[str, Any], timeout: timedelta | None, who: str
) -> None:
    """Then it was Elasticsearch's own closer; otherwise somebody else, not we."""
    assert who_else(replace(CLOSED, **fields), sweeps_message(), timeout) == who


MAYBE_OURS: dict[str, tuple[Job | None, CloseMessage]] = {
    "a close was posted": (CLOSED, sweeps_message(posted_at=ago(days=1))),
    "a close was taken": (CLOSED, sweeps_message(taken_at=ago(days=1))),
    "it was closing before": (CLOSED, sweeps_message(evidence=Evidence("closing"))),
    "nobody saw it before": (CLOSED, sweeps_message(evidence=None)),
    "it has no finish time": (replace(CLOSED, finished=None), sweeps_message()),
    "it is gone": (None, sweeps_message()),
}


@pytest.mark.parametrize(("job", "message"), MAYBE_OURS.values(), ids=MAYBE_OURS)
def test_what_may_be_ours_is_nobodys(job: Job | None, message: CloseMessage) -> None:
    """A close of ours may have closed it, so nobody is named."""
    assert who_else(job, message, TWO_DAYS) == "unknown"


OPEN = idle_job(**STALE)
NEXT: dict[str, tuple[Job, str, str | None]] = {
    "in the evening": (OPEN, "2026-11-23T20:00:00Z", "2026-11-24T00:30:00Z"),
    "before the run": (OPEN, "2026-11-23T00:10:00Z", "2026-11-23T00:30:00Z"),
    "while it may still begin": (
        OPEN,
        "2026-11-23T02:29:00Z",
        "2026-11-23T00:30:00Z",
    ),
    "once it has begun": (OPEN, "2026-11-23T02:30:00Z", "2026-11-24T00:30:00Z"),
    "data of today": (
        replace(OPEN, latest_record=moment("2026-11-23T12:00:00Z")),
        "2026-11-23T20:00:00Z",
        "2026-11-26T00:30:00Z",
    ),
    "data that is old enough during the run": (
        replace(OPEN, latest_record=moment("2026-11-22T01:00:00Z")),
        "2026-11-23T20:00:00Z",
        "2026-11-24T00:30:00Z",
    ),
    "never fed": (
        replace(OPEN, latest_record=None),
        "2026-11-23T20:00:00Z",
        None,
    ),
    "failed": (replace(OPEN, state=State.FAILED), "2026-11-23T20:00:00Z", None),
    "without a datafeed": (
        replace(OPEN, datafeed=None),
        "2026-11-23T20:00:00Z",
        None,
    ),
}


@pytest.mark.parametrize(("job", "now", "run"), NEXT.values(), ids=NEXT)
def test_the_next_run_that_closes_a_job(job: Job, now: str, run: str | None) -> None:
    """The first night in which its data is old enough."""
    expected = moment(run) if run else None

    assert next_close(job, TWO_DAYS, moment(now)) == expected
    assert next_close(job, None, moment(now)) is None
