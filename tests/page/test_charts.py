"""The charts of a report: which bars, lines and marks they have, and where."""

from datetime import timedelta
from itertools import pairwise

import pytest

from builders import NOW, ago, closed_job, failed_job, feed, idle_job
from idle_jobs_cli.page.charts import (
    APART,
    Bar,
    Stretch,
    bars,
    idle_memory,
    over_time,
    track,
)
from idle_jobs_cli.page.content import Kind, Step
from idle_jobs_cli.page.scales import SpanScale
from page.reports import GB, closing, plan_of

BUSY = {"last_data": ago(minutes=1), "datafeed": feed("started")}
JOBS = plan_of(
    idle_job(job_id="large", memory_bytes=3 * GB),
    idle_job(job_id="small", memory_bytes=GB),
    idle_job(job_id="busy", memory_bytes=8 * GB, **BUSY),
    idle_job(job_id="empty", memory_bytes=0, **BUSY),
    failed_job(job_id="failed", memory_bytes=9 * GB),
    closed_job(job_id="gone", memory_bytes=9 * GB, datafeed=feed("started")),
)["jobs"]
HOUR = timedelta(hours=1)


def test_what_may_be_closed_comes_first() -> None:
    """A bar for each verdict and reason; a failed or closed job holds no memory."""
    assert bars(JOBS) == [
        Bar("close", "idle_datafeed_stopped", 2, 4 * GB, width=50, top=0),
        Bar("keep", "active", 2, 8 * GB, width=100, top=46),
    ]
    assert [True, False] == [bar.potential for bar in bars(JOBS)]
    assert idle_memory(JOBS) == 4 * GB


def test_without_memory_there_are_no_bars() -> None:
    """A cluster may have no open job."""
    assert ([], 0) == (bars([]), idle_memory([]))


def test_a_verdict_that_is_not_known_comes_last() -> None:
    """A plan that was saved may be of a newer version."""
    job = {"state": "opened", "reason": "new", "memory_bytes": 1}
    found = bars([{**job, "action": action} for action in ("warn", "keep")])

    assert ["keep", "warn"] == [bar.action for bar in found]


def test_amounts_are_level_between_their_times() -> None:
    """Nobody knows that they rose slowly."""
    points = [(NOW, 0), (NOW + HOUR, 2 * GB), (NOW + 2 * HOUR, 4 * GB)]
    chart = over_time({"saved": points, "potential": [], "other": [(NOW, GB)]})

    assert chart
    saved, other = chart.lines
    assert saved.path == "M0.00 100.00H50.00V50.00H100.00V0.00"
    assert saved.area == f"{saved.path}V100H0.00Z"
    assert ("saved", 4 * GB) == (saved.name, saved.last)
    assert other.points == [(0, 75)]
    assert ["0", "1.0 GB", "2.0 GB", "3.0 GB", "4.0 GB"] == [
        tick.label for tick in chart.amounts
    ]


@pytest.mark.parametrize("points", [[], [(NOW, 1)]])
def test_one_time_is_no_chart(points: list[tuple[object, int]]) -> None:
    """There has to be a before and an after."""
    assert over_time({"saved": points}) is None  # type: ignore[dict-item]


def steps(*seconds: int) -> list[Step]:
    """Return the steps of a job that was handed over, at these times."""
    told = [
        (Kind.REQUESTED, ""),
        (Kind.POSTED, "CloseQueue"),
        (Kind.HANDED_OVER, "CloseQueue"),
        (Kind.FORCED, "ForceQueue"),
        (Kind.ENDED, "ForceQueue"),
    ]
    return [
        Step(NOW + timedelta(seconds=n), kind, str(kind), queue)
        for n, (kind, queue) in zip(seconds, told, strict=True)
    ]


def test_a_closing_is_in_one_queue_after_the_other() -> None:
    """From its request to the hand-over, and from there to its end."""
    scale = SpanScale(HOUR)
    drawn = track(closing(*steps(0, 0, 240, 240, 900)), scale)
    handed, over = (scale.place(timedelta(seconds=n)) for n in (240, 900))

    assert drawn.stretches == [
        Stretch("CloseQueue", 0, handed),
        Stretch("ForceQueue", handed, over - handed),
    ]
    assert ["+0s requested", "+0s posted", "+4m handed over"] == [
        mark.told for mark in drawn.marks[:3]
    ]


def test_marks_that_would_cover_each_other_are_drawn_once() -> None:
    """A message that is looked at for a day has hundreds."""
    looks = [
        Step(NOW + timedelta(minutes=n), Kind.LOOKED, "looked", "CloseQueue")
        for n in range(1_000)
    ]
    drawn = track(closing(*looks), SpanScale.over([timedelta(minutes=1_000)]))
    places = [mark.place for mark in drawn.marks]

    assert 10 < len(places) <= 100 / APART + 1
    assert min(b - a for a, b in pairwise(places)) >= APART
