"""A clock that other processes read, turned by libfaketime."""

import importlib.util
from datetime import UTC, datetime
from pathlib import Path

LIBRARY = "vendor/libfaketime/src/libfaketime.so.1"


class ClockMissing(Exception):
    """The library that turns a clock is not there."""


class Clock:
    """A file that holds the time for every process with these variables."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "now"
        self.variables = {
            "TZ": ":UTC",
            "LD_PRELOAD": str(find_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            # Waits are real: a timeout ends although the clock stands still.
            "DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, now: datetime) -> None:
        """Turn the clock; it stands still until the next time."""
        written = self._file.with_suffix(".new")
        written.write_text(now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"))
        written.replace(self._file)


def find_library() -> Path:
    """Return where libfaketime is installed; it needs no import."""
    found = importlib.util.find_spec("libfaketime")
    if found is None or found.origin is None:
        raise ClockMissing("libfaketime is there for Linux on x86-64 only")
    return Path(found.origin).parent / LIBRARY
