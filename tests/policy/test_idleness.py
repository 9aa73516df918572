"""How long a job has been silent, and when nobody can tell."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from builders import NOW, RULES, ago, feed, idle_job
from idle_jobs.policy.idleness import (
    QuietTime,
    idle,
    last_activity,
    quiet_time,
    threshold,
)
from idle_jobs.policy.job import Job
from idle_jobs.policy.judge import judge
from idle_jobs.policy.owner import Owner
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Action
from idle_jobs.reasons import Reason

MARKED = Owner(keep_open_until=ago(days=1))
AHEAD = Owner(keep_open_until=ago(days=-1))
ACTIVITY: dict[str, tuple[Job, datetime | None]] = {
    "its last data": (idle_job(), ago(days=10)),
    "a keep mark that ended later": (idle_job(owner=MARKED), ago(days=1)),
    "no keep mark that is still ahead": (idle_job(owner=AHEAD), ago(days=10)),
    "none, if it was never fed": (idle_job(last_data=None), None),
}
CLOCKLESS = {"created": None, "open_start": None, "last_data": None, "records": 0}
UNTOLD = {
    "with a stopped datafeed": idle_job(**CLOCKLESS),
    "without a datafeed": idle_job(**CLOCKLESS, datafeed=None),
    "with a datafeed that no node tells of": idle_job(
        **CLOCKLESS, datafeed=feed("started", real_time_running=None)
    ),
}


@pytest.mark.parametrize(("job", "expected"), ACTIVITY.values(), ids=ACTIVITY)
def test_the_last_activity_is_the_newest_sign(
    job: Job, expected: datetime | None
) -> None:
    """Data by the wall clock, and the owner's mark once it has passed."""
    assert expected == last_activity(job, NOW)


def test_a_fed_job_is_silent_since_its_last_data() -> None:
    """Its silence began with its last data and may last for the threshold."""
    expected = QuietTime(ago(days=10), RULES.idle_after, fed=True)

    assert expected == quiet_time(idle_job(), NOW, RULES)
    assert RULES.idle_after == threshold(idle_job(), RULES)


def test_a_job_that_was_never_fed_is_silent_since_it_was_opened() -> None:
    """It may be silent for longer, since somebody may just be setting it up."""
    job = idle_job(last_data=None, records=0)
    expected = QuietTime(ago(days=30), RULES.never_fed_after, fed=False)

    assert expected == quiet_time(job, NOW, RULES)


LONG = timedelta(days=60)
WAITING = {
    "an owner's time": idle_job(owner=Owner(idle_after=LONG, keep_open_until=NOW)),
    "three buckets": idle_job(bucket_span=LONG / 3, owner=Owner(keep_open_until=NOW)),
}


@pytest.mark.parametrize("last_data", [None, ago(days=70)], ids=["never fed", "fed"])
@pytest.mark.parametrize("job", WAITING.values(), ids=WAITING)
def test_the_threshold_holds_for_every_kind_of_idleness(
    job: Job, last_data: datetime | None
) -> None:
    """A never-fed or dry job is idle only once its own threshold is over, too."""
    job = replace(job, last_data=last_data, records=9 if last_data else 0)
    for datafeed in (None, feed(), feed("started")):
        verdict = idle(replace(job, datafeed=datafeed), NOW + LONG, RULES)

        assert NOW + LONG == verdict.idle_since


PATIENT = Owner(idle_after=timedelta(days=14))
REOPENED = {
    "opened 25 hours ago": idle_job(open_start=ago(hours=25), last_data=ago(days=40)),
    "moved 13 days ago": idle_job(open_start=ago(days=13), last_data=ago(days=40)),
    "without a datafeed": idle_job(
        open_start=ago(days=2), last_data=ago(days=40), datafeed=None
    ),
    "with a dry datafeed": idle_job(
        open_start=ago(days=2), last_data=ago(days=40), datafeed=feed("started")
    ),
}
SWITCHED_ON = Rules(close_jobs_without_datafeed=True, close_dry_datafeeds=True)


@pytest.mark.parametrize("job", REOPENED.values(), ids=REOPENED)
def test_an_owners_time_survives_an_opening(job: Job) -> None:
    """The grace after an opening is not shorter than the owner's `idle_after` (R9)."""
    patient = replace(job, owner=PATIENT)
    later = NOW + timedelta(days=14)

    assert Action.CLOSE == judge(job, NOW, SWITCHED_ON).action
    assert Reason.REOPENED_BUT_QUIET == judge(patient, NOW, SWITCHED_ON).reason
    assert Action.CLOSE == judge(patient, later, SWITCHED_ON).action


def test_an_owners_time_does_not_shorten_the_grace() -> None:
    """An `idle_after` of an hour leaves `ReopenGrace` as it is (R9)."""
    job = idle_job(open_start=ago(hours=20), owner=Owner(idle_after=timedelta(hours=1)))

    assert Reason.REOPEN_GRACE == judge(job, NOW, RULES).reason


@pytest.mark.parametrize("job", UNTOLD.values(), ids=UNTOLD)
def test_a_silence_that_cannot_be_told_is_no_idleness(job: Job) -> None:
    """Without any clock a silence began just now."""
    verdict = idle(job, NOW, RULES)

    assert NOW == quiet_time(job, NOW, RULES).began
    assert Action.KEEP == verdict.action


@pytest.mark.parametrize(("days", "action"), [(29, Action.REPORT), (31, Action.CLOSE)])
def test_a_datafeed_that_never_found_data_has_the_longer_of_two_times(
    days: int, action: Action
) -> None:
    """`NeverFedAfter` may be longer than `DryAfter`, and then it counts."""
    rules = Rules(never_fed_after=timedelta(days=30), close_dry_datafeeds=True)
    job = idle_job(
        created=ago(days=days),
        open_start=ago(days=days),
        newest_clock=None,
        last_data=None,
        records=0,
        datafeed=feed("started"),
    )

    assert action is judge(job, NOW, rules).action
