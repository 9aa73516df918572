"""Writes a report into a file, and into none that is somebody's."""

from pathlib import Path
from stat import S_ISREG

from idle_jobs_cli.exits import BadInput
from idle_jobs_cli.page.render import MARK

OPTION = "--save"
# The mark is within the first so many letters of a report.
HEAD = 2_000


def check_place(name: str) -> None:
    """Raise BadInput if a report may not be written to a file: before all the work.

    A report may take the place of an older one, or of an empty file.
    """
    path = Path(name).absolute()
    if not path.parent.is_dir():
        raise BadInput(f"{OPTION}: {name}: there is no folder {path.parent}")
    try:
        there = path.stat()
        if not S_ISREG(there.st_mode) or not there.st_size:
            return
        with path.open(encoding="utf-8", errors="replace") as file:
            ours = MARK in file.read(HEAD)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _refused(name, error) from None
    if not ours:
        what = f"{OPTION}: {name}: this file is no report, and stays as it is"
        raise BadInput(what, f"name another file with {OPTION}, or move this one")


def write_page(page: str, name: str) -> Path:
    """Write a report, and return where it is."""
    try:
        Path(name).write_text(page, encoding="utf-8")
    except OSError as error:
        raise _refused(name, error) from None
    return Path(name).absolute()


def _refused(name: str, error: OSError) -> BadInput:
    return BadInput(f"{OPTION}: {name}: {error.strerror}")
