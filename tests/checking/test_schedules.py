"""When expressions of EventBridge fire, and which SweepAlarmHours fit them."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from idle_jobs.variables import zone_of
from idle_jobs_cli.checking.schedules import (
    Unclear,
    alarm_too_early,
    firings,
    least_alarm_hours,
)
from rows.translated import SCHEDULES

# A Monday.
NOW = datetime(2026, 3, 2, 6, 5, tzinfo=UTC)

FIRINGS = {
    "cron(0 * * * ? *)": ["02 07:00", "02 08:00"],
    "cron(0/15 * * * ? *)": ["02 06:15", "02 06:30"],
    "cron(0 0/6 * * ? *)": ["02 12:00", "02 18:00"],
    "cron(0 0 * * ? *)": ["03 00:00", "04 00:00"],
    "cron(30 6,20 * * ? *)": ["02 06:30", "02 20:30"],
    "cron(0 22 ? * MON-FRI *)": ["02 22:00", "03 22:00"],
    "cron(0 22 ? * 1 *)": ["08 22:00", "15 22:00"],
    "cron(0 10 31 * ? *)": ["31 10:00", "31 10:00"],
    "cron(0 10 1 JAN,MAR ? 2027-2030)": ["01 10:00", "01 10:00"],
    "rate(1 hour)": ["02 07:00", "02 08:00"],
    "rate(15 minutes)": ["02 06:15", "02 06:30"],
    "rate(2 days)": ["04 00:00", "06 00:00"],
}


@pytest.mark.parametrize(("expression", "times"), FIRINGS.items(), ids=FIRINGS)
def test_an_expression_fires(expression: str, times: list[str]) -> None:
    """The next two times after a Monday morning, by day and hour."""
    found = islice(firings(expression, NOW), 2)

    assert [f"{time:%d %H:%M}" for time in found] == times


def test_what_never_comes_ends() -> None:
    """The thirtieth of February is not searched for for ever."""
    assert [*firings("cron(0 0 30 FEB ? *)", NOW)] == []


def test_clocks_are_put_forward_and_back() -> None:
    """A night has no half past two in March, and one sweep then in October."""
    berlin = zone_of("Europe/Berlin")
    march = datetime(2026, 3, 28, 12, tzinfo=UTC)
    october = datetime(2026, 10, 24, 12, tzinfo=UTC)
    expression = "cron(30 2 * * ? *)"

    assert f"{next(firings(expression, march, berlin)):%d %H:%M}" == "30 00:30"
    assert [
        f"{time:%d %H:%M}" for time in islice(firings(expression, october, berlin), 2)
    ] == ["25 00:30", "26 01:30"]


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "hourly",
        "rate(0 minutes)",
        "rate(1 week)",
        "at(2026-03-02T00:00:00)",
        "cron(0 * * * *)",
        "cron(0 * * * * *)",
        "cron(60 * * * ? *)",
        "cron(0 9-5 * * ? *)",
        "cron(0 x * * ? *)",
        "cron(0 * ? * MONDAY *)",
    ],
)
def test_what_is_no_expression_is_refused(expression: str) -> None:
    """EventBridge would refuse it, too."""
    with pytest.raises(ValueError, match=r"expected|never"):
        next(firings(expression, NOW))


@pytest.mark.parametrize("field", ["L * ?", "15W * ?", "LW * ?", "? * 6#3", "? * FRIL"])
def test_what_is_not_understood_is_left_alone(field: str) -> None:
    """EventBridge takes the last day of a month; no hours are proposed for it."""
    expression = f"cron(0 0 {field} *)"
    with pytest.raises(Unclear):
        next(firings(expression, NOW))

    assert alarm_too_early(expression, "", 2, NOW) == ""


@pytest.mark.parametrize(("expression", "hours"), SCHEDULES.items(), ids=SCHEDULES)
def test_the_alarm_fits_common_schedules(expression: str, hours: str) -> None:
    """One hour less would ring although only one sweep is late."""
    least = least_alarm_hours(expression, NOW)

    assert least == int(hours)
    assert alarm_too_early(expression, "UTC", least, NOW) == ""
    assert alarm_too_early(expression, "UTC", least - 1, NOW) == (
        f"set SweepAlarmHours to {hours} or more"
    )


@pytest.mark.parametrize(
    ("expression", "hours"),
    [("rate(15 minutes)", 2), ("rate(5 days)", 168), ("rate(7 days)", None)],
)
def test_the_alarm_has_limits(expression: str, hours: int | None) -> None:
    """It looks at whole hours, and back for a week."""
    assert least_alarm_hours(expression, NOW) == hours


def test_a_weekly_sweep_cannot_be_missed() -> None:
    """No SweepAlarmHours tells a late sweep from the pause between two."""
    weekly = "cron(0 0 ? * SUN *)"

    assert alarm_too_early(weekly, "", 168, NOW).startswith("sweep at least once")


@pytest.mark.parametrize("name", ["Berlin", "Europe", "../etc/passwd", "Europe/Berlim"])
def test_a_time_zone_that_is_not_known_is_named(name: str) -> None:
    """A zone is a name of the IANA's."""
    with pytest.raises(ValueError, match="such as Europe/Berlin"):
        zone_of(name)


def test_the_clocks_of_a_zone_are_kept() -> None:
    """Weekdays at eight in New York are other hours of UTC in summer."""
    new_york = zone_of("America/New_York")
    summer = NOW + timedelta(days=120)
    times = firings("cron(0 8 ? * MON-FRI *)", summer, new_york)

    assert f"{next(times):%H:%M}" == "12:00"
