"""The policy, row by row, in the order in which it is asked."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from builders import NOW, RULES, ago, closed_job, failed_job, feed, idle_job
from idle_jobs.policy.job import State
from idle_jobs.policy.judge import judge
from idle_jobs.policy.owner import Owner, OwnerMode
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Action
from idle_jobs.reasons import Reason

NEVER_FED: dict[str, Any] = {"last_data": None, "records": 0}
UNASSIGNED = feed(
    "started", real_time_running=None, assigned=False, explanation="no such index"
)
LONG: dict[str, Any] = {"last_data": ago(days=20)}
DRY = {"datafeed": feed("started"), "last_data": ago(days=15)}
KEEP, REPORT, CLOSE = Action.KEEP, Action.REPORT, Action.CLOSE

ROWS = {
    "a closed job is left alone": (
        idle_job(state=State.CLOSED),
        KEEP,
        Reason.ALREADY_CLOSED,
    ),
    "an unread field": (idle_job(problems=("groups: odd",)), KEEP, Reason.UNKNOWN),
    "data from the future": (idle_job(last_data=ago(hours=-1)), KEEP, Reason.UNKNOWN),
    "a birth in the future": (idle_job(created=ago(hours=-1)), KEEP, Reason.UNKNOWN),
    "records without a data time": (idle_job(last_data=None), KEEP, Reason.UNKNOWN),
    "data older than the job": (idle_job(created=ago(days=1)), KEEP, Reason.UNKNOWN),
    "opened without a node": (
        idle_job(assigned=False, explanation="awaiting reassignment"),
        KEEP,
        Reason.UNKNOWN,
    ),
    "opened without a node or an open time": (
        idle_job(assigned=False, open_start=None),
        KEEP,
        Reason.UNKNOWN,
    ),
    "opened on a node that is not shown (F7)": (
        idle_job(assigned=False),
        Action.CLOSE,
        Reason.IDLE_DATAFEED_STOPPED,
    ),
    "opened without an open time": (idle_job(open_start=None), KEEP, Reason.UNKNOWN),
    "unknown before protection": (
        idle_job(open_start=None, managed=True),
        KEEP,
        Reason.UNKNOWN,
    ),
    "a task without a configuration": (
        idle_job(configured=False, created=None),
        REPORT,
        Reason.ORPHAN,
    ),
    "upgrade mode on": (
        idle_job(upgrade_mode=True, assigned=False, open_start=None),
        KEEP,
        Reason.UPGRADE_MODE,
    ),
    "upgrade mode in the explanation": (
        idle_job(explanation="... while upgrade mode is enabled.", assigned=False),
        KEEP,
        Reason.UPGRADE_MODE,
    ),
    "a feature reset": (
        idle_job(explanation="... a feature reset is in progress.", assigned=False),
        KEEP,
        Reason.RESET_MODE,
    ),
    "a job being deleted": (
        idle_job(deleting=True, problems=("stats.state: missing",)),
        KEEP,
        Reason.DELETING,
    ),
    "blocked for its deletion": (idle_job(blocked="delete"), KEEP, Reason.DELETING),
    "blocked by a reset": (idle_job(blocked="reset"), KEEP, Reason.BLOCKED),
    "a job of an Elastic app": (idle_job(managed=True), KEEP, Reason.MANAGED),
    "an owner who says never": (
        idle_job(owner=Owner(mode=OwnerMode.NEVER)),
        KEEP,
        Reason.KEPT_BY_OWNER,
    ),
    "an owner nobody can read": (
        idle_job(owner=Owner(mode=OwnerMode.NEVER, problem="mode: odd")),
        KEEP,
        Reason.KEPT_BY_OWNER,
    ),
    "kept until tomorrow": (
        idle_job(owner=Owner(keep_open_until=ago(days=-1))),
        KEEP,
        Reason.KEPT_BY_OWNER,
    ),
    "in the keep group": (
        idle_job(groups=("a", "idle-closer-keep")),
        KEEP,
        Reason.KEPT_BY_OWNER,
    ),
    "had data an hour ago": (idle_job(last_data=ago(hours=1)), KEEP, Reason.ACTIVE),
    "a mark that ended yesterday": (
        idle_job(owner=Owner(keep_open_until=ago(days=1))),
        KEEP,
        Reason.ACTIVE,
    ),
    "an owner who waits longer": (
        idle_job(owner=Owner(idle_after=timedelta(days=14))),
        KEEP,
        Reason.ACTIVE,
    ),
    "an owner cannot wait shorter": (
        idle_job(owner=Owner(idle_after=timedelta(hours=1)), last_data=ago(hours=40)),
        KEEP,
        Reason.ACTIVE,
    ),
    "buckets of five days": (
        idle_job(bucket_span=timedelta(days=5)),
        KEEP,
        Reason.ACTIVE,
    ),
    "a datafeed that looks every four days": (
        idle_job(datafeed=feed(frequency=timedelta(days=4))),
        KEEP,
        Reason.ACTIVE,
    ),
    "a datafeed that waits for late data": (
        idle_job(datafeed=feed(query_delay=timedelta(days=11))),
        KEEP,
        Reason.ACTIVE,
    ),
    "a datafeed starting": (idle_job(datafeed=feed("starting")), KEEP, Reason.ACTIVE),
    "a datafeed stopping": (idle_job(datafeed=feed("stopping")), KEEP, Reason.ACTIVE),
    "opened yesterday evening": (
        idle_job(open_start=ago(hours=20)),
        KEEP,
        Reason.REOPEN_GRACE,
    ),
    "reading the past": (
        idle_job(datafeed=feed("started", real_time_running=False)),
        KEEP,
        Reason.LOOKBACK_RUNNING,
    ),
    "a forecast runs": (idle_job(forecasts=1), KEEP, Reason.FORECAST_RUNNING),
    "opening": (
        idle_job(state=State.OPENING, assigned=False, open_start=None),
        KEEP,
        Reason.OPENING,
    ),
    "closing": (idle_job(state=State.CLOSING), Action.WATCH, Reason.CLOSING),
    "failed long ago": (failed_job(), REPORT, Reason.FAILED),
    "failed today": (failed_job(newest_clock=ago(hours=2)), KEEP, Reason.FAILED),
    "failed with a started datafeed": (
        failed_job(datafeed=feed("started")),
        KEEP,
        Reason.FAILED,
    ),
    "fed once, stopped, quiet": (idle_job(), CLOSE, Reason.IDLE_DATAFEED_STOPPED),
    "its owner wants to be told": (
        idle_job(owner=Owner(mode=OwnerMode.NOTIFY)),
        REPORT,
        Reason.IDLE_DATAFEED_STOPPED,
    ),
    "never fed for a month": (idle_job(**NEVER_FED), CLOSE, Reason.IDLE_NEVER_FED),
    "never fed for three days": (
        idle_job(**NEVER_FED, created=ago(days=9), open_start=ago(days=3)),
        KEEP,
        Reason.REOPEN_GRACE,
    ),
    "never fed in three buckets of twenty days": (
        idle_job(**NEVER_FED, created=ago(days=40), bucket_span=timedelta(days=20)),
        KEEP,
        Reason.REOPEN_GRACE,
    ),
    "opened again after two closings of ours": (
        idle_job(came_back=(ago(days=60), ago(days=40))),
        REPORT,
        Reason.FLAPPING,
    ),
    "no datafeed": (idle_job(datafeed=None), REPORT, Reason.IDLE_NO_DATAFEED),
    "no datafeed, never fed": (
        idle_job(**NEVER_FED, datafeed=None),
        REPORT,
        Reason.IDLE_NO_DATAFEED,
    ),
    "a started datafeed, silent for ten days": (
        idle_job(datafeed=feed("started")),
        KEEP,
        Reason.ACTIVE,
    ),
    "a started datafeed, dry": (idle_job(**DRY), REPORT, Reason.IDLE_DATAFEED_DRY),
    "a started datafeed that never brought data": (
        idle_job(**NEVER_FED, datafeed=feed("started"), open_start=ago(days=2)),
        REPORT,
        Reason.IDLE_DATAFEED_DRY,
    ),
    "a started datafeed that says nothing": (
        idle_job(datafeed=feed("started", real_time_running=None)),
        KEEP,
        Reason.ACTIVE,
    ),
    "quiet for long, and moved today": (
        idle_job(**LONG, open_start=ago(hours=3)),
        REPORT,
        Reason.REOPENED_BUT_QUIET,
    ),
    "quiet for long, and a forecast runs": (
        idle_job(**LONG, forecasts=1),
        REPORT,
        Reason.FORECAST_STUCK,
    ),
    "quiet for long, its datafeed starting": (
        idle_job(**LONG, datafeed=feed("starting")),
        REPORT,
        Reason.DATAFEED_STUCK,
    ),
    "quiet for long, reading the past": (
        idle_job(**LONG, datafeed=feed("started", real_time_running=False)),
        REPORT,
        Reason.LOOKBACK_STUCK,
    ),
    "quiet for long, its datafeed says nothing": (
        idle_job(**LONG, datafeed=feed("started", real_time_running=None)),
        REPORT,
        Reason.DATAFEED_NOT_RUNNING,
    ),
    "failed long ago, its datafeed started": (
        failed_job(newest_clock=ago(days=20), datafeed=feed("started")),
        REPORT,
        Reason.FAILED_DATAFEED_NOT_STOPPED,
    ),
    "closed long ago, its datafeed started": (
        closed_job(newest_clock=ago(days=20), datafeed=feed("started")),
        REPORT,
        Reason.CLOSED_DATAFEED_NOT_STOPPED,
    ),
    "a datafeed without a node": (
        idle_job(datafeed=UNASSIGNED),
        REPORT,
        Reason.DATAFEED_UNASSIGNED,
    ),
    "a feature reset that the datafeed tells": (
        idle_job(
            datafeed=replace(UNASSIGNED, explanation="a feature reset is in progress")
        ),
        KEEP,
        Reason.RESET_MODE,
    ),
    "no state": (idle_job(state=None), KEEP, Reason.UNKNOWN),
    "no birth": (idle_job(created=None), KEEP, Reason.UNKNOWN),
}


@pytest.mark.parametrize(("job", "action", "reason"), ROWS.values(), ids=ROWS.keys())
def test_each_row_of_the_policy(job: Any, action: Action, reason: Reason) -> None:
    """Each state of a job gets the action and the reason of its row."""
    verdict = judge(job, NOW, RULES)

    assert (verdict.action, verdict.reason) == (action, reason)


OPTED_IN = {
    "failed jobs may be forced": (
        failed_job(),
        Rules(force_failed=True),
        Action.FORCE,
    ),
    "failed jobs of an owner who wants to be told": (
        failed_job(owner=Owner(mode=OwnerMode.NOTIFY)),
        Rules(force_failed=True),
        REPORT,
    ),
    "jobs without a datafeed may be closed": (
        idle_job(datafeed=None),
        Rules(close_jobs_without_datafeed=True),
        CLOSE,
    ),
    "dry datafeeds may be closed": (
        idle_job(**DRY),
        Rules(close_dry_datafeeds=True),
        CLOSE,
    ),
    "never-fed dry ones only after DryAfter": (
        idle_job(**NEVER_FED, datafeed=feed("started"), open_start=ago(days=10)),
        Rules(close_dry_datafeeds=True),
        REPORT,
    ),
    "nor before three buckets are over": (
        idle_job(**NEVER_FED, datafeed=feed("started"), bucket_span=timedelta(days=20)),
        Rules(close_dry_datafeeds=True),
        REPORT,
    ),
    "but not for detectors to which silence is data": (
        idle_job(**DRY, functions=("mean", "low_count")),
        Rules(close_dry_datafeeds=True),
        REPORT,
    ),
    "unless the job itself says auto": (
        idle_job(**DRY, functions=("rare",), owner=Owner(mode=OwnerMode.AUTO)),
        Rules(close_dry_datafeeds=True),
        CLOSE,
    ),
    "managed jobs need the second key": (
        idle_job(managed=True),
        Rules(include_managed_jobs=True),
        KEEP,
    ),
    "and the first": (
        idle_job(managed=True),
        Rules(managed_jobs_allowed=("web",)),
        KEEP,
    ),
    "both keys open a managed job": (
        idle_job(managed=True),
        Rules(include_managed_jobs=True, managed_jobs_allowed=("web",)),
        CLOSE,
    ),
    "a keep pattern over ids": (idle_job(), Rules(keep_patterns=("w*",)), KEEP),
    "a keep pattern over groups": (
        idle_job(groups=("gold-1",)),
        Rules(keep_patterns=("gold-*",)),
        KEEP,
    ),
    "a keep pattern for others": (idle_job(), Rules(keep_patterns=("db*",)), CLOSE),
}


@pytest.mark.parametrize(
    ("job", "rules", "action"), OPTED_IN.values(), ids=OPTED_IN.keys()
)
def test_each_switch_of_an_operator(job: Any, rules: Rules, action: Action) -> None:
    """Each switch opens what it names and nothing else."""
    verdict = judge(job, NOW, rules)

    assert action == verdict.action


@pytest.mark.parametrize(
    ("late", "action"), [(timedelta(0), CLOSE), (timedelta(seconds=1), KEEP)]
)
def test_the_threshold_is_exact(late: timedelta, action: Action) -> None:
    """A job is idle from the moment its silence has lasted for the threshold."""
    verdict = judge(idle_job(last_data=ago(hours=48) + late), NOW, RULES)

    assert action == verdict.action


def test_a_verdict_says_since_when_a_job_is_idle() -> None:
    """`idle_since` is the last activity plus the time that a job may be quiet."""
    verdict = judge(idle_job(), NOW, RULES)

    assert ago(days=8) == verdict.idle_since
    assert verdict.detail == "quiet for 10d, datafeed stopped"


def test_the_nodes_clock_may_be_ahead() -> None:
    """Data of four seconds from now is activity, not a riddle."""
    verdict = judge(idle_job(last_data=ago(seconds=-4)), NOW, RULES)

    assert verdict.reason is Reason.ACTIVE


@pytest.mark.parametrize(("hours", "stuck"), [(0.5, False), (2, True)])
def test_an_opening_job_is_stuck_after_an_hour(hours: float, stuck: bool) -> None:
    """A job counts as stuck when nothing of it is younger than an hour."""
    job = idle_job(
        state=State.OPENING, newest_clock=ago(hours=hours), explanation="no node"
    )
    verdict = judge(job, NOW, RULES)

    assert stuck == verdict.stuck
    assert "no node" in verdict.detail


def test_every_protected_job_is_protected_whatever_its_state() -> None:
    """Protection comes before work, failure and idleness, and names its reason."""
    states = [State.OPENED, State.OPENING, State.CLOSING, State.FAILED]
    verdicts = [judge(idle_job(state=s, managed=True), NOW, RULES) for s in states]

    assert {Reason.MANAGED} == {v.reason for v in verdicts}
