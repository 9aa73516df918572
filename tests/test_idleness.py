"""How long a job has been silent, and when nobody can tell."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from builders import NOW, RULES, ago, closed_job, feed, idle_job
from idle_jobs.idleness import Quiet, idle, last_activity, silence, threshold
from idle_jobs.jobs import Job
from idle_jobs.owner import Owner

MARKED = Owner(keep_open_until=ago(days=1))
AHEAD = Owner(keep_open_until=ago(days=-1))
ACTIVITY: dict[str, tuple[Job, datetime | None]] = {
    "its last data": (idle_job(), ago(days=10)),
    "a keep mark that ended later": (idle_job(owner=MARKED), ago(days=1)),
    "no keep mark that is still ahead": (idle_job(owner=AHEAD), ago(days=10)),
    "none, if it was never fed": (idle_job(last_data=None), None),
}
UNTOLD = {
    "no birth": idle_job(created=None),
    "no age of its process": idle_job(open_start=None),
    "not opened": closed_job(),
}


@pytest.mark.parametrize(("job", "expected"), ACTIVITY.values(), ids=ACTIVITY)
def test_the_last_activity_is_the_newest_sign(
    job: Job, expected: datetime | None
) -> None:
    """Data by the wall clock, and the owner's mark once it has passed."""
    assert expected == last_activity(job, NOW)


def test_a_fed_job_is_silent_since_its_last_data() -> None:
    """Its silence began with its last data and may last for the threshold."""
    expected = Quiet(ago(days=10), RULES.idle_after, fed=True)

    assert expected == silence(idle_job(), NOW, RULES)
    assert RULES.idle_after == threshold(idle_job(), RULES)


def test_a_job_that_was_never_fed_is_silent_since_it_was_opened() -> None:
    """It may be silent for longer, since somebody may just be setting it up."""
    job = idle_job(last_data=None, records=0)
    expected = Quiet(ago(days=30), RULES.never_fed_after, fed=False)

    assert expected == silence(job, NOW, RULES)


@pytest.mark.parametrize("last_data", [None, ago(days=70)], ids=["never fed", "fed"])
def test_a_dry_datafeed_is_idle_only_after_its_owners_time(
    last_data: datetime | None,
) -> None:
    """The longer of `DryAfter` and the job's own threshold counts from the silence."""
    owner, records = Owner(idle_after=timedelta(days=60)), 9 if last_data else 0
    job = idle_job(owner=owner, last_data=last_data, records=records)
    verdict = idle(replace(job, datafeed=feed("started")), NOW, RULES)

    began = last_data or ago(days=30)
    assert verdict is not None
    assert began + timedelta(days=60) == verdict.idle_since


@pytest.mark.parametrize("job", UNTOLD.values(), ids=UNTOLD)
def test_a_silence_that_cannot_be_told_is_no_idleness(job: Job) -> None:
    """Without its clocks, or its process, nobody knows how long a job is quiet."""
    assert silence(job, NOW, RULES) is None
    assert idle(job, NOW, RULES) is None
