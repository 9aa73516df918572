"""What was quiet for longer than DryAfter is told, whatever keeps it from closing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from builders import NOW, RULES, ago, closed_job, failed_job, feed, idle_job
from builders import persons_message as asked
from builders import sweeps_message as swept
from idle_jobs.policy.attention import NEEDS_ATTENTION
from idle_jobs.policy.job import Job
from idle_jobs.policy.judge import judge
from idle_jobs.policy.owner import Owner, OwnerMode
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Action
from idle_jobs.reasons import Reason
from idle_jobs.steps.next_step import next_step
from idle_jobs.steps.role import Role
from idle_jobs.steps.step import Close, End, Force

LONG: dict[str, Any] = {"last_data": ago(days=200), "newest_clock": ago(days=200)}
LONG |= {"created": ago(days=300), "open_start": ago(days=200)}
UNFED: dict[str, Any] = LONG | {"last_data": None, "records": 0}
SILENT = feed("started", real_time_running=None)
LOOKBACK = feed("started", real_time_running=False)
OPENED: dict[str, tuple[Job, Reason]] = {
    "started without a running state (R5)": (
        idle_job(**LONG, datafeed=SILENT),
        Reason.DATAFEED_NOT_RUNNING,
    ),
    "started without a running state, never fed (R5)": (
        idle_job(**UNFED, datafeed=SILENT),
        Reason.DATAFEED_NOT_RUNNING,
    ),
    "starting for days (R5)": (
        idle_job(**LONG, datafeed=feed("starting")),
        Reason.DATAFEED_STUCK,
    ),
    "stopping for days (R5)": (
        idle_job(**LONG, datafeed=feed("stopping")),
        Reason.DATAFEED_STUCK,
    ),
    "starting, never fed (R5)": (
        idle_job(**UNFED, datafeed=feed("starting")),
        Reason.DATAFEED_STUCK,
    ),
    "a lookback that never ends (R5)": (
        idle_job(**LONG, datafeed=LOOKBACK),
        Reason.LOOKBACK_STUCK,
    ),
    "a lookback that never began (R5)": (
        idle_job(**UNFED, datafeed=LOOKBACK),
        Reason.LOOKBACK_STUCK,
    ),
    "a stale forecast counter (R5)": (
        idle_job(**LONG, forecasts=1),
        Reason.FORECAST_STUCK,
    ),
    "a stale forecast counter, no datafeed (R5)": (
        idle_job(**LONG, forecasts=2, datafeed=None),
        Reason.FORECAST_STUCK,
    ),
    "nodes replaced daily (R5)": (
        idle_job(**LONG | {"open_start": ago(hours=3)}),
        Reason.REOPENED_BUT_QUIET,
    ),
    "nodes replaced daily, a dry datafeed (R5)": (
        idle_job(**LONG | {"open_start": ago(hours=3)}, datafeed=feed("started")),
        Reason.REOPENED_BUT_QUIET,
    ),
    "nodes replaced weekly, never fed (R5)": (
        idle_job(**UNFED | {"open_start": ago(days=6)}),
        Reason.REOPENED_BUT_QUIET,
    ),
}
LEFT = {
    "a failed job, its datafeed started (R5)": (
        failed_job(**LONG | {"open_start": None}, datafeed=feed("started")),
        Reason.FAILED_DATAFEED_NOT_STOPPED,
    ),
    "a failed job, its datafeed stopping (R5)": (
        failed_job(**LONG | {"open_start": None}, datafeed=feed("stopping")),
        Reason.FAILED_DATAFEED_NOT_STOPPED,
    ),
    "a closed job, its datafeed started (R5)": (
        closed_job(
            **LONG | {"open_start": None},
            finished=ago(days=200),
            datafeed=feed("started"),
        ),
        Reason.CLOSED_DATAFEED_NOT_STOPPED,
    ),
    "a closed job, its datafeed starting (R5)": (
        closed_job(
            **LONG | {"open_start": None},
            finished=ago(days=200),
            datafeed=feed("starting"),
        ),
        Reason.CLOSED_DATAFEED_NOT_STOPPED,
    ),
}
EVERY = OPENED | LEFT
EVERY_SWITCH = Rules(
    force_failed=True, close_jobs_without_datafeed=True, close_dry_datafeeds=True
)


@pytest.mark.parametrize(("job", "reason"), EVERY.values(), ids=EVERY)
@pytest.mark.parametrize("rules", [RULES, EVERY_SWITCH], ids=["default", "switched on"])
def test_what_nothing_closes_is_reported(
    job: Job, reason: Reason, rules: Rules
) -> None:
    """It has a reason of its own, is counted, and no switch closes it (R5)."""
    verdict = judge(job, NOW, rules)

    assert (Action.REPORT, reason) == (verdict.action, verdict.reason)
    assert reason in NEEDS_ATTENTION
    assert "200d" in verdict.detail or "300d" in verdict.detail


@pytest.mark.parametrize(("job", "_reason"), EVERY.values(), ids=EVERY)
@pytest.mark.parametrize(
    "kept", [{"managed": True}, {"owner": Owner(mode=OwnerMode.NEVER)}], ids=str
)
def test_protection_comes_first(
    job: Job, _reason: Reason, kept: dict[str, Any]
) -> None:
    """What may not be closed is nobody's to look after (R5)."""
    verdict = judge(replace(job, **kept), NOW, RULES)
    expected = {Reason.MANAGED, Reason.KEPT_BY_OWNER, Reason.ALREADY_CLOSED}

    assert verdict.reason in expected
    assert Action.KEEP == verdict.action


