"""Reads the fields of a control's request strictly; it knows not what they are for."""

import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from standin.cluster.times import time_value

Fields = Mapping[str, object]

LONGEST = timedelta(days=365)
# The cluster counts from the one, and can still add to the other.
EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)

_DURATION = re.compile("[0-9]{1,9}(ms|s|m|h|d)")
_MOMENT = re.compile(
    r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}(\.[0-9]{1,6})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)


class FieldError(Exception):
    """A request that is refused as a whole; it names the field and what it takes."""

    def __init__(self, field: str, expected: str, got: object) -> None:
        super().__init__(f"{field}: expected {expected}, got {json.dumps(got):.80}")


def read_body(body: bytes) -> Fields:
    """Read a JSON object; none at all is an empty one."""
    try:
        return read_object("request", json.loads(body or b"{}"))
    except (ValueError, RecursionError):
        raise FieldError("request", "a JSON object", body.decode("latin-1")) from None


def read_object(field: str, value: object) -> Fields:
    """Read an object, whatever is in it."""
    if not isinstance(value, dict):
        raise FieldError(field, "an object", value)
    return value


def check_known(
    fields: Fields, known: Collection[str], within: str = "request"
) -> None:
    """Refuse a field that means nothing."""
    for name in fields:
        if name not in known:
            listed = f"one of {', '.join(known)}" if known else "none"
            raise FieldError(f"field of {within}", listed, name)


def read_choice(fields: Fields, choices: Collection[str]) -> str:
    """Read which one of several fields is given."""
    check_known(fields, choices)
    if len(fields) != 1:
        raise FieldError("request", f"exactly one of {', '.join(choices)}", [*fields])
    return next(iter(fields))


def read_text(field: str, value: object) -> str:
    """Read a text that can be sent."""
    if not isinstance(value, str) or re.search("[\ud800-\udfff]", value):
        raise FieldError(field, "a text", value)
    return value


def read_word(field: str, value: object, words: Collection[str]) -> str:
    """Read one of some words."""
    if not isinstance(value, str) or value not in words:
        raise FieldError(field, f"one of {', '.join(words)}", value)
    return value


def read_flag(field: str, value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise FieldError(field, "true or false", value)
    return value


def read_integer(field: str, value: object, least: int, most: int) -> int:
    """Read a whole number."""
    if type(value) is not int or not least <= value <= most:
        raise FieldError(field, f"an integer from {least} to {most}", value)
    return value


def read_number(field: str, value: object, least: float, most: float) -> float:
    """Read a number, whole or not."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not least <= value <= most
    ):
        raise FieldError(field, f"a number from {least} to {most}", value)
    return float(value)


def read_duration(field: str, value: object) -> timedelta:
    """Read a time value such as `90m`, of at most a year."""
    if isinstance(value, str) and _DURATION.fullmatch(value):
        duration = time_value(value, field)
        if duration <= LONGEST:
            return duration
    raise FieldError(field, "a time value such as 90m, at most 365d", value)


def read_moment(field: str, value: object) -> datetime:
    """Read a time of RFC 3339 with its offset, as UTC."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            moment = datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            moment = EARLIEST - LONGEST
        if EARLIEST <= moment <= LATEST:
            return moment
    raise FieldError(field, "an RFC 3339 time from 1970-01-02 to 3000-01-01", value)
