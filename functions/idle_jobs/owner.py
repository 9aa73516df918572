"""The owner's word: `custom_settings.idle_closer`, which travels with the job; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from idle_jobs.times import duration, moment


class Wish(StrEnum):
    """What the owner's `mode` asks for."""

    AUTO = "auto"
    NOTIFY = "notify"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner's settings; one that cannot be read means `never`, with `problem`."""

    wish: Wish | None = None
    idle_after: timedelta | None = None
    keep_open_until: datetime | None = None
    name: str = ""
    problem: str = ""


NO_WISH = Owner()


def read_owner(settings: object) -> Owner:
    """Read `custom_settings.idle_closer`; absent means no wish at all."""
    if not isinstance(settings, Mapping) or "idle_closer" not in settings:
        return NO_WISH
    try:
        return _read(settings["idle_closer"])
    except ValueError as error:
        return Owner(wish=Wish.NEVER, problem=f"custom_settings.idle_closer{error}")


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


def _wish(text: object) -> Wish:
    if not isinstance(text, str) or text not in set(Wish):
        raise ValueError(f"expected auto, notify or never, got {text!r:.60}")
    return Wish(text)


def _name(text: object) -> str:
    if not isinstance(text, str) or len(text) > 100:
        raise ValueError(f"expected up to 100 characters, got {text!r:.60}")
    return text


_READERS = {
    "mode": ("wish", _wish),
    "idle_after": ("idle_after", duration),
    "keep_open_until": ("keep_open_until", moment),
    "owner": ("name", _name),
}
