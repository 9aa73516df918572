"""Reads files that a person names, or standard input."""

import sys
from pathlib import Path

from idle_jobs_cli.exits import BadInput

LONGEST = 16 * 1024 * 1024  # bytes, above any plan of 10,000 jobs


def text_of(name: str) -> str:
    """Return the text of a file, or of standard input for `-`; BadInput without one."""
    try:
        if name == "-":
            return sys.stdin.read(LONGEST)
        with Path(name).open(encoding="utf-8-sig") as file:
            return file.read(LONGEST)
    except OSError as error:
        raise BadInput(f"{name}: cannot be read: {error.strerror}") from None
    except UnicodeError:
        raise BadInput(f"{name}: expected UTF-8") from None
