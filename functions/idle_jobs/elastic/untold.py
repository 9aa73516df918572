"""Remembers for an hour that the cluster does not tell us its tasks."""

import time
from collections.abc import Callable

# Seconds. Each try without the privilege costs a request, and with a signature of AWS
# also fresh credentials.
REMEMBERED_FOR = 3600


class Untold:
    """Knows whether `note` was called within the last hour; threads may share it.

    Not monotonic time, which may stop while the environment is frozen.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._until = 0.0

    def lately(self) -> bool:
        """Return whether the cluster refused to tell within the last hour."""
        return self._clock() < self._until

    def note(self) -> None:
        """Remember from now on."""
        self._until = self._clock() + REMEMBERED_FOR
