"""Remembers for an hour that the cluster does not tell us its tasks."""

import time
from collections.abc import Callable
from typing import TypeVar

from idle_jobs.errors import BadRequest, Refused

T = TypeVar("T")

# Seconds. Each try without the privilege costs a request, and with a signature of AWS
# also fresh credentials.
REMEMBERED_FOR = 3600


class Untold:
    """Asks, unless the cluster refused within the last hour; threads may share it.

    Not monotonic time, which may stop while the environment is frozen.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._until = 0.0

    def ask(self, read: Callable[[], T]) -> T | None:
        """Return what `read` returns; None if the cluster refuses, or did so lately."""
        if self._clock() >= self._until:
            try:
                return read()
            except (Refused, BadRequest):
                self._until = self._clock() + REMEMBERED_FOR
        return None
