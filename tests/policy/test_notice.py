"""Notice before closing: what counts as announced, and for how long a job is held."""

from datetime import timedelta
from typing import Any

import pytest

from builders import NOW, RULES, ago, failed_job, feed, idle_job
from idle_jobs.policy.job import Job
from idle_jobs.policy.judge import judge
from idle_jobs.policy.limits import limit
from idle_jobs.policy.mass_events import MassEvent
from idle_jobs.policy.notice import is_announced, is_reported_to_owner, not_yet
from idle_jobs.policy.owner import Owner, OwnerMode
from idle_jobs.policy.rules import Rules
from idle_jobs.reasons import Reason

NOTICE = Rules(notice_period=timedelta(days=2), force_failed=True)
NOT_YET = "not announced yet; may be closed 2d after that, if still idle"

# Of a job whose last data came ten days ago, so that it is idle since eight days.
ANNOUNCED: dict[str, tuple[dict[str, Any], bool]] = {
    "never": ({}, False),
    "while it was idle": ({"announced_at": ago(days=1)}, True),
    "when it became idle": ({"announced_at": ago(days=8)}, True),
    "before it was idle": ({"announced_at": ago(days=9)}, False),
    "before it had data": ({"announced_at": ago(days=11)}, False),
    "before it was opened anew": (
        {"announced_at": ago(days=5), "open_start": ago(days=4)},
        False,
    ),
    "before it was made anew": (
        {
            "announced_at": ago(days=20),
            "created": ago(days=19),
            "open_start": ago(days=19),
            "last_data": None,
            "records": 0,
        },
        False,
    ),
    "before its owner's mark": (
        {
            "announced_at": ago(days=4),
            "owner": Owner(keep_open_until=ago(days=3)),
        },
        False,
    ),
}


@pytest.mark.parametrize(("fields", "expected"), ANNOUNCED.values(), ids=ANNOUNCED)
def test_a_job_is_announced_for_as_long_as_it_is_idle(
    fields: dict[str, Any], expected: bool
) -> None:
    """Who has used it since, or asked for it, was not told of what comes now."""
    assert is_announced(judge(idle_job(**fields), NOW, RULES)) is expected


@pytest.mark.parametrize(
    ("announced_at", "why"),
    [
        (None, NOT_YET),
        (
            ago(hours=47),
            "announced 2026-11-21T13:00:00Z, may be closed from 2026-11-23T13:00:00Z",
        ),
        (ago(hours=48), ""),
        (ago(days=8), ""),
        (ago(days=9), NOT_YET),
    ],
)
def test_it_is_held_until_the_notice_is_over(announced_at: Any, why: str) -> None:
    """With the time at which that is."""
    verdict = judge(idle_job(announced_at=announced_at), NOW, NOTICE)

    assert not_yet(verdict, NOW, NOTICE) == why
    assert not_yet(verdict, NOW, RULES) == ""


def failed(**fields: Any) -> Job:
    """Return a failed job that a sweep forces."""
    return failed_job(newest_clock=ago(days=5), open_start=None, **fields)


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({}, False),
        ({"announced_at": ago(days=6)}, False),
        ({"announced_at": ago(days=3)}, True),
        ({"announced_at": ago(days=1)}, False),
    ],
)
def test_a_failed_job_is_announced_too(fields: dict[str, Any], sent: bool) -> None:
    """It is not idle since a time, and counts by its newest timestamp."""
    plan = limit([judge(failed(**fields), NOW, NOTICE)], [], NOW, NOTICE)

    assert bool(plan.send) is sent
    assert [h.reason for h in plan.held] == [Reason.ANNOUNCED] * (not sent)


def test_a_job_without_any_time_is_not_announced() -> None:
    """Nothing shows that nobody has used it since."""
    job = failed_job(newest_clock=None, announced_at=ago(days=3))

    assert not is_announced(judge(job, NOW, RULES))


def test_what_wants_notice_takes_no_place_of_a_sweep() -> None:
    """The largest jobs are announced, and a small one that was is closed."""
    rules = Rules(notice_period=timedelta(days=2), max_closes_per_sweep=1)
    jobs = [idle_job(job_id=f"j{n}", memory_bytes=(n + 1) << 30) for n in range(5)]
    small = idle_job(memory_bytes=1 << 20, announced_at=ago(days=3))
    plan = limit([judge(j, NOW, rules) for j in (*jobs, small)], [], NOW, rules)

    assert [v.job.job_id for v in plan.send] == ["web"]
    assert [(h.reason, h.detail) for h in plan.held] == [
        (Reason.ANNOUNCED, NOT_YET)
    ] * 5


def test_a_mass_event_holds_more_than_notice_does() -> None:
    """Its alarm rings, whether its jobs were announced or not."""
    verdict = judge(idle_job(last_data=ago(days=3)), NOW, NOTICE)
    event = MassEvent(ago(days=1), ago(days=1), 30, 40)
    plan = limit([verdict], [event], NOW, NOTICE)

    assert [held.reason for held in plan.held] == [Reason.SWEEP_HALTED]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"owner": Owner(mode=OwnerMode.NOTIFY)}, True),
        ({"owner": Owner(mode=OwnerMode.NOTIFY), "datafeed": None}, True),
        ({"owner": Owner(mode=OwnerMode.NOTIFY), "last_data": NOW}, False),
        ({"owner": Owner(mode=OwnerMode.AUTO)}, False),
        ({"datafeed": None}, False),
        (
            {
                "owner": Owner(mode=OwnerMode.NOTIFY),
                "datafeed": feed("started", real_time_running=None, explanation="no"),
            },
            False,
        ),
    ],
)
def test_an_owner_who_asked_for_reports_gets_those_of_idle_jobs(
    fields: dict[str, Any], expected: bool
) -> None:
    """And of no others: what needs repair is for the operator."""
    assert is_reported_to_owner(judge(idle_job(**fields), NOW, RULES)) is expected
