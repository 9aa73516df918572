"""A job that came back after our closing: twice the quiet, then left alone."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from builders import NOW, RULES, ago, failed_job, feed, idle_job
from idle_jobs.policy.attention import NEEDS_ATTENTION
from idle_jobs.policy.job import Job
from idle_jobs.policy.judge import judge
from idle_jobs.policy.owner import Owner, OwnerMode
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Action
from idle_jobs.reasons import Reason

DAY = timedelta(days=1)
ONCE = (ago(days=60),)
TWICE = (ago(days=80), ago(days=60))
FED: dict[str, Any] = {"last_data": NOW, "open_start": ago(days=50)}
UNFED: dict[str, Any] = {"last_data": None, "records": 0, "newest_clock": None}
UNFED |= {"created": ago(days=200), "open_start": NOW}
DRY: dict[str, Any] = FED | {"datafeed": feed("started")}
DRIES = Rules(close_dry_datafeeds=True)
LIMITS: dict[str, tuple[dict[str, Any], Rules, timedelta]] = {
    "IdleAfter": (FED, RULES, 2 * DAY),
    "the owner's idle_after": (
        FED | {"owner": Owner(idle_after=5 * DAY)},
        RULES,
        5 * DAY,
    ),
    "three buckets": (FED | {"bucket_span": DAY}, RULES, 3 * DAY),
    "NeverFedAfter": (UNFED, RULES, 7 * DAY),
    "DryAfter": (DRY, DRIES, 14 * DAY),
    "data that is old, and an opening": (
        {"last_data": ago(days=5), "open_start": NOW},
        Rules(reopen_grace=2 * DAY, dry_after=50 * DAY),
        2 * DAY,
    ),
    "a dry datafeed, and an opening": (
        {"last_data": ago(days=50), "open_start": NOW, "datafeed": feed("started")},
        Rules(reopen_grace=14 * DAY, close_dry_datafeeds=True),
        14 * DAY,
    ),
}


def action(job: Job, at: datetime, rules: Rules) -> Action:
    """Return what a sweep does with a job at a time."""
    return judge(job, at, rules).action


@pytest.mark.parametrize(("fields", "rules", "limit"), LIMITS.values(), ids=LIMITS)
def test_it_needs_twice_the_quiet(
    fields: dict[str, Any], rules: Rules, limit: timedelta
) -> None:
    """Twice the limit that counts for it, whichever that is."""
    usual, back = idle_job(**fields), idle_job(**fields, came_back=ONCE)
    moment = timedelta(seconds=1)

    assert action(usual, NOW + limit - moment, rules) != Action.CLOSE
    assert action(usual, NOW + limit, rules) == Action.CLOSE
    assert action(back, NOW + 2 * limit - moment, rules) != Action.CLOSE
    assert action(back, NOW + 2 * limit, rules) == Action.CLOSE


SAYS: dict[str, Job] = {
    "active": idle_job(last_data=ago(days=3)),
    "reopen_grace": idle_job(last_data=ago(days=5), open_start=ago(days=3)),
    "reopened_but_quiet": idle_job(last_data=ago(days=20), open_start=ago(days=3)),
}
SAYS["never fed"] = idle_job(**(UNFED | {"open_start": ago(days=8)}))


@pytest.mark.parametrize("job", SAYS.values(), ids=SAYS)
def test_the_verdict_says_why_it_takes_longer(job: Job) -> None:
    """With the time of the closing, so that a person finds it in the history."""
    usual = judge(job, NOW, RULES)
    back = judge(Job(**_fields(job) | {"came_back": ONCE}), NOW, RULES)
    why = ": twice as long as usual, since it was opened again after 2026-09-24T12:00"

    assert "twice" not in usual.detail
    assert why in back.detail


def _fields(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in Job.__dataclass_fields__}


def test_the_second_time_it_is_reported_and_left_alone() -> None:
    """However long it is quiet; the detail says what ends it."""
    verdict = judge(idle_job(came_back=TWICE), NOW + 900 * DAY, RULES)

    assert (verdict.action, verdict.reason) == (Action.REPORT, Reason.FLAPPING)
    assert verdict.reason in NEEDS_ATTENTION
    assert verdict.detail == (
        "quiet for 910d, datafeed stopped; closed by us 2 times since "
        "2026-09-04T12:00:00Z, and opened again each time; left open until its owner "
        "sets mode, idle_after or keep_open_until in custom_settings.idle_closer"
    )


def test_nor_is_it_forced_when_it_fails() -> None:
    """ForceFailed would close it again and again, too."""
    rules = Rules(force_failed=True)
    verdict = judge(failed_job(came_back=TWICE), NOW, rules)

    assert judge(failed_job(came_back=ONCE), NOW, rules).action is Action.FORCE
    assert (verdict.action, verdict.reason) == (Action.REPORT, Reason.FLAPPING)


SPOKEN: dict[str, tuple[Owner, Action]] = {
    "a name": (Owner(name="team-x"), Action.REPORT),
    "auto": (Owner(mode=OwnerMode.AUTO), Action.CLOSE),
    "an idle_after": (Owner(idle_after=2 * DAY), Action.CLOSE),
    "a keep_open_until that is over": (
        Owner(keep_open_until=ago(days=30)),
        Action.CLOSE,
    ),
    "never": (Owner(mode=OwnerMode.NEVER), Action.KEEP),
}


@pytest.mark.parametrize(("owner", "expected"), SPOKEN.values(), ids=SPOKEN)
def test_its_owner_ends_that(owner: Owner, expected: Action) -> None:
    """By a setting about closing; a name says nothing about it."""
    verdict = judge(idle_job(came_back=TWICE, owner=owner), NOW, RULES)

    assert verdict.action is expected
    assert (expected is Action.REPORT) == (verdict.reason is Reason.FLAPPING)


def test_what_is_only_reported_keeps_its_reason() -> None:
    """It flaps only where it would be closed otherwise."""
    job = idle_job(came_back=TWICE, datafeed=None)

    assert judge(job, NOW, RULES).reason is Reason.IDLE_NO_DATAFEED
