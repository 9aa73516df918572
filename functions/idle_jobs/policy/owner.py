"""The settings of a job's owner, in `custom_settings.idle_closer` of the job; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from typing import Any

from idle_jobs.times import duration, moment


class OwnerMode(StrEnum):
    """The values of the owner's `mode`."""

    AUTO = "auto"
    NOTIFY = "notify"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner's settings; unreadable ones give mode `never` and a `problem`."""

    mode: OwnerMode | None = None
    idle_after: timedelta | None = None
    keep_open_until: datetime | None = None
    name: str = ""
    problem: str = ""

    @property
    def speaks(self) -> bool:
        """Return whether a setting says something about closing; `owner` does not."""
        return bool(self.mode or self.idle_after or self.keep_open_until)


NO_OWNER_SETTINGS = Owner()
OUR_KEY = "idle_closer"

# Keys that belong in `idle_closer`; beside it, they are misplaced.
_MISPLACED = frozenset({"idle_after", "keep_open_until"})


def read_owner(settings: object) -> Owner:
    """Return the owner's settings from `custom_settings`; it never raises.

    A misspelt or misplaced key means `never`, too: the owner wanted to set something.
    """
    if not isinstance(settings, Mapping):
        return NO_OWNER_SETTINGS
    for key in settings:
        if why := _why_unread(key):
            problem = f"custom_settings.{key!s:.60}: {why}"
            return Owner(mode=OwnerMode.NEVER, problem=problem)
    if OUR_KEY not in settings:
        return NO_OWNER_SETTINGS
    try:
        return _read(settings[OUR_KEY])
    except ValueError as error:
        return Owner(
            mode=OwnerMode.NEVER, problem=f"custom_settings.idle_closer{error}"
        )


def _why_unread(key: object) -> str:
    """Return why a key that resembles `idle_closer` is not read, "" for other keys."""
    if key == OUR_KEY or not isinstance(key, str):
        return ""
    if key in _MISPLACED:
        return f"expected in {OUR_KEY}, not beside it"
    meant = any(looks_like(part, OUR_KEY) for part in key.split("."))
    return f"not read, expected {OUR_KEY}" if meant else ""


@lru_cache(maxsize=4096)
def looks_like(text: str, word: str) -> bool:
    """Return whether a text contains a word, or differs by a typo or two.

    Case and punctuation do not count.
    """
    plain, meant = (
        "".join(filter(str.isalnum, each.casefold())) for each in (text, word)
    )
    return meant in plain or SequenceMatcher(None, plain, meant).ratio() >= 0.85


def _read(ours: object) -> Owner:
    if not isinstance(ours, Mapping):
        raise ValueError(f": expected an object, got {ours!r:.60}")
    read: dict[str, Any] = {}
    for name, value in ours.items():
        if name not in _READERS:
            raise ValueError(f".{name!s:.60}: expected one of {', '.join(_READERS)}")
        field, reader = _READERS[name]
        try:
            read[field] = reader(value)
        except ValueError as error:
            raise ValueError(f".{name}: {error}") from None
    return Owner(**read)


def _mode(text: object) -> OwnerMode:
    if not isinstance(text, str) or text not in set(OwnerMode):
        raise ValueError(f"expected auto, notify or never, got {text!r:.60}")
    return OwnerMode(text)


def _name(text: object) -> str:
    if not isinstance(text, str) or len(text) > 100:
        raise ValueError(f"expected up to 100 characters, got {text!r:.60}")
    return text


_READERS = {
    "mode": ("mode", _mode),
    "idle_after": ("idle_after", duration),
    "keep_open_until": ("keep_open_until", moment),
    "owner": ("name", _name),
}
