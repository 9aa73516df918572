"""Says on stderr what takes its time, so that no command is silent for long."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

from rich.console import Console

SILENT_FOR = 2.0  # seconds


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Show what is being done: a spinner on a terminal, else one line after 2 s."""
    if sys.stderr.isatty():
        with Console(stderr=True).status(what):
            yield
        return
    timer = Timer(SILENT_FOR, print, [f"{what} ..."], {"file": sys.stderr})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
