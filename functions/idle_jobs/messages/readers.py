"""Strict readers for the fields of message bodies; pure.

A body is untrusted: whoever may send to a queue may write anything into it. Every error
names the field and what was expected.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NoReturn

from idle_jobs.policy.job import JOB_ID
from idle_jobs.reasons import Reason
from idle_jobs.safe_text import printable
from idle_jobs.texts import tidied, tidy
from idle_jobs.times import CLOCKS_APART, duration, duration_up_to, moment, rfc3339

Reader = Callable[[object], Any]

LONGEST_TIMEOUT = "24h"
LONGEST_TEXT = 256  # characters


class BadBody(ValueError):
    """A body that is not valid; the text names the field and what was expected."""

    def __init__(self, why: str, reason: Reason = Reason.BAD_REQUEST) -> None:
        super().__init__(printable(why))
        self.reason = reason


def parse_object(body: str) -> dict[str, Any]:
    """Return a body as a JSON object; BadBody if it is not one."""
    try:
        value = json.loads(tidy(body), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        why = f"body: expected a JSON object: {error!s:.100}"
        raise BadBody(why, Reason.UNREADABLE) from None
    if not isinstance(value, dict):
        why = f"body: expected a JSON object, got {value!r:.60}"
        raise BadBody(why, Reason.UNREADABLE)
    return value


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def read_fields(
    value: Mapping[str, object], readers: Mapping[str, Reader]
) -> dict[str, Any]:
    """Return the fields that are present; BadBody names the field that is wrong."""
    read = {}
    for field, reader in readers.items():
        if field in value:
            try:
                read[field] = reader(value[field])
            except ValueError as error:
                raise BadBody(f"{field}: {error}") from None
    return read


def flag(value: object) -> bool:
    """Return a boolean; strings and numbers are errors."""
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false, got {value!r:.60}")
    return value


def text(value: object) -> str:
    """Return up to 256 printable characters."""
    value = tidied(value)
    if (
        not isinstance(value, str)
        or len(value) > LONGEST_TEXT
        or not value.isprintable()
    ):
        raise ValueError(f"expected up to 256 printable characters, got {value!r:.60}")
    return value


def name(value: object) -> str:
    """Return a text that is not empty, since it is used as an id."""
    if tidied(value) == "":
        raise ValueError("expected 1 to 256 printable characters, got ''")
    return text(value)


def number(value: object) -> int:
    """Return a number of jobs; Elasticsearch lists 10,000 at most."""
    if type(value) is not int or not 1 <= value <= 10_000:  # A bool is an int, too.
        raise ValueError(f"expected a whole number from 1 to 10000, got {value!r:.60}")
    return value


def time_value(value: object) -> str:
    """Return an Elasticsearch time value as it is written."""
    value = tidied(value)
    duration(value)
    return str(value)


def close_timeout(value: object) -> str:
    """Return the timeout of a close, up to 24 h; Elasticsearch has no limit."""
    value = tidied(value)
    duration_up_to(LONGEST_TIMEOUT, value)
    return str(value)


def past_moment(now: datetime) -> Callable[[object], datetime]:
    """Return a reader of times that are not later than `now`.

    The clock that wrote the time may differ from ours by a few seconds.
    """

    def read(value: object) -> datetime:
        time = moment(tidied(value))
        if time > now + CLOCKS_APART:
            raise ValueError(
                f"expected a time that has passed at {rfc3339(now)}, got {value!r:.60}"
            )
        return min(time, now)

    return read


def one_job_id(value: object) -> str:
    """Return one exact job id."""
    if not isinstance(value, str) or not JOB_ID.fullmatch(value):
        raise ValueError(
            "expected one job id (1 to 64 of a-z 0-9 _ - . that begin and end with a "
            f"letter or digit), got {value!r:.80}"
        )
    return value


def choice(kind: type[StrEnum]) -> Reader:
    """Return a reader of the values of an enumeration."""

    def read(value: object) -> StrEnum:
        if not isinstance(value, str) or value not in set(kind):
            raise ValueError(f"expected one of {', '.join(kind)}, got {value!r:.60}")
        return kind(value)

    return read
