"""The hours in which sweeps close nothing, by the clocks of a zone."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from builders import NOW, RULES, idle_job
from idle_jobs.policy.job import State
from idle_jobs.policy.judge import judge
from idle_jobs.policy.limits import Held, Plan, keep_quiet
from idle_jobs.policy.quiet_hours import QuietHours
from idle_jobs.policy.rules import Rules
from idle_jobs.reasons import Reason

WORK = QuietHours(time(8), time(18))
NIGHT = QuietHours(time(22), time(6, 30))
BERLIN = QuietHours(time(8), time(18), ZoneInfo("Europe/Berlin"))
JOBS = (idle_job(), idle_job(state=State.CLOSING))
BUSY = Rules(quiet_hours=QuietHours(time(8), time(18)))


def at(text: str) -> datetime:
    """Return a time of UTC in November 2026, such as `23 12:00`."""
    return datetime.strptime(f"2026-11-{text} +0000", "%Y-%m-%d %H:%M %z")


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        (WORK, "23 07:59", None),
        (WORK, "23 08:00", "23 18:00"),
        (WORK, "23 17:59", "23 18:00"),
        (WORK, "23 18:00", None),
        (NIGHT, "23 21:59", None),
        (NIGHT, "23 22:00", "24 06:30"),
        (NIGHT, "24 00:00", "24 06:30"),
        (NIGHT, "24 06:29", "24 06:30"),
        (NIGHT, "24 06:30", None),
        (BERLIN, "23 06:59", None),
        (BERLIN, "23 07:00", "23 17:00"),
    ],
)
def test_hours_begin_and_end(hours: QuietHours, now: str, until: str | None) -> None:
    """The first minute is quiet, the last one is not; a night has two dates."""
    found = hours.until(at(now))

    assert (found and f"{found:%d %H:%M}") == until


def test_hours_follow_daylight_saving() -> None:
    """In July, eight o'clock in Berlin is an hour earlier in UTC than in November."""
    assert BERLIN.until(datetime(2026, 7, 1, 6, tzinfo=UTC)) is not None
    assert BERLIN.until(datetime(2026, 7, 1, 16, tzinfo=UTC)) is None


def test_a_night_in_which_the_clocks_are_put_forward_ends_in_time() -> None:
    """The quiet hours of that night are seven and a half, and end at half past six."""
    night = QuietHours(time(22), time(6, 30), ZoneInfo("Europe/Berlin"))
    began = datetime(2026, 3, 28, 21, tzinfo=UTC)

    assert night.until(began) == began + timedelta(hours=7, minutes=30)


def test_nothing_is_sent_to_be_closed_in_quiet_hours() -> None:
    """It is held back, until when is told; a close of somebody else is followed."""
    idle, closing = (judge(job, NOW, RULES) for job in JOBS)
    plan = keep_quiet(Plan((idle, closing)), NOW, BUSY)
    why = "until 2026-11-23T18:00:00Z"

    assert plan == Plan((closing,), (Held(idle, Reason.QUIET_HOURS, why),))


def test_a_plan_is_as_it_was_at_other_hours() -> None:
    """Without quiet hours, and outside of them."""
    plan = Plan((judge(idle_job(), NOW, RULES),))

    assert keep_quiet(plan, NOW, RULES) == plan
    assert keep_quiet(plan, NOW + timedelta(hours=6), BUSY) == plan
