"""A datafeed that runs nowhere is reported with the cluster's own explanation."""

from datetime import timedelta
from typing import Any

import pytest

from builders import NOW, RULES, idle_job
from elastic.test_job_reader import STATS, read
from idle_jobs.elastic.lists import FEED_FIELDS
from idle_jobs.policy.job import Datafeed
from idle_jobs.policy.judge import judge
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Action
from idle_jobs.reasons import Reason

CLOSED_INDEX = (
    "cannot start datafeed [datafeed-web] because index [logs] does not exist, is "
    "closed, or is still initializing."
)
LOST_NODE = "awaiting reassignment after node loss"
REMOTE = "cannot start datafeed [datafeed-web] because remote cluster [eu] is gone"
NEVER_FED = {"processed_record_count": 0, "last_data_time": None}
UNASSIGNED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "its index is missing (F9)": ({}, {"state": "started"}, CLOSED_INDEX),
    "and it never brought data (F9)": (NEVER_FED, {"state": "started"}, CLOSED_INDEX),
    "its node is lost (F9)": ({}, {"state": "started"}, LOST_NODE),
    "it waits to start (F9)": ({}, {"state": "starting"}, REMOTE),
}


@pytest.mark.parametrize(("counts", "feed", "why"), UNASSIGNED.values(), ids=UNASSIGNED)
def test_an_unassigned_datafeed_is_reported(
    counts: dict[str, Any], feed: dict[str, Any], why: str
) -> None:
    """The verdict tells what the cluster says, and no switch makes it a close (F9)."""
    counts = STATS["data_counts"] | counts
    stats = {"open_time": "2592000s", "data_counts": counts}
    job = read(stats=stats, feed=feed | {"assignment_explanation": why})
    every = Rules(close_dry_datafeeds=True, close_jobs_without_datafeed=True)
    later = NOW + timedelta(days=20)

    for rules in (RULES, every):
        verdict = judge(job, later, rules)
        told = (verdict.action, verdict.reason)
        assert (Action.REPORT, Reason.DATAFEED_UNASSIGNED) == told
        assert verdict.detail.endswith(why)


def test_a_busy_job_is_active_whatever_its_datafeed_does() -> None:
    """A datafeed that lost its node a moment ago is no news yet (F9)."""
    job = read(feed={"state": "started", "assignment_explanation": LOST_NODE})

    assert Reason.ACTIVE == judge(job, job.last_data or NOW, RULES).reason


ASSIGNED = {
    "a node is shown": Datafeed("feed", "started", assigned=True, explanation="odd"),
    "a node says that it runs": Datafeed("feed", "started", True, explanation="odd"),
    "no node is shown anywhere": Datafeed("feed", "started", True),
    "nor a running state": Datafeed("feed", "started"),
    "it is stopped": Datafeed("feed", "stopped", explanation="odd"),
}


@pytest.mark.parametrize("feed", ASSIGNED.values(), ids=ASSIGNED)
def test_a_datafeed_is_unassigned_only_where_the_cluster_says_why(
    feed: Datafeed,
) -> None:
    """Serverless shows no node, which alone means nothing (F9, F7)."""
    verdict = judge(idle_job(datafeed=feed), NOW, RULES)

    assert not feed.unassigned
    assert Reason.DATAFEED_UNASSIGNED is not verdict.reason


def test_the_cluster_is_asked_for_what_tells_it() -> None:
    """Without these two fields every datafeed would look alike (F9)."""
    asked = FEED_FIELDS.split(",")

    assert {"datafeeds.node.id", "datafeeds.assignment_explanation"} <= {*asked}
