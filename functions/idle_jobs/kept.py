"""Keeps what was read for a while, so that not every invocation reads it again.

Powertools has the same, with four stores that no function uses, and with boto3.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """Reads values by their names, and keeps each one for `longest`.

    A read that fails keeps nothing. Threads that want a value at once read it once.
    """

    read: Callable[[str], T]
    longest: timedelta
    _values: dict[str, tuple[datetime, T]] = field(default_factory=dict)
    _reading: Lock = field(default_factory=Lock)

    def get(self, name: str, *, fresh: bool = False) -> T:
        """Return a value; read it if it is not kept, too old or to be `fresh`."""
        with self._reading:
            now = datetime.now(UTC)
            at, value = self._values.get(name) or (now, None)
            if fresh or value is None or now - at > self.longest:
                value = self.read(name)
                self._values[name] = now, value
            return value
