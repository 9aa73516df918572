"""Reads typed fields from untrusted JSON; pure.

A field that cannot be read adds a line to `problems`. It does not raise, since one odd
job must not stop a sweep. A default alone is not enough: the job could then look idle.
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
    """Return the value at a dotted path, None if there is none."""
    # `dict`, since a check for Mapping would take half of the time of a sweep.
    for key in _keys(path):
        if not isinstance(source, dict):
            return None
        source = source.get(key)
    return source


@cache
def _keys(path: str) -> tuple[str, ...]:
    # Cached: the code has a few dozen paths.
    return tuple(path.split("."))


def _is_long(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int):
        return False
    return -(2**63) <= value < 2**63


class Fields:
    """Reads the fields of one object and records those that it could not read.

    Any `source` that is not an object has no fields. `place` is the path of the object
    in its document; the lines in `problems` begin with it. All objects of a document
    share one list of `problems`.
    """

    __slots__ = ("place", "problems", "source")

    def __init__(
        self, source: object, place: str = "", problems: list[str] | None = None
    ) -> None:
        self.source: Json = source if isinstance(source, dict) else {}
        self.place = place
        self.problems: list[str] = [] if problems is None else problems

    def __getitem__(self, name: str) -> object:
        return self.source.get(name)

    def within(self, name: str) -> "Fields":
        """Return the fields of an object within this one."""
        return Fields(self.source.get(name), f"{self.place}{name}.", self.problems)

    def doubt(self, name: str, expected: str) -> None:
        """Record that a field is not what was expected."""
        got = f"{self[name]!r:.60}"
        self.problems.append(f"{self.place}{name}: expected {expected}, got {got}")

    def read(self, name: str, kind: type[T], *, needed: bool = False) -> T | None:
        """Return a field's value if it is of this kind, otherwise None.

        A bool does not count as an int, and neither does an integer outside 64 bits:
        metrics could not hold it. `needed` makes a missing field a problem.
        """
        value = self.source.get(name)
        if value is None and not needed:
            return None
        if isinstance(value, kind) and (kind is not int or _is_long(value)):
            return value
        self.doubt(name, kind.__name__)
        return None

    def text(self, name: str) -> str:
        """Return a string, "" if there is none."""
        return self.read(name, str) or ""

    def time(self, name: str, *, needed: bool = False) -> datetime | None:
        """Return a field with epoch milliseconds as a time."""
        value = self.read(name, int, needed=needed)
        try:
            return None if value is None else EPOCH + timedelta(milliseconds=value)
        except OverflowError:
            problem = f"{self.place}{name}: expected epoch milliseconds, got far more"
            self.problems.append(problem)
            return None

    def duration(self, name: str) -> timedelta | None:
        """Return a field with an Elasticsearch time value such as `15m`."""
        value = self.source.get(name)
        try:
            return None if value is None else duration(value)
        except ValueError as error:
            self.problems.append(f"{self.place}{name}: {error}")
            return None

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of strings, empty if there is none."""
        values = self.read(name, list)
        if not values:
            return ()
        if all(isinstance(value, str) for value in values):
            return tuple(values)
        self.doubt(name, "a list of strings")
        return ()
