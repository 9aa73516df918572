"""Which closings of ours each job came back from, counted from items and jobs."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from builders import NOW, ago, closed_job, idle_job, persons_message, sweeps_message
from idle_jobs.messages.close_message import CloseMessage, Evidence
from idle_jobs.messages.ledger_item import LedgerItem, item_of
from idle_jobs.messages.outcome import Ended, outcome_of
from idle_jobs.messages.terms import Kind
from idle_jobs.policy.job import Job
from idle_jobs.reasons import Reason
from idle_jobs.steps.came_back import READS, with_returns

OPEN = idle_job(created=ago(days=400))
FIRST, SECOND = ago(days=50), ago(days=40)


def item(
    at: datetime, message: CloseMessage | None = None, opened: datetime | None = None
) -> LedgerItem:
    """Return what is read of the item of a closing; of a sweep by default."""
    message = replace(
        message or sweeps_message(),
        requested_at=at,
        taken_at=at,
        evidence=Evidence("opened", open_start=opened),
    )
    job = closed_job(finished=at)
    outcome = outcome_of(message, job, Ended.CLOSED, Reason.IDLE_NEVER_FED, "")
    return {n: v for n, v in item_of(outcome, message).items() if n in READS}


def returns(job: Job, *items: LedgerItem) -> tuple[datetime, ...]:
    """Return which closings a job came back from."""
    other = item(FIRST, sweeps_message(job_id="other"))
    [back] = with_returns([job], (other, *items))
    return back.came_back


def test_a_job_that_is_open_came_back_from_each_closing() -> None:
    """Whoever opened it again."""
    assert returns(OPEN) == ()
    assert returns(OPEN, item(FIRST)) == (FIRST,)
    assert returns(OPEN, item(FIRST), item(SECOND)) == (FIRST, SECOND)


def test_a_job_that_is_closed_did_not_come_back_from_the_last_one() -> None:
    """Unless somebody closed it again since."""
    closed = closed_job(created=None, finished=SECOND)

    assert returns(closed, item(SECOND)) == ()
    assert returns(closed, item(FIRST), item(SECOND)) == (FIRST,)
    assert returns(replace(closed, finished=NOW), item(SECOND)) == (SECOND,)
    assert returns(replace(closed, finished=None), item(SECOND)) == ()


NOT_OURS: dict[str, LedgerItem] = {
    "a person asked for it": item(FIRST, persons_message()),
    "nobody knows who closed it": {**item(FIRST), "closed_by": "unknown"},
    "somebody had begun to close it": item(FIRST, sweeps_message(kind=Kind.WATCH)),
    "the job was created since": item(ago(days=401)),
}


@pytest.mark.parametrize("closing", NOT_OURS.values(), ids=NOT_OURS)
def test_only_what_we_judged_idle_counts(closing: LedgerItem) -> None:
    """A person who asks for a close knows the job, and may open it again."""
    assert returns(OPEN, closing) == ()


def test_a_request_for_idle_jobs_counts_as_a_sweep_does() -> None:
    """We judged the job, whoever asked us to."""
    assert returns(OPEN, item(FIRST, persons_message(only_if_idle=True))) == (FIRST,)


WITHIN: dict[str, tuple[dict[str, Any], bool]] = {
    "after a month to the day": ({"opened": FIRST + timedelta(days=30)}, True),
    "after more than a month": ({"opened": FIRST + timedelta(days=30.1)}, False),
    "at a time that nobody knows": ({}, False),
}


@pytest.mark.parametrize(("seen", "counts"), WITHIN.values(), ids=WITHIN)
def test_a_job_that_comes_back_late_was_not_missed(
    seen: dict[str, Any], counts: bool
) -> None:
    """The next closing tells when the job was opened before it, or comes too late."""
    later = item(FIRST + timedelta(days=45), **seen)

    assert (FIRST in returns(OPEN, item(FIRST), later)) == counts


def test_a_job_that_changed_its_node_still_came_back() -> None:
    """`open_start` is then newer than the opening: the last one counts in any case."""
    moved = replace(OPEN, open_start=NOW)

    assert returns(moved, item(ago(days=100))) == (ago(days=100),)
