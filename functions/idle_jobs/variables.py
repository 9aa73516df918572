"""Readers for the values of environment variables; pure.

A reader raises ValueError with what it expects; `settings` adds the variable's name.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from idle_jobs.policy.job import JOB_ID
from idle_jobs.policy.quiet_hours import QuietHours
from idle_jobs.texts import tidy
from idle_jobs.times import duration, spoken

# Plain http only to this machine: requests carry keys and signatures.
_URL = re.compile(
    r"https://[^\s?#@]+|http://(127\.0\.0\.1|localhost)(:\d+)?(/[^\s?#@]*)?"
)
# The signature overwrites Authorization, so the credential needs another header.
_HEADER = re.compile(
    r"(?!(?:authorization|host|x-amz-.*)$)[a-z][a-z0-9-]{0,60}", re.IGNORECASE
)
# `app.*` is a glob for ids with a dot. At the beginning or after a hyphen, ids have no
# dot: there, `.*` was meant as a regular expression.
_PATTERN = re.compile(r"(?!(.*[^a-z0-9])?\.\*)[a-z0-9_.*?!\[\]-]+")
_HOURS = re.compile(
    r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}")
_GLOBS = "expected globs separated by commas, such as prod-*,billing"
_IDS = "expected job ids separated by commas"


def name(text: str) -> str:
    """Return a name that is valid in metrics and paths."""
    if not re.fullmatch(r"[A-Za-z0-9_./-]{1,200}", text):
        raise ValueError("expected up to 200 of letters, digits, _ . / -")
    return text


def url(text: str) -> str:
    """Return an https URL, or an http URL of this machine."""
    if not _URL.fullmatch(text):
        raise ValueError("expected an https URL without user and query")
    return text


def header(text: str) -> str:
    """Return the name of a header that neither HTTP nor the signature uses."""
    if not _HEADER.fullmatch(text):
        raise ValueError("expected a header's name, not Authorization, Host or x-amz-*")
    return text


def region(text: str) -> str:
    """Return a region of AWS, or "" for that of the functions."""
    if text and not _REGION.fullmatch(text):
        raise ValueError("expected a region such as eu-west-1")
    return text


def bus(text: str) -> str:
    """Return the name of an event bus, or "" for none."""
    if not re.fullmatch(r"[A-Za-z0-9._-]{0,256}", text):
        raise ValueError("expected the name of an event bus, not its ARN")
    return text


def price(text: str) -> float:
    """Return a price, 0 for none."""
    if not re.fullmatch(r"(\d{1,6}(\.\d+)?)?", text):
        raise ValueError("expected a price like 0.05, or nothing")
    return float(text or 0)


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a reader of one of these choices."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return text

    return read


def flag(text: str) -> bool:
    """Return whether a switch is on."""
    if text not in ("true", "false"):
        raise ValueError("expected true or false")
    return text == "true"


def patterns(text: str) -> tuple[str, ...]:
    """Return globs for ids and groups. A regular expression is refused as a mistake."""
    return tuple(_checked(word, _PATTERN, "a glob", _GLOBS) for word in _words(text))


def ids(text: str) -> tuple[str, ...]:
    """Return job ids."""
    return tuple(_checked(word, JOB_ID, "a job id", _IDS) for word in _words(text))


def _checked(word: str, rule: re.Pattern[str], kind: str, expected: str) -> str:
    if rule.fullmatch(word):
        return word
    if re.search(r"\s", word):
        why = "contains a space"
    elif word != word.lower():
        why = "has capital letters, which ids never have"
    else:
        why = f"is not {kind}"
    raise ValueError(f"{expected}, got {word!r:.60}, which {why}")


def _words(text: str) -> Iterator[str]:
    return (word for word in map(tidy, text.split(",")) if word)


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `least` to `most`."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise ValueError(f"expected a whole number from {least} to {most}")
        return int(text)

    return read


def span(least: timedelta) -> Callable[[str], timedelta]:
    """Return a reader of time values from `least` to ten years."""

    def read(text: str) -> timedelta:
        span = duration(text)
        if not least <= span <= timedelta(days=3650):
            raise ValueError(f"expected at least {spoken(least)}, at most 3650d")
        return span

    return read


def off_or(read: Callable[[str], timedelta]) -> Callable[[str], timedelta]:
    """Return a reader that reads `off` as no time at all."""
    return lambda text: timedelta() if text == "off" else read(text)


def quiet_hours(text: str) -> QuietHours | None:
    """Return hours such as `08:00-18:00 Europe/Berlin`; without a zone, in UTC."""
    if not text:
        return None
    hours, _, zone = text.partition(" ")
    match = _HOURS.fullmatch(hours)
    if not match or match[1] == match[2]:
        raise ValueError("expected hours such as 08:00-18:00")
    start, end = map(time.fromisoformat, match.groups())
    return QuietHours(start, end, zone_of(zone))


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its name, UTC if there is none."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ValueError, LookupError, OSError):
        expected = "expected a time zone of the IANA, such as Europe/Berlin"
        raise ValueError(expected) from None


def seconds(text: str) -> float:
    """Return a timeout in seconds."""
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value <= 600:
        raise ValueError("expected seconds above 0, at most 600")
    return value
