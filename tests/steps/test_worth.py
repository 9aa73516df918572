"""What idle jobs hold, and what it saves to have closed them."""

from dataclasses import replace
from typing import Any

import pytest

from builders import NOW, RULES, ago, closed_job, failed_job, feed, idle_job
from builders import sweeps_message as message
from idle_jobs.messages.ledger_item import LedgerItem, item_of
from idle_jobs.messages.outcome import Ended, outcome_of
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.judge import judge
from idle_jobs.reasons import Reason
from idle_jobs.steps.worth import Worth, closed_by_us, gib_hours, spoken_saving, worth

GB = 1024**3
IDLE = idle_job(job_id="idle", memory_bytes=2 * GB)
NEVER_FED = idle_job(
    job_id="unfed", memory_bytes=GB, last_data=None, newest_clock=None, records=0
)
BUSY = idle_job(
    job_id="busy",
    memory_bytes=5 * GB,
    last_data=ago(minutes=1),
    datafeed=feed("started"),
)
CLOSED = closed_job(job_id="gone", memory_bytes=3 * GB)
FAILED = failed_job(job_id="failed", memory_bytes=7 * GB)


def item(job: Job, *, ours: bool = True) -> LedgerItem:
    """Return the item of a closing."""
    closing = message(job_id=job.job_id, taken_at=ago(minutes=1) if ours else None)
    outcome = outcome_of(closing, job, Ended.CLOSED, Reason.IDLE_DATAFEED_STOPPED, "")
    return item_of(outcome, closing)


def test_what_we_closed_since_a_time_is_ours_to_measure() -> None:
    """Not what somebody else closed, and not what we closed before that."""
    ours, others = item(CLOSED), item(replace(CLOSED, job_id="theirs"), ours=False)

    assert ["gone"] == list(closed_by_us([ours, others], ago(days=30)))
    assert [] == list(closed_by_us([ours], NOW))


def measured(*jobs: Job, items: tuple[LedgerItem, ...] = ()) -> Worth:
    """Return the worth of jobs and items."""
    return worth([judge(job, NOW, RULES) for job in jobs], items, NOW)


def test_the_memory_is_that_of_open_jobs_and_of_idle_ones_by_reason() -> None:
    """A failed job and a closed one hold none."""
    found = measured(IDLE, NEVER_FED, BUSY, CLOSED, FAILED)

    assert found.open == 8 * GB
    assert found.idle == {"idle_datafeed_stopped": 2 * GB, "idle_never_fed": GB}
    assert found.saved == 0


def test_a_closing_of_ours_saves_memory() -> None:
    """As much as the job held, for as long as it is closed."""
    assert measured(CLOSED, BUSY, items=(item(CLOSED),)).saved == 3 * GB


NOT_SAVED: dict[str, Any] = {
    "opened again": (idle_job(job_id="gone"), item(CLOSED)),
    "closed anew, by somebody": (replace(CLOSED, finished=NOW), item(CLOSED)),
    "closed by nobody knows whom": (CLOSED, item(CLOSED, ours=False)),
    "closing": (replace(CLOSED, state=State.CLOSING), item(CLOSED)),
    "deleted": (BUSY, item(CLOSED)),
    "closed without a finish time": (
        replace(CLOSED, finished=None),
        item(replace(CLOSED, finished=None)),
    ),
}


@pytest.mark.parametrize(("job", "written"), NOT_SAVED.values(), ids=NOT_SAVED)
def test_no_other_closing_saves_memory(job: Job, written: LedgerItem) -> None:
    """Only what we closed, and what has stayed closed since."""
    assert measured(job, items=(written,)).saved == 0


def test_a_closing_saves_memory_for_a_month() -> None:
    """The ledger is read further back, for jobs that come back."""
    month = replace(CLOSED, finished=ago(days=30))
    longer = replace(CLOSED, finished=ago(days=30, seconds=1))

    assert measured(month, items=(item(month),)).saved == 3 * GB
    assert measured(longer, items=(item(longer),)).saved == 0


def test_what_was_idle_is_saved_once_it_is_closed() -> None:
    """Three jobs by hand: the potential in `observe` is what `close` realises."""
    jobs = [replace(IDLE, job_id=f"j{n}", memory_bytes=n * GB) for n in (1, 2, 4)]
    closed = [
        replace(CLOSED, job_id=job.job_id, memory_bytes=job.memory_bytes)
        for job in jobs
    ]
    before, after = measured(*jobs), measured(*closed, items=(*map(item, closed),))

    assert sum(before.idle.values()) == after.saved == 7 * GB
    assert (before.saved, sum(after.idle.values())) == (0, 0)


def test_the_gib_hours_of_a_period_are_those_of_three_jobs() -> None:
    """One was closed in it, one before it, and one is open again: 3 x 5 + 1 x 24."""
    in_it = replace(CLOSED, finished=ago(hours=5))
    before = closed_job(job_id="old", memory_bytes=GB, finished=ago(days=3))
    again = closed_job(job_id="again", memory_bytes=9 * GB)
    jobs = (in_it, before, _reopened(again))
    items = [item(in_it), _of_old(item(before)), item(again)]

    assert gib_hours(jobs, items, ago(days=1), NOW) == pytest.approx(3 * 5 + 24)


def test_a_closing_saves_for_a_month() -> None:
    """Who has not missed the job for so long has no use for it."""
    old = closed_job(job_id="old", memory_bytes=GB, finished=ago(days=30, hours=18))
    jobs = [old]
    items = [_of_old(item(old))]

    assert gib_hours(jobs, items, ago(days=1), NOW) == pytest.approx(6)
    assert gib_hours(jobs, items, ago(hours=1), NOW) == 0


def test_money_is_an_upper_bound_and_only_told_with_a_price() -> None:
    """Memory that is free costs the same until a node goes."""
    assert spoken_saving(39, 0) == "39.0 GiB-hours"
    assert spoken_saving(39, 0.05) == "39.0 GiB-hours, at most 1.95 in money"


def _reopened(job: Job) -> Job:
    return replace(job, state=State.OPENED, finished=None)


def _of_old(closing: LedgerItem) -> LedgerItem:
    """Return the item as it was written right after the closing, by us."""
    return {**closing, "closed_by": "us"}
