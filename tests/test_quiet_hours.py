"""QuietHours: sweeps judge and report, and nothing is posted for them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from local.runner import Runner
from simulation.checker import check
from simulation.faults import Faults
from simulation.history import Asked, History, Posted, Told
from simulation.schedule import Schedule, run
from simulation.stack import Stack
from stacks import START, add_busy, add_idle, after, ends, posts, sweep
from standin.cluster import Cluster

pytestmark = pytest.mark.slow

# It is 07:05 in Berlin at the start, and the first sweep is at eight.
QUIET = {"QuietHours": "08:30-18:00", "ScheduleTimezone": "Europe/Berlin"}


@pytest.fixture
def stack() -> Iterator[Runner]:
    """Yield a stack that sweeps every hour, 85 minutes before its quiet hours."""
    with Runner(Cluster(), START, QUIET) as stack:
        yield stack


def test_a_day_has_quiet_hours(stack: Runner) -> None:
    """What becomes idle during them is closed by the first sweep after them."""
    add_idle(stack)
    stack.run(after(hours=1))
    add_idle(stack, "shop")
    stack.run(after(hours=12))
    closed = [x for x in stack.outcomes() if x["ended"] == "closed"]

    assert ends(stack).count("shop: skipped quiet_hours") == 9
    assert {x["job_id"]: f"{x['at']:%H:%M}" for x in closed} == {
        "web": "07:00",
        "shop": "17:00",
    }


def test_a_sweep_in_quiet_hours_says_so(stack: Runner) -> None:
    """The job's verdict is told as ever; it is held back, and nothing is halted."""
    add_idle(stack)
    stack.shift(timedelta(hours=2))
    summary = sweep(stack)
    (job,) = summary["jobs"]

    assert (summary["sent"], summary["why_held"]) == (0, {"quiet_hours": 1})
    assert (job["reason"], job["sweep"]) == ("idle_datafeed_stopped", "hold")
    assert job["hold_detail"] == "until 2026-03-02T17:00:00Z"
    assert ends(stack) == ["web: skipped quiet_hours"]
    assert stack.metrics["SweepHalted"] == 0


def test_a_message_that_waited_into_quiet_hours_is_over(stack: Runner) -> None:
    """A pause ends while it is quiet: the next sweep after that sends another one."""
    add_idle(stack)
    sweep(stack)
    stack.shift(timedelta(hours=2))
    stack.take_one("Closer")
    [outcome] = stack.outcomes()

    assert posts(stack) == []
    assert (outcome["ended"], outcome["reason"]) == ("skipped", "quiet_hours")
    assert outcome["detail"] == "would close; quiet until 2026-03-02T17:00:00Z"


def test_a_close_that_was_posted_before_is_followed(stack: Runner) -> None:
    """It goes on in Elasticsearch, and its outcome is told when it is over."""
    add_idle(stack, close_takes=timedelta(minutes=40))
    stack.shift(timedelta(minutes=80))
    sweep(stack)
    stack.run(after(hours=3))

    assert len(posts(stack)) == 1
    assert "web: closed idle_datafeed_stopped" in ends(stack)


def test_what_a_person_asks_for_is_closed_at_any_hour(stack: Runner) -> None:
    """Also what it asks for only if it is idle: quiet hours are the schedule's."""
    add_busy(stack)
    add_idle(stack, "shop")
    stack.shift(timedelta(hours=2))
    stack.request(job_id="web")
    stack.request(job_id="sho*", only_if_idle=True)
    stack.run(after(hours=2, minutes=30))

    assert {end for end in ends(stack) if "closed" in end} == {
        "web: closed requested",
        "shop: closed idle_datafeed_stopped",
    }


SOON = "06:02-12:30"  # The sweep of six o'clock has sent its messages; they wait.


def lived(seed: int) -> History:
    """Return what a seed's schedule with quiet hours and all faults leaves behind."""

    def disturb(stack: Stack) -> None:
        stack.parameters = (("QuietHours", SOON),)

    return run(Schedule(seed, jobs=60, faults=Faults()), disturb)


@pytest.mark.parametrize("seed", [0, 3, 5, 21])
def test_no_fault_breaks_the_quiet(seed: int) -> None:
    """What waited is ended, nothing is posted for a sweep, and all invariants hold."""
    history = lived(seed)
    asked = [e for e in history.events if isinstance(e, Asked)]
    swept = {e.request_id for e in asked if e.scheduled}
    posted = [e for e in history.events if isinstance(e, Posted)]
    for_sweeps = [e.at for e in posted if e.key.request_id.split("/")[0] in swept]
    told = [e for e in history.events if isinstance(e, Told)]

    assert check(history).problems == ()
    assert [e for e in told if e.reason == "quiet_hours"]
    assert [at for at in for_sweeps if is_quiet(at)] == []
    assert any(is_quiet(e.at) for e in posted)


def is_quiet(at: datetime) -> bool:
    """Tell whether a time is within the quiet hours of the simulation."""
    return "06:02" <= f"{at:%H:%M}" < "12:30"
