"""How the value of a variable is read; pure.

What a reader refuses is told in a ValueError; `settings` adds the variable's name.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

from idle_jobs.policy.job import JOB_ID
from idle_jobs.texts import tidy
from idle_jobs.times import duration, spoken

# http is for a cluster on the same machine only: keys and signatures travel in it.
_URL = re.compile(
    r"https://[^\s?#@]+|http://(127\.0\.0\.1|localhost)(:\d+)?(/[^\s?#@]*)?"
)
# Signing writes over Authorization, and the credential in it would not be sent.
_HEADER = re.compile(
    r"(?!(?:authorization|host|x-amz-.*)$)[a-z][a-z0-9-]{0,60}", re.IGNORECASE
)
# `app.*` is a glob over ids with a dot. Behind a hyphen or at the beginning, where ids
# have no dot, `.*` is a regular expression.
_PATTERN = re.compile(r"(?!(.*[^a-z0-9])?\.\*)[a-z0-9_.*?!\[\]-]+")
_GLOBS = "expected globs separated by commas, such as prod-*,billing"
_IDS = "expected job ids separated by commas"


def name(text: str) -> str:
    """Read a name that may stand in metrics and paths."""
    if not re.fullmatch(r"[A-Za-z0-9_./-]{1,200}", text):
        raise ValueError("expected up to 200 of letters, digits, _ . / -")
    return text


def url(text: str) -> str:
    """Read a URL to which keys may be sent."""
    if not _URL.fullmatch(text):
        raise ValueError("expected an https URL without user and query")
    return text


def header(text: str) -> str:
    """Read the name of a header beside those that the signature and HTTP take."""
    if not _HEADER.fullmatch(text):
        raise ValueError("expected a header's name, not Authorization, Host or x-amz-*")
    return text


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a reader of one of some words."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return text

    return read


def flag(text: str) -> bool:
    """Read a switch."""
    if text not in ("true", "false"):
        raise ValueError("expected true or false")
    return text == "true"


def patterns(text: str) -> tuple[str, ...]:
    """Read globs over ids and groups; a regular expression would match nothing."""
    return tuple(_checked(word, _PATTERN, "glob", _GLOBS) for word in _words(text))


def ids(text: str) -> tuple[str, ...]:
    """Read ids of jobs."""
    return tuple(_checked(word, JOB_ID, "id", _IDS) for word in _words(text))


def _checked(word: str, rule: re.Pattern[str], kind: str, expected: str) -> str:
    if rule.fullmatch(word):
        return word
    if re.search(r"\s", word):
        why = "has a blank"
    elif word != word.lower():
        why = "has capitals: no id has any"
    else:
        why = f"is no {kind}"
    raise ValueError(f"{expected}, got {word!r:.60}, which {why}")


def _words(text: str) -> Iterator[str]:
    return (word for word in map(tidy, text.split(",")) if word)


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise ValueError(f"expected a whole number from {least} to {most}")
        return int(text)

    return read


def span(least: timedelta) -> Callable[[str], timedelta]:
    """Return a reader of times."""

    def read(text: str) -> timedelta:
        span = duration(text)
        if not least <= span <= timedelta(days=3650):
            raise ValueError(f"expected at least {spoken(least)}, at most 3650d")
        return span

    return read


def seconds(text: str) -> float:
    """Read seconds, as timeouts are."""
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value <= 600:
        raise ValueError("expected seconds above 0, at most 600")
    return value
