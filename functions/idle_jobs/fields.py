"""Typed fields out of untrusted JSON; pure.

What cannot be read becomes a line in `problems`, never an exception, so that one odd
job cannot stop a sweep, and never a default alone, so that an unread field cannot look
like idleness.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from idle_jobs.times import duration

Json = Mapping[str, Any]
T = TypeVar("T")
EPOCH = datetime.fromtimestamp(0, UTC)


def dig(source: object, path: str) -> object:
    """Return what lies at a dotted path, None where the path ends early."""
    # JSON objects are dicts: asking for any Mapping would take half of a sweep's time.
    for key in _keys(path):
        if not isinstance(source, dict):
            return None
        source = source.get(key)
    return source


@cache
def _keys(path: str) -> tuple[str, ...]:
    # The paths are those in our code: a few dozen.
    return tuple(path.split("."))


def _is_long(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int):
        return False
    return -(2**63) <= value < 2**63


class Fields:
    """Reads the fields of one document and remembers those that it could not read."""

    def __init__(self, source: Json) -> None:
        self.source = source
        self.problems: list[str] = []

    def __getitem__(self, path: str) -> object:
        return dig(self.source, path)

    def doubt(self, path: str, expected: str) -> None:
        """Remember that a field is not what was expected."""
        self.problems.append(f"{path}: expected {expected}, got {self[path]!r:.60}")

    def read(self, path: str, kind: type[T], *, needed: bool = False) -> T | None:
        """Return the value at a path if it is of this kind; a bool is not an int.

        Nor is what is no `long` of Elasticsearch's: sums and metrics could not hold it.
        """
        value = self[path]
        if isinstance(value, kind) and (kind is not int or _is_long(value)):
            return value
        if value is not None or needed:
            self.doubt(path, kind.__name__)
        return None

    def text(self, path: str) -> str:
        """Return a string, empty where there is none."""
        return self.read(path, str) or ""

    def time(self, path: str, *, needed: bool = False) -> datetime | None:
        """Return epoch milliseconds as a time."""
        value = self.read(path, int, needed=needed)
        try:
            return None if value is None else EPOCH + timedelta(milliseconds=value)
        except OverflowError:
            self.problems.append(f"{path}: expected epoch milliseconds, got far more")
            return None

    def duration(self, path: str) -> timedelta | None:
        """Return an Elasticsearch time value such as `15m`."""
        try:
            return None if self[path] is None else duration(self[path])
        except ValueError as error:
            self.problems.append(f"{path}: {error}")
            return None

    def texts(self, path: str) -> tuple[str, ...]:
        """Return a list of strings, empty where there is none."""
        values = self.read(path, list) or []
        if all(isinstance(value, str) for value in values):
            return tuple(values)
        self.doubt(path, "a list of strings")
        return ()
