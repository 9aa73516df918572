"""What goes over the wire: requests, answers, and the log of requests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal

# How long an answer takes that never comes.
FOREVER = timedelta.max

Kind = Literal["answered", "dropped", "silent"]


@dataclass(frozen=True)
class Request:
    """A request as it came: the path is raw and carries the query."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Find a header, whatever its case."""
        return self._lowered.get(name)

    @cached_property
    def _lowered(self) -> Mapping[str, str]:
        # Of two that differ in case only the first one counts.
        return {key.lower(): v for key, v in reversed(list(self.headers.items()))}


@dataclass(frozen=True)
class Answer:
    """An answer, or what takes its place: its status is 0 then.

    `dropped` closes the connection without an answer, `silent` never answers. `again`
    tells, while it is held, what is answered as things stand, and after how long.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    kind: Kind = "answered"
    again: "Callable[[], tuple[Answer, timedelta]] | None" = field(
        default=None, compare=False, repr=False
    )


@dataclass(frozen=True)
class Received:
    """A line of the log: the request as received, and when."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    now: datetime
