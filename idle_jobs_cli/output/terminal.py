"""Output for people: plain text in a pipe, colours on a terminal."""

import sys
import textwrap

from rich.console import Console
from rich.text import Text

# Readable on a dark and on a light background, which yellow, cyan and dim are not.
COLOURS = {
    "closed": "green",
    "force_closed": "magenta",
    "skipped": "",
    "parked": "bold red",
    "reopened": "green",
    "close": "green",
    "force": "bold red",
    "report": "magenta",
    "watch": "",
    "keep": "",
}

PIPED_WIDTH = 2_000


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Raise, where rich would end the process with 1: `| head` is no failure."""
        raise BrokenPipeError


def open_console() -> Console:
    """Return a console on standard output; a pipe is as wide as any line."""
    piped = not sys.stdout.isatty()
    return _Console(
        file=sys.stdout,
        highlight=False,
        soft_wrap=piped,
        width=PIPED_WIDTH if piped else None,
    )


def print_hanging(console: Console, head: str, text: str, style: str = "") -> None:
    """Print a text behind its head; on a terminal, what is too long stands below it.

    Only blanks part words: an id is never folded.
    """
    told = f"{head}{text}"
    if not console.soft_wrap:
        indent = min(len(head), max(4, console.width - 30))
        told = textwrap.fill(
            text,
            console.width,
            initial_indent=head,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    line = Text(told)
    line.stylize(style, len(head))
    console.print(line, no_wrap=True, overflow="ignore", crop=False)