@pytest.mark.parametrize(("job", "_reason"), EVERY.values(), ids=EVERY)
def test_it_is_not_reported_before_its_time(job: Job, _reason: Reason) -> None:
    """The longer of `DryAfter` and the job's own threshold has to pass (R5)."""
    patient = Rules(dry_after=timedelta(days=400))
    slow = replace(job, bucket_span=timedelta(days=400))

    assert judge(job, NOW, patient).reason not in NEEDS_ATTENTION
    if job.open_start:
        assert judge(slow, NOW, RULES).reason not in NEEDS_ATTENTION


@pytest.mark.parametrize("state", ["starting", "stopping"])
def test_data_makes_active(state: str) -> None:
    """A job that had data lately is active, however its datafeed changes (R5)."""
    job = idle_job(**LONG | {"last_data": ago(hours=1)}, datafeed=feed(state))

    assert Reason.ACTIVE == judge(job, NOW, RULES).reason


@pytest.mark.parametrize(("job", "_reason"), OPENED.values(), ids=OPENED)
def test_a_persons_request_closes_it(job: Job, _reason: Reason) -> None:
    """A sweep's message ends with the verdict's reason, a person's is posted (R5)."""
    assert isinstance(next_step(job, asked(), NOW, Role(RULES)), Close)
    step = next_step(job, swept(), NOW, Role(RULES))
    assert isinstance(step, End)


def test_a_person_forces_a_failed_job_whatever_its_datafeed_does() -> None:
    """A started datafeed keeps no request from its end (R5)."""
    job = failed_job(**LONG | {"open_start": None}, datafeed=feed("started"))
    step = next_step(job, asked(), NOW, Role(RULES, may_force=True))

    assert isinstance(step, Force)


@pytest.mark.parametrize("changes", [{"blocked": "reset"}, {"deleting": True}], ids=str)
def test_a_closed_job_that_is_changed_is_left_alone(changes: dict[str, Any]) -> None:
    """A reset or a deletion looks after the datafeed itself (R5)."""
    job = closed_job(newest_clock=ago(days=20), datafeed=feed("started"), **changes)

    assert Reason.ALREADY_CLOSED == judge(job, NOW, RULES).reason
