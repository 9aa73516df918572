"""Which jobs are announced, and that no closer closes one that was not."""

from datetime import timedelta
from typing import Any

import pytest

from builders import NOW, RULES, ago, failed_job, idle_job, persons_message
from builders import sweeps_message as message
from idle_jobs.messages.outcome import Ended
from idle_jobs.messages.request import sweep_request
from idle_jobs.messages.terms import Kind, Mode, Origin
from idle_jobs.policy.job import Job
from idle_jobs.policy.judge import judge
from idle_jobs.policy.limits import Plan, limit
from idle_jobs.policy.owner import Owner, OwnerMode
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Verdict
from idle_jobs.reasons import Reason
from idle_jobs.steps.announcement import (
    FIRST,
    LAST,
    MOST,
    announcement_of,
    before,
    item_of,
    to_announce,
    with_announcements,
)
from idle_jobs.steps.next_step import next_step
from idle_jobs.steps.role import Role
from idle_jobs.steps.step import Close, End, Force, HandOver

NOTICE = Rules(notice_period=timedelta(days=2))
ASKED = Owner(mode=OwnerMode.NOTIFY, name="team-x")
SWEEP = sweep_request("sweep-1", NOW)


def announced(*jobs: Job, rules: Rules = NOTICE) -> list[str]:
    """Return the ids of the jobs that a sweep of these announces."""
    verdicts = [judge(job, NOW, rules) for job in jobs]
    plan = limit(verdicts, [], NOW, rules)
    return [verdict.job.job_id for verdict in to_announce(verdicts, plan)]


def test_what_would_be_closed_is_announced_once() -> None:
    """A busy job is not, nor one that was announced and is idle ever since."""
    told = idle_job(job_id="told", announced_at=ago(days=1))
    again = idle_job(job_id="again", announced_at=ago(days=9))
    busy = idle_job(job_id="busy", last_data=NOW)

    assert announced(idle_job(), told, again, busy) == ["again", "web"]


def test_an_owner_is_told_without_notice_too() -> None:
    """Once, since nothing is going to be closed."""
    one = idle_job(owner=ASKED)
    told = idle_job(job_id="told", owner=ASKED, announced_at=ago(days=1))

    assert announced(one, told, idle_job(job_id="j"), rules=RULES) == ["web"]


def test_a_sweep_announces_the_largest_first() -> None:
    """The next one announces the others."""
    jobs = [idle_job(job_id=f"j{n:03}", memory_bytes=n) for n in range(MOST + 9)]

    assert announced(*jobs)[:: MOST - 1] == [f"j{MOST + 8}", "j009"]


def fields_of(verdict: Verdict, rules: Rules = NOTICE) -> dict[str, Any]:
    """Return the fields of an announcement of now."""
    return announcement_of(verdict, SWEEP, Mode.CLOSE, NOW, rules)


def test_an_announcement_says_when_the_job_may_be_closed() -> None:
    """And why, whose it is, and what it holds."""
    job = idle_job(owner=Owner(name="team-x"))

    assert fields_of(judge(job, NOW, RULES)) == {
        "job_id": "web",
        "action": "close",
        "reason": "idle_datafeed_stopped",
        "detail": "quiet for 10d, datafeed stopped",
        "idle_since": "2026-11-15T12:00:00Z",
        "memory_bytes": 512 * 1024**2,
        "owner": "team-x",
        "request_id": "sweep-1",
        "requested_at": "2026-11-23T12:00:00Z",
        "mode": "close",
        "announced_at": "2026-11-23T12:00:00Z",
        "may_be_closed_from": "2026-11-25T12:00:00Z",
    }


def test_what_is_only_reported_has_no_time_to_be_closed() -> None:
    """Its owner asked for reports."""
    fields = fields_of(judge(idle_job(owner=ASKED), NOW, RULES))

    assert (fields["action"], fields["owner"]) == ("report", "team-x")
    assert "may_be_closed_from" not in fields


def test_an_item_is_found_by_its_job_and_says_when_it_was_written() -> None:
    """What is read of it is what the next announcement takes the place of."""
    item = item_of("test", fields_of(judge(idle_job(), NOW, RULES)))
    [job, other] = with_announcements([idle_job(), idle_job(job_id="j")], [item])

    assert FIRST < str(item["closed"]) < LAST
    assert (job.announced_at, other.announced_at) == (NOW, None)
    assert before(job) == {"noted_at": item["noted_at"]}
    assert before(other) is None


SCHEDULED: dict[str, Any] = {"origin": Origin.SCHEDULE}
LATE = {"announced_at": ago(hours=1)}
IN_TIME = {"announced_at": ago(days=3)}


@pytest.mark.parametrize("role", [Role(NOTICE), Role(NOTICE, may_force=True)])
@pytest.mark.parametrize(
    ("fields", "closes"),
    [
        (SCHEDULED, False),
        (SCHEDULED | LATE, False),
        (SCHEDULED | {"announced_at": ago(days=9)}, False),
        (SCHEDULED | IN_TIME, True),
        ({}, True),
    ],
)
def test_a_closer_looks_for_the_notice_again(
    fields: dict[str, Any], closes: bool, role: Role
) -> None:
    """The job may have been in use since the sweep; a person's request needs none."""
    step = next_step(idle_job(), message(**fields), NOW, role)

    assert isinstance(step, Close) is closes
    if not closes:
        assert isinstance(step, End)
        assert (step.ended, step.reason) == (Ended.SKIPPED, Reason.ANNOUNCED)


def test_without_the_setting_no_closer_asks_for_notice() -> None:
    """Most stacks announce nothing."""
    step = next_step(idle_job(), message(**SCHEDULED), NOW, Role(RULES))

    assert isinstance(step, Close)


def test_a_person_is_not_bound_by_notice() -> None:
    """What a person asks for is closed."""
    assert isinstance(
        next_step(idle_job(), persons_message(), NOW, Role(NOTICE)), Close
    )


@pytest.mark.parametrize(
    ("fields", "expected"), [({}, End), (IN_TIME, HandOver), (LATE, End)]
)
def test_a_failed_job_is_forced_after_its_notice(
    fields: dict[str, Any], expected: type
) -> None:
    """Where sweeps force failed jobs at all."""
    rules = Rules(notice_period=timedelta(days=2), force_failed=True)
    job = failed_job(newest_clock=ago(days=5), open_start=None)

    assert type(next_step(job, message(**SCHEDULED | fields), NOW, Role(rules))) is (
        expected
    )


def test_a_job_that_fails_in_our_hands_is_forced_all_the_same() -> None:
    """It was announced, and its close has begun."""
    rules = Rules(notice_period=timedelta(days=2), force_failed=True)
    posted = message(**SCHEDULED | IN_TIME, posted_at=ago(minutes=2))
    job = failed_job(newest_clock=ago(minutes=1), last_data=ago(days=10))
    step = next_step(job, posted, NOW, Role(rules, may_force=True))

    assert isinstance(step, Force)


def test_a_watch_needs_no_notice() -> None:
    """It closes nothing."""
    watch = message(**SCHEDULED, kind=Kind.WATCH)
    step = next_step(idle_job(), watch, NOW, Role(NOTICE))

    assert isinstance(step, End)
    assert step.reason is Reason.REOPENED


def test_nothing_is_announced_without_jobs() -> None:
    """A quiet cluster has nothing to say."""
    assert to_announce([], Plan(())) == []
