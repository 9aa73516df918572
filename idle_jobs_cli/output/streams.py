"""Standard output and error as they are found: closed, full, or of few letters."""

import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path


def prepare() -> None:
    """Open what the caller has closed, and write `?` for what it cannot show."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # `idle-jobs plan >&-`
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, nowhere)
        if isinstance(stream := getattr(sys, name), TextIOWrapper):
            stream.reconfigure(errors="replace")


def give_up() -> None:
    """Write no more: Python would try it again at its exit, and complain."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
