"""Each next step of an undo: what the ledger says, and the job as it is now."""

from datetime import timedelta
from typing import Any

import pytest

from builders import NOW, ago, closed_job, feed, idle_job
from idle_jobs.policy.job import Job, State
from idle_jobs.steps.step import End, Wait
from idle_jobs.steps.undoing import MARK_LASTS, Open, Start, next_undo
from idle_jobs.times import rfc3339

CLOSED = closed_job()
OPENED = idle_job(open_start=ago(seconds=5))
ITEM: dict[str, Any] = {
    "cluster": "test",
    "closed": f"{rfc3339(ago(minutes=1))} web",
    "job_id": "web",
    "ended": "closed",
    "closed_by": "us",
    "finished": rfc3339(ago(minutes=1)),
    "state_before": "opened",
    "datafeed_before": "stopped",
}
RAN = {"datafeed_before": "started"}
MARKED = {"reopening_at": rfc3339(ago(seconds=10)), "reopening_request": "u-0"}
OLD = {"reopening_at": rfc3339(NOW - MARK_LASTS - timedelta(seconds=1))}
UNDONE = {"reopened_at": rfc3339(ago(seconds=3)), "reopened_request": "u-1"}

STEPS: list[tuple[str, dict[str, Any], Job | None, str]] = [
    ("as we left it", {}, CLOSED, "open"),
    ("marked by one that died", MARKED, CLOSED, "open, marked"),
    ("marked long ago, and still as we left it", OLD, CLOSED, "open"),
    ("not in the ledger", {"gone": True}, CLOSED, "skipped: not_in_ledger"),
    ("somebody else's", {"closed_by": "unknown"}, CLOSED, "skipped: not_ours"),
    ("without a finish time", {"finished": None}, CLOSED, "skipped: not_ours"),
    ("failed before", {"state_before": "failed"}, CLOSED, "skipped: not_open_before"),
    ("closing before", {"state_before": "closing"}, CLOSED, "skipped: not_open_before"),
    ("opening before", {"state_before": "opening"}, CLOSED, "open"),
    ("unknown before, closed", {"state_before": None}, CLOSED, "open"),
    (
        "unknown before, forced",
        {"state_before": None, "ended": "force_closed"},
        CLOSED,
        "skipped: not_open_before",
    ),
    ("deleted since", {}, None, "skipped: gone"),
    ("closed again", {}, closed_job(finished=NOW), "skipped: closed_again"),
    ("closed again, marked", MARKED, closed_job(finished=NOW), "skipped: closed_again"),
    ("no finish time now", {}, closed_job(finished=None), "skipped: closed_again"),
    ("no finish time, marked", MARKED, closed_job(finished=None), "open, marked"),
    ("no finish time, marked long ago", OLD, closed_job(finished=None), "open"),
    ("being reset", {}, closed_job(blocked="reset"), "skipped: blocked"),
    ("being deleted", {}, closed_job(deleting=True), "skipped: deleting"),
    ("in upgrade mode", {}, closed_job(upgrade_mode=True), "wait: upgrade_mode"),
    ("in an unknown state", {}, idle_job(state=None), "wait: unknown"),
    ("opened by somebody", {}, OPENED, "skipped: reopened"),
    ("opened long after the mark", OLD, OPENED, "skipped: reopened"),
    ("opened by us, did not run before", MARKED, OPENED, "reopened: requested"),
    ("opened by us, ran before", MARKED | RAN, OPENED, "start feed"),
    (
        "opened by us, was starting before",
        MARKED | {"datafeed_before": "starting"},
        OPENED,
        "start feed",
    ),
    (
        "runs again",
        MARKED | RAN,
        idle_job(datafeed=feed("started")),
        "reopened: requested",
    ),
    (
        "never had data",
        MARKED | RAN,
        idle_job(last_data=None, records=0),
        f"start feed since {ITEM['finished']}",
    ),
    ("stopping", MARKED | RAN, idle_job(datafeed=feed("stopping")), "wait: opening"),
    ("datafeed gone", MARKED | RAN, idle_job(datafeed=None), "reopened: requested"),
    ("opening", MARKED, idle_job(state=State.OPENING), "wait: opening"),
    ("closing", MARKED, idle_job(state=State.CLOSING), "skipped: reopened"),
    ("failed", MARKED, idle_job(state=State.FAILED), "skipped: reopened"),
    ("undone by this request", UNDONE, OPENED, "reopened: requested"),
    (
        "undone by another",
        UNDONE | {"reopened_request": "x"},
        OPENED,
        "skipped: reopened",
    ),
]


def told(step: Open | Start | Wait | End) -> str:
    """Return a step in a few words."""
    match step:
        case Open():
            return "open, marked" if step.marked else "open"
        case Start():
            since = f" since {rfc3339(step.since)}" if step.since else ""
            return f"start {step.datafeed_id}{since}"
        case Wait():
            return str(step)
    return f"{step.ended}: {step.reason}"


@pytest.mark.parametrize(
    ("changes", "job", "expected"),
    [row[1:] for row in STEPS],
    ids=[row[0] for row in STEPS],
)
def test_each_step_of_an_undo(
    changes: dict[str, Any], job: Job | None, expected: str
) -> None:
    """What is not provably ours, and untouched, stays as it is."""
    item = {k: v for k, v in (ITEM | changes).items() if v is not None}
    step = next_undo(None if "gone" in item else item, job, "u-1", NOW)

    assert told(step) == expected


def test_what_is_left_says_why() -> None:
    """A person reads it in the outcome."""
    for job, why in (
        (closed_job(finished=NOW), f"opened it, and closed it at {rfc3339(NOW)}"),
        (closed_job(finished=None), "opened it, and closed it"),
        (OPENED, "opened it, it is opened"),
    ):
        step = next_undo(ITEM, job, "u-1", NOW)
        assert isinstance(step, End)
        assert step.detail == f"somebody has {why}"
