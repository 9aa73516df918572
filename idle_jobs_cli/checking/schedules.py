"""When a schedule expression of EventBridge fires; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise, takewhile
from math import ceil
from re import fullmatch

from idle_jobs.variables import zone_of

MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"
DAYS = "SUN MON TUE WED THU FRI SAT"
UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Leap days are four years apart, or eight.
NEVER = timedelta(days=9 * 366)
HOUR = timedelta(hours=1)
# CloudWatch looks back no further, and a month has every pause of a usual schedule.
MOST, LOOKED_AT = timedelta(days=7), timedelta(days=40)


class Unclear(ValueError):
    """An expression that EventBridge takes, but that is not understood here."""


@dataclass(frozen=True, slots=True)
class _Cron:
    minutes: frozenset[int]
    hours: frozenset[int]
    month_days: frozenset[int]
    months: frozenset[int]
    week_days: frozenset[int]
    years: frozenset[int]

    def has(self, day: date) -> bool:
        week_day = day.isoweekday() % 7 + 1  # EventBridge counts from Sunday, from 1.
        return (
            day.day in self.month_days
            and day.month in self.months
            and week_day in self.week_days
            and day.year in self.years
        )


def firings(expression: str, after: datetime, zone: tzinfo = UTC) -> Iterator[datetime]:
    """Yield the times later than `after` at which an expression fires, in UTC.

    A rate fires at its multiples since 1970: EventBridge counts from the deployment.
    Raises ValueError for what is not an expression: Unclear if it has `L`, `W` or `#`.
    """
    if match := fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression):
        return _rate(int(match[1]) * UNITS[match[2]], after)
    if match := fullmatch(r"cron\((.*)\)", expression):
        return _cron(_parsed(match[1]), after, zone)
    raise ValueError(f"expected rate(...) or cron(...), got {expression!r:.60}")


def least_alarm_hours(expression: str, now: datetime, zone: tzinfo = UTC) -> int | None:
    """Return the SweepAlarmHours that fit an expression; None if none do.

    With these hours `SweepMissing` rings when two sweeps in a row are missing, or when
    one is, if two are further apart than CloudWatch looks back.
    """
    until = now + LOOKED_AT
    times = [*takewhile(until.__ge__, firings(expression, now, zone))]
    if len(times) < 3 or max(b - a for a, b in pairwise(times)) >= MOST:
        return None
    twice = max(c - a for a, c in zip(times, times[2:], strict=False))
    return max(2, ceil(min(twice, MOST) / HOUR))


def alarm_too_early(expression: str, zone: str, hours: int, now: datetime) -> str:
    """Return what to do about SweepAlarmHours that do not fit a schedule, or "".

    It is also "" for what is not understood here.
    """
    try:
        least = least_alarm_hours(expression, now, zone_of(zone))
    except ValueError:
        return ""
    if least is None:
        return "sweep at least once within 6 days: SweepMissing looks back for 7"
    return f"set SweepAlarmHours to {least} or more" if hours < least else ""


def _rate(span: timedelta, after: datetime) -> Iterator[datetime]:
    if not span:
        raise ValueError("rate(0 ...) never fires")
    due = EPOCH + ((after - EPOCH) // span + 1) * span
    while True:
        yield due
        due += span


def _cron(cron: _Cron, after: datetime, zone: tzinfo) -> Iterator[datetime]:
    day, last = after.astimezone(zone).date(), (after + NEVER).date()
    while day <= last:
        if cron.has(day):
            yield from (due for due in _of_day(cron, day, zone) if due > after)
        day += timedelta(days=1)


def _of_day(cron: _Cron, day: date, zone: tzinfo) -> Iterator[datetime]:
    for hour in sorted(cron.hours):
        for minute in sorted(cron.minutes):
            local = datetime.combine(day, time(hour, minute), zone)
            due = local.astimezone(UTC)
            # Clocks that are put forward leave an hour out.
            if due.astimezone(zone).time() == local.time():
                yield due


def _parsed(text: str) -> _Cron:
    fields = text.split()
    if len(fields) != 6:
        raise ValueError(f"expected cron with six fields, got {text!r:.60}")
    minutes, hours, month_days, months, week_days, years = fields
    if "?" not in (month_days, week_days):
        raise ValueError("cron: expected ? as the day of the month or of the week")
    return _Cron(
        _values(minutes, 0, 59),
        _values(hours, 0, 23),
        _values(month_days, 1, 31),
        _values(months, 1, 12, MONTHS),
        _values(week_days, 1, 7, DAYS),
        _values(years, 1970, 2199),
    )


def _values(text: str, least: int, most: int, names: str = "") -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        every = first in ("*", "?")
        low = least if every else _number(first, names)
        to_the_end = every or (step and not last)
        high = most if to_the_end else _number(last or first, names)
        if not least <= low <= high <= most:
            raise ValueError(f"cron: expected {least} to {most}, got {part!r:.60}")
        found.update(range(low, high + 1, _number(step or "1")))
    return frozenset(found)


def _number(text: str, names: str = "") -> int:
    if text in (known := names.split()):
        return known.index(text) + 1
    if fullmatch(r"[0-9A-Z]{0,3}[LW#][0-9W]?", text):
        raise Unclear(f"cron: {text} is not understood here")
    if not fullmatch(r"[0-9]{1,4}", text):
        raise ValueError(f"cron: expected a number, got {text!r:.60}")
    return int(text)
