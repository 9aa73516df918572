"""What the ledger says of the past, as a report shows it."""

from datetime import timedelta
from typing import Any

import pytest

from builders import NOW, RULES, ago, closed_job, sweeps_message
from idle_jobs.messages.ledger_item import LedgerItem, item_of
from idle_jobs.messages.outcome import Ended, outcome_of
from idle_jobs.policy.job import Job
from idle_jobs.policy.judge import judge
from idle_jobs.reasons import Reason
from idle_jobs.steps.worth import worth
from idle_jobs.times import rfc3339
from idle_jobs_cli.commands.history import entry_of
from idle_jobs_cli.page.content import Kind
from idle_jobs_cli.page.past import asked_by, closing_of, saved_over_time
from page.reports import GB

HOUR = timedelta(hours=1)


def closed(job_id: str, hours: float, memory: int = GB) -> Job:
    """Return a job that was closed some hours ago."""
    at = ago(hours=hours)
    return closed_job(job_id=job_id, finished=at, memory_bytes=memory)


def item(job: Job, *, ours: bool = True) -> LedgerItem:
    """Return the item of its closing."""
    at = job.finished
    message = sweeps_message(
        job_id=job.job_id, requested_at=at, taken_at=at if ours else None
    )
    outcome = outcome_of(message, job, Ended.CLOSED, Reason.IDLE_DATAFEED_STOPPED, "")
    return item_of(outcome, message)


JOBS = [closed("b", 2, 2 * GB), closed("a", 3), closed("other", 1), closed("back", 1)]
ITEMS = [
    (item(JOBS[1]), "closed"),
    (item(JOBS[0]), "closed"),
    (item(JOBS[2], ours=False), "closed"),
    (item(JOBS[3]), "open again"),
]


def test_what_is_saved_is_counted_by_hand() -> None:
    """1 GB for three hours and 2 GB for two; what came back saves nothing."""
    points = saved_over_time(ITEMS, ago(hours=4), NOW)

    assert points == [
        (ago(hours=4), 0),
        (ago(hours=3), GB),
        (ago(hours=2), 3 * GB),
        (NOW, 3 * GB),
    ]


def test_it_ends_as_a_sweep_measures_it() -> None:
    """The page and the metric MemorySaved say the same."""
    verdicts = [judge(job, NOW, RULES) for job in JOBS[:3]]
    measured = worth(verdicts, [item for item, _ in ITEMS], NOW)

    assert measured.saved == saved_over_time(ITEMS, ago(hours=4), NOW)[-1][1]


def test_a_job_saves_memory_for_30_days() -> None:
    """And what was closed before the page begins counts from its beginning."""
    old = closed("old", 31 * 24)
    points = saved_over_time([(item(old), "closed")], ago(days=30.5), NOW)

    began = ago(days=30.5)
    assert points == [(began, 0), (began, GB), (ago(days=1), 0), (NOW, 0)]


def test_what_was_undone_counts_until_then() -> None:
    """The ledger knows when an undo has opened a job."""
    undone = dict(item(closed("web", 3))) | {"reopened_at": rfc3339(ago(hours=2))}

    assert saved_over_time([(undone, "open again")], ago(hours=4), NOW) == [
        (ago(hours=4), 0),
        (ago(hours=3), GB),
        (ago(hours=2), 0),
        (NOW, 0),
    ]


def test_a_clock_may_be_behind_that_of_the_cluster() -> None:
    """What was just closed counts now."""
    ahead = closed("web", -0.001)

    assert saved_over_time([(item(ahead), "closed")], ago(hours=1), NOW) == [
        (ago(hours=1), 0),
        (NOW, GB),
        (NOW, GB),
    ]


def test_a_job_without_a_time_saves_nothing() -> None:
    """A task without a configuration has no finish time, and no memory."""
    gone = {"job_id": "task", "closed": f"{rfc3339(NOW)} task", "closed_by": "us"}

    assert saved_over_time([(gone, "closed")], ago(hours=1), NOW) == [
        (ago(hours=1), 0),
        (NOW, 0),
    ]


def test_a_closing_has_what_is_known_and_no_more() -> None:
    """When it was asked for, and when it ended; no look between is made up."""
    entry = entry_of(item(closed("web", 2)), "closed")
    entry |= {"requested_at": rfc3339(ago(hours=3)), "requested_by": "ann"}
    entry |= {"request_reason": "moved", "closed_by": "autoclose", "origin": "request"}
    found = closing_of(entry)

    assert [
        (ago(hours=3), Kind.REQUESTED, "requested by ann", ""),
        (ago(hours=2), Kind.ENDED, "closed: idle_datafeed_stopped", ""),
    ] == [(step.at, step.kind, step.text, step.queue) for step in found.steps]
    assert (found.took, found.began, found.over) == (HOUR, ago(hours=3), ago(hours=2))
    assert ("web", "closed", "moved") == (found.job_id, found.ended, found.reason)
    assert ("ann", "autoclose", GB, "closed") == (
        found.asked_by,
        found.closed_by,
        found.memory_bytes,
        found.now,
    )


def test_a_closing_without_the_time_of_its_request() -> None:
    """It begins when it ends."""
    entry = entry_of(item(closed("web", 2)), "deleted") | {"requested_at": ""}
    (asked, ended) = closing_of(entry).steps

    assert asked.at == ended.at == ago(hours=2)


ASKED: list[tuple[dict[str, Any], str]] = [
    ({"requested_by": "ann", "sent_by": "arn", "origin": "request"}, "ann"),
    ({"requested_by": "", "sent_by": "arn", "origin": "request"}, "arn"),
    ({"origin": "schedule"}, "schedule"),
    ({}, ""),
]


@pytest.mark.parametrize(("fields", "who"), ASKED)
def test_who_asked_is_the_best_that_is_known(fields: dict[str, Any], who: str) -> None:
    """A name, the sender, or at least whether a person did."""
    assert who == asked_by(fields)
