"""What would change a verdict is found by judging again, and nothing is missed."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW, RULES, ago, closed_job, failed_job, idle_job
from commands.test_explain import explain
from idle_jobs.policy.job import Job
from idle_jobs.policy.judge import judge
from idle_jobs.policy.owner import Owner
from idle_jobs_cli.explaining.whatif import differ, if_nothing_happens
from policy.test_judge import ROWS as EXAMPLES
from standin.cluster import Cluster
from steps.test_properties import wild_jobs

pytestmark = pytest.mark.usefixtures("at_the_sweep")

NOTHING = ["if nothing happens", "no change, however long"]
NO_SWITCH = ["any one switch", "no change"]
CHANGES = {
    "api-requests": (
        "if nothing happens until 2026-03-15T23:58:00Z, in 13d 23h",
        "report idle_datafeed_dry (quiet for 14d, datafeed started)",
    ),
    "fresh-start": (
        "if nothing happens until 2026-03-02T09:00:00Z, in 9h",
        "close idle_datafeed_stopped (quiet for 10d 9h, datafeed stopped)",
    ),
    "old-crash": (
        "FORCE_FAILED=true",
        "force failed (failed, its newest timestamp is 20d old)",
    ),
    "weekly-upload": (
        "CLOSE_JOBS_WITHOUT_DATAFEED=true",
        "close idle_no_datafeed (quiet for 20d, datafeed absent)",
    ),
    "apm-transactions": (
        "INCLUDE_MANAGED_JOBS=true MANAGED_JOBS_ALLOWED=apm-transactions",
        "close idle_datafeed_stopped (quiet for 20d, datafeed stopped)",
    ),
}


def changes(out: str) -> list[list[str]]:
    """Return what would change the verdict, of what is printed as JSON."""
    return [[*change.values()] for change in json.loads(out)["changes"]]


@pytest.mark.parametrize(("job_id", "change"), CHANGES.items(), ids=CHANGES)
def test_what_would_change_the_verdict(
    job_id: str,
    change: tuple[str, str],
    cluster: Cluster,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Time or one switch gives another verdict, and nothing else is told."""
    explain(cluster, job_id, "-o", "json")
    told = changes(capsys.readouterr().out)

    by_time = change[0].startswith("if")
    assert ([[*change], NO_SWITCH] if by_time else [NOTHING, [*change]]) == told


def test_a_switch_is_turned_back_too(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """A managed job that may be closed is kept as soon as one key is taken away."""
    keys = {"INCLUDE_MANAGED_JOBS": "true", "MANAGED_JOBS_ALLOWED": "apm-transactions"}
    explain(cluster, "apm-transactions", "-o", "json", **keys)
    told = changes(capsys.readouterr().out)

    kept = "keep managed (installed by an Elastic app)"
    assert [NOTHING, ["INCLUDE_MANAGED_JOBS=false", kept]] == told


NEVER_FED: dict[str, Any] = {"last_data": None, "records": 0, "newest_clock": None}
FORETOLD: dict[str, tuple[Job, list[tuple[datetime, str]]]] = {
    "a clock that is ahead": (
        idle_job(last_data=ago(hours=-1), newest_clock=None),
        [
            (ago(minutes=-59, seconds=-55), "keep active"),
            (ago(hours=-49), "close idle_datafeed_stopped"),
        ],
    ),
    "an owner's date": (
        idle_job(owner=Owner(keep_open_until=ago(days=-1))),
        [
            (ago(days=-1), "keep active"),
            (ago(days=-3), "close idle_datafeed_stopped"),
        ],
    ),
    "an owner's patience": (
        idle_job(owner=Owner(idle_after=timedelta(days=30))),
        [(ago(days=-20), "close idle_datafeed_stopped")],
    ),
    "data of an hour ago": (
        idle_job(last_data=ago(hours=1), newest_clock=ago(minutes=1)),
        [(ago(hours=-47), "close idle_datafeed_stopped")],
    ),
    "a failure of an hour ago": (
        failed_job(newest_clock=ago(hours=1)),
        [(ago(hours=-23), "report failed")],
    ),
    "opened and never fed": (
        idle_job(**NEVER_FED, open_start=ago(days=2)),
        [(ago(days=-5), "close idle_never_fed")],
    ),
    "created and never fed": (
        idle_job(**NEVER_FED, created=ago(days=1), open_start=ago(days=2)),
        [(ago(days=-6), "close idle_never_fed")],
    ),
    "a closed job": (closed_job(), []),
}


@pytest.mark.parametrize(("job", "expected"), FORETOLD.values(), ids=FORETOLD)
def test_time_changes_the_verdict(
    job: Job, expected: list[tuple[datetime, str]]
) -> None:
    """Each kind of time is told to the second, with what comes then."""
    foretold = if_nothing_happens(job, NOW, RULES)

    assert expected == [(when, f"{v.action} {v.reason}") for when, v in foretold]


jobs = wild_jobs | st.sampled_from([job for job, _, _ in EXAMPLES.values()])


@pytest.mark.slow
@given(jobs, st.timedeltas(timedelta(0), timedelta(days=100)))
def test_no_change_is_missed(job: Job, later: timedelta) -> None:
    """At any later time the verdict is the one that was foretold for it."""
    foretold = [(NOW, judge(job, NOW, RULES)), *if_nothing_happens(job, NOW, RULES)]
    [*_, verdict] = [v for moment, v in foretold if moment <= NOW + later]

    assert not differ(verdict, judge(job, NOW + later, RULES))


@given(jobs)
def test_no_change_is_told_too_late(job: Job) -> None:
    """A moment before each change the verdict is still the one before."""
    last = judge(job, NOW, RULES)
    for moment, verdict in if_nothing_happens(job, NOW, RULES):
        before = judge(job, moment - timedelta(microseconds=1), RULES)

        assert not differ(last, before)
        last = verdict
