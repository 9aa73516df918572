"""Times as Elasticsearch writes and reads them."""

import re
from datetime import UTC, datetime, timedelta

from simulator.cluster.errors import illegal_argument

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

_UNITS = {
    "nanos": timedelta(),
    "micros": timedelta(microseconds=1),
    "ms": MILLISECOND,
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


def millis(moment: datetime) -> int:
    """Write a moment as epoch milliseconds."""
    return (moment - EPOCH) // MILLISECOND


def time_value(text: str, name: str) -> timedelta:
    """Read a time value such as `30s`; `-1` and `0` need no unit."""
    written = text.strip()
    if written in {"-1", "0"}:
        return int(written) * MILLISECOND
    match = re.fullmatch(r"(\S+?)\s*(nanos|micros|ms|s|m|h|d)", written.lower())
    if match is None:
        raise illegal_argument(
            f"failed to parse setting [{name}] with value [{text}] as a time value: "
            "unit is missing or unrecognized"
        )
    if not re.fullmatch(r"\d{1,9}", match[1]):
        raise illegal_argument(f"failed to parse [{text}]")
    return int(match[1]) * _UNITS[match[2]]
