"""Says on stderr what takes its time, so that no command is silent for long."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

from rich.console import Console

SILENT_FOR = 2.0  # seconds


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Show what is being done: a spinner on a terminal, else one line after 2 s.

    A spinner turns back the cursor, which a terminal with TERM=dumb cannot.
    """
    console = Console(stderr=True)
    if sys.stderr.isatty() and console.is_interactive:
        with console.status(what):
            yield
        return
    timer = Timer(SILENT_FOR, print, [f"{what} ..."], {"file": sys.stderr})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
