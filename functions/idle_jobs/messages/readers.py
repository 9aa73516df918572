"""Strict reading of message bodies: every refusal names the field and what it expects.

Pure. A body is untrusted: whoever may send to a queue may write anything into it.
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

Read = Callable[[object], Any]

LONGEST_TIMEOUT = "24h"


class BadBody(ValueError):
    """A body that cannot be acted on; its text names the field and what it expects."""

    def __init__(self, why: str, reason: Reason = Reason.BAD_REQUEST) -> None:
        super().__init__(printable(why))
        self.reason = reason


def parse_object(body: str) -> dict[str, Any]:
    """Parse a body as a JSON object."""
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
    value: Mapping[str, object], readers: Mapping[str, Read]
) -> dict[str, Any]:
    """Read the fields that are there; a reader's ValueError gets the field's name."""
    read = {}
    for field, reader in readers.items():
        if field in value:
            try:
                read[field] = reader(value[field])
            except ValueError as error:
                raise BadBody(f"{field}: {error}") from None
    return read


def flag(value: object) -> bool:
    """Read a boolean; strings and numbers are refused."""
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false, got {value!r:.60}")
    return value


def text(value: object) -> str:
    """Read up to 256 printable characters."""
    value = tidied(value)
    if not isinstance(value, str) or len(value) > 256 or not value.isprintable():
        raise ValueError(f"expected up to 256 printable characters, got {value!r:.60}")
    return value


def name(value: object) -> str:
    """Read a text that is not empty: something is told apart by it."""
    if tidied(value) == "":
        raise ValueError("expected 1 to 256 printable characters, got ''")
    return text(value)


def number(value: object) -> int:
    """Read a whole number of jobs; Elasticsearch lists no more than 10,000."""
    if type(value) is not int or not 1 <= value <= 10_000:  # A bool is an int, too.
        raise ValueError(f"expected a whole number from 1 to 10000, got {value!r:.60}")
    return value


def time_value(value: object) -> str:
    """Read an Elasticsearch time value, and keep it as it is written."""
    value = tidied(value)
    duration(value)
    return str(value)


def close_timeout(value: object) -> str:
    """Read a close's timeout: Elasticsearch would wait for as long as it is told."""
    value = tidied(value)
    duration_up_to(LONGEST_TIMEOUT, value)
    return str(value)


def past_moment(now: datetime) -> Callable[[object], datetime]:
    """Return a reader of times that have passed.

    A person's clock, SQS's or another function's wrote them, and `now` is ours.
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
    """Read one exact job id."""
    if not isinstance(value, str) or not JOB_ID.fullmatch(value):
        raise ValueError(
            "expected one job id (1 to 64 of a-z 0-9 _ - . that begin and end with a "
            f"letter or digit), got {value!r:.80}"
        )
    return value


def choice(kind: type[StrEnum]) -> Read:
    """Return a reader of one of an enumeration's values."""

    def read(value: object) -> StrEnum:
        if not isinstance(value, str) or value not in set(kind):
            raise ValueError(f"expected one of {', '.join(kind)}, got {value!r:.60}")
        return kind(value)

    return read
