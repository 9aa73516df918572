"""Times as Elasticsearch writes and reads them."""

import re
from datetime import UTC, datetime, timedelta

from standin.cluster.errors import illegal_argument

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

# In nanoseconds, the largest first.
_UNITS = {
    "d": 86_400 * 10**9,
    "h": 3_600 * 10**9,
    "m": 60 * 10**9,
    "s": 10**9,
    "ms": 10**6,
    "micros": 10**3,
    "nanos": 1,
}
_MOST_NANOS = 2**63 - 1


def millis(moment: datetime) -> int:
    """Write a moment as epoch milliseconds."""
    return (moment - EPOCH) // MILLISECOND


def time_value(text: str, name: str) -> timedelta:
    """Read a time value such as `30s`; `-1` and `0` need no unit."""
    return _long(*_read(text, name))


def told_time(text: str, name: str) -> str:
    """Write a time value as Elasticsearch tells it: in its largest unit.

    Of its fraction the first digit is left, and none if that is zero. Source:
    TimeValue.toString.
    """
    number, unit = _read(text, name)
    nanos = min(number * _UNITS[unit], _MOST_NANOS)
    if nanos <= 0:
        return "-1" if nanos < 0 else "0s"
    suffix, size = next(each for each in _UNITS.items() if nanos >= each[1])
    whole, tenths = divmod(nanos * 10 // size, 10)
    return f"{whole}.{tenths}{suffix}" if tenths else f"{whole}{suffix}"


def _long(number: int, unit: str) -> timedelta:
    return timedelta(microseconds=number * _UNITS[unit] // 1000)


def _read(text: str, name: str) -> tuple[int, str]:
    written = text.strip()
    if written in {"-1", "0"}:
        return int(written), "ms"
    match = re.fullmatch(r"(\S+?)\s*(nanos|micros|ms|s|m|h|d)", written.lower())
    if match is None:
        raise illegal_argument(
            f"failed to parse setting [{name}] with value [{text}] as a time value: "
            "unit is missing or unrecognized"
        )
    if not re.fullmatch(r"\d{1,9}", match[1]):
        raise illegal_argument(f"failed to parse [{text}]")
    return int(match[1]), match[2]
