"""Times as Elasticsearch and RFC 3339 write them, and as people say them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idle_jobs.times import duration, moment, rfc3339, spoken

DURATIONS = {
    "no time": ("0s", timedelta()),
    "nanoseconds": ("5000nanos", timedelta(microseconds=5)),
    "microseconds": ("5micros", timedelta(microseconds=5)),
    "milliseconds": ("60000ms", timedelta(minutes=1)),
    "seconds": ("123456s", timedelta(seconds=123_456)),
    "minutes": ("30m", timedelta(minutes=30)),
    "hours": ("48h", timedelta(hours=48)),
    "days": ("14d", timedelta(days=14)),
}
NO_DURATIONS = {
    "no unit": "30",
    "no number": "h",
    "nothing": "",
    "weeks": "2w",
    "an upper-case unit": "48H",
    "a sign": "-1h",
    "a fraction": "1.5h",
    "a blank": "48 h",
    "a line end": "48h\n",
    "two values": "1h30m",
    "thirteen digits": "1000000000000s",
    "digits of another script": "\u0664\u0668h",
    "a number": 48,
    "nothing at all": None,
    "a list": ["48h"],
}
MOMENTS = {
    "in UTC": ("2026-01-31T06:00:00Z", datetime(2026, 1, 31, 6, tzinfo=UTC)),
    "in UTC, as an offset": (
        "2026-01-31T06:00:00+00:00",
        datetime(2026, 1, 31, 6, tzinfo=UTC),
    ),
    "east of it": (
        "2026-01-31T06:00:00+05:30",
        datetime(2026, 1, 31, 0, 30, tzinfo=UTC),
    ),
    "west of it, on the next day": (
        "2026-01-31T20:00:00-08:00",
        datetime(2026, 2, 1, 4, tzinfo=UTC),
    ),
    "with milliseconds": (
        "2026-01-31T06:00:00.250Z",
        datetime(2026, 1, 31, 6, 0, 0, 250_000, tzinfo=UTC),
    ),
    "with a small t": ("2026-01-31t06:00:00Z", datetime(2026, 1, 31, 6, tzinfo=UTC)),
}
NO_MOMENTS = {
    "no offset": "2026-01-31T06:00:00",
    "a day only": "2026-01-31",
    "a blank for the T": "2026-01-31 06:00:00+00:00",
    "a day that is not there": "2026-02-30T06:00:00Z",
    "an hour that is not there": "2026-01-31T25:00:00Z",
    "an offset of more than a day": "2026-01-31T06:00:00+25:00",
    "an offset of 75 minutes": "2026-01-31T06:00:00+00:75",
    "before the first year, in UTC": "0001-01-01T00:00:00+10:00",
    "words": "Tomorrow",
    "nothing": "",
    "epoch milliseconds": 1_769_839_200_000,
    "epoch milliseconds as text": "1769839200000",
    "nothing at all": None,
    "a list": ["2026-01-31T06:00:00Z"],
}
SPANS = {
    "nothing": (timedelta(), "0s"),
    "less than a second": (timedelta(milliseconds=900), "0s"),
    "less than nothing": (timedelta(hours=-3), "0s"),
    "seconds": (timedelta(seconds=59), "59s"),
    "one minute": (timedelta(seconds=60), "1m"),
    "minutes and seconds": (timedelta(seconds=90), "1m 30s"),
    "hours and minutes, without the seconds": (
        timedelta(hours=3, minutes=5, seconds=7),
        "3h 5m",
    ),
    "days and hours": (timedelta(days=9, hours=3, minutes=20), "9d 3h"),
    "days and minutes": (timedelta(days=9, minutes=20), "9d"),
    "many days": (timedelta(days=800), "800d"),
}


@pytest.mark.parametrize(("text", "expected"), DURATIONS.values(), ids=DURATIONS)
def test_time_values_are_read(text: str, expected: timedelta) -> None:
    """Every unit that Elasticsearch writes is known."""
    assert expected == duration(text)


@pytest.mark.parametrize("text", NO_DURATIONS.values(), ids=NO_DURATIONS)
def test_no_time_value_is_guessed(text: object) -> None:
    """What Elasticsearch would not take is refused, with an example of what is."""
    with pytest.raises(
        ValueError, match="expected a time value such as 30m, 48h or 7d"
    ):
        duration(text)


def test_a_time_value_beyond_all_calendars_is_refused() -> None:
    """The longest time that can be computed with ends before twelve digits of days."""
    with pytest.raises(
        ValueError, match="expected at most 36500d, got '999999999999d'"
    ):
        duration("999999999999d")


@pytest.mark.parametrize(("text", "expected"), MOMENTS.values(), ids=MOMENTS)
def test_moments_are_read_into_utc(text: str, expected: datetime) -> None:
    """Whatever offset a time is written with, it is a time in UTC from there on."""
    read = moment(text)

    assert expected == read
    assert UTC is read.tzinfo


@pytest.mark.parametrize("text", NO_MOMENTS.values(), ids=NO_MOMENTS)
def test_no_moment_is_guessed(text: object) -> None:
    """A time without an offset, or of another kind, is refused with an example."""
    with pytest.raises(ValueError, match="expected an RFC 3339 time with an offset"):
        moment(text)


def test_a_refusal_is_short() -> None:
    """A refusal quotes no more than the beginning of what it was given."""
    with pytest.raises(ValueError, match=r"got '9{59}$"):
        duration("9" * 10_000)


def test_times_are_written_in_utc() -> None:
    """Every contract has its times in UTC and with a Z."""
    india = timezone(timedelta(hours=5, minutes=30))
    time = datetime(2026, 1, 31, 6, tzinfo=india)

    assert "2026-01-31T00:30:00Z" == rfc3339(time)


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_what_is_written_is_read_again(time: datetime) -> None:
    """No time loses anything on its way through a message, not even microseconds."""
    assert time == moment(rfc3339(time))


@pytest.mark.parametrize(("span", "expected"), SPANS.values(), ids=SPANS)
def test_spans_are_said_in_two_units(span: timedelta, expected: str) -> None:
    """People say the largest unit and the next one, if there is any of it."""
    assert expected == spoken(span)


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=36_500)))
def test_what_is_said_may_be_typed_again(span: timedelta) -> None:
    """Each part is a time value that a setting accepts; only smaller units are cut."""
    parts = spoken(span).split()
    told = sum(map(duration, parts), timedelta())
    second_unit = {"d": "1h", "h": "1m"}.get(parts[0][-1], "1s")

    assert timedelta() <= span - told < duration(second_unit)
