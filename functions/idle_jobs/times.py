"""Times as Elasticsearch and RFC 3339 write them; pure."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

# Longer than any wait, and short enough to be added to any date.
LONGEST = "36500d"

# How much two clocks may differ: those of this function, of EventBridge, SQS and a
# person, and of the nodes of Elasticsearch. NTP keeps each within a fraction of a
# second. The rest is for times in whole seconds and for slow answers.
CLOCKS_APART = timedelta(seconds=5)

_TIME_VALUE = re.compile(r"([0-9]{1,12})(nanos|micros|ms|s|m|h|d)")
_NO_DURATION = "expected a time value such as 30m, 48h or 7d, got {!r:.60}"
_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:[0-5]\d)", re.ASCII
)
_MICROSECONDS = {
    "nanos": 0.001,
    "micros": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}


def duration(text: object) -> timedelta:
    """Return an Elasticsearch time value such as `48h`; ValueError if it is not one."""
    return duration_up_to(LONGEST, text)


def duration_up_to(most: str, text: object) -> timedelta:
    """Return a time value; ValueError if it is longer than the time value `most`."""
    if not isinstance(text, str):
        raise ValueError(_NO_DURATION.format(text))
    return _duration(text, most)


# Cached: thousands of jobs share a few values such as `15m` and `60s`.
@lru_cache(maxsize=256)
def _duration(text: str, most: str) -> timedelta:
    if (microseconds := _microseconds(text)) > _microseconds(most):
        raise ValueError(f"expected at most {most}, got {text!r}")
    return timedelta(microseconds=microseconds)


def _microseconds(text: str) -> float:
    match = _TIME_VALUE.fullmatch(text)
    if match is None:
        raise ValueError(_NO_DURATION.format(text))
    return int(match[1]) * _MICROSECONDS[match[2]]


def moment(text: object) -> datetime:
    """Return an RFC 3339 time with an offset, in UTC; ValueError if it is not one."""
    try:
        if not isinstance(text, str) or not _RFC3339.fullmatch(text):
            raise ValueError
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"expected an RFC 3339 time with an offset, such as 2026-01-31T06:00:00Z, "
            f"got {text!r:.60}"
        ) from None


def rfc3339(time: datetime) -> str:
    """Return a time as text in RFC 3339, in UTC; all messages and logs use it."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def spoken(span: timedelta) -> str:
    """Return a time span as text for people: `9d 3h`, or `9d` if it is 9 d and 3 s.

    It has the largest unit and the next one. The units are those of Elasticsearch, so
    one part alone is a time value.
    """
    seconds = max(0, int(span.total_seconds()))
    counts: list[tuple[int, str]] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count or counts:
            counts.append((count, unit))
    return " ".join(f"{n}{unit}" for n, unit in counts[:2] if n) or "0s"
