"""Output for people: plain text in a pipe, colours and boxes on a terminal."""

import sys

from rich import box
from rich.console import Console
from rich.table import Table

COLOURS = {
    "closed": "green",
    "force_closed": "yellow",
    "skipped": "cyan",
    "parked": "red",
    "close": "green",
    "force": "red",
    "report": "yellow",
    "watch": "cyan",
    "keep": "dim",
}


def open_console(piped_width: int = 190) -> Console:
    """Return a console on standard output; a pipe gets the width `piped_width`."""
    piped = not sys.stdout.isatty()
    return Console(
        file=sys.stdout,
        highlight=False,
        soft_wrap=piped,
        width=piped_width if piped else None,
    )


def open_table(console: Console, *columns: str) -> Table:
    """Return an empty table, plain if the console is a pipe."""
    plain = not console.is_terminal
    table = Table(box=box.ASCII if plain else box.ROUNDED, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def spoken_bytes(count: float) -> str:
    """Return an amount of memory as text, "" for none."""
    if not count:
        return ""
    if count < 1024**3:
        return f"{count / 1024**2:.0f} MB"
    return f"{count / 1024**3:.1f} GB"


def one_line(text: str) -> str:
    """Return an untrusted text as one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
