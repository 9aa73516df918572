"""The options of several commands that name a file to read or to write."""

from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., Any]


def file_named(
    _ctx: click.Context, _param: click.Parameter, name: str | None
) -> str | None:
    """Return the name of a file, if one is given."""
    if name == "":
        raise click.BadParameter("expected the name of a file, got an empty one")
    return name


def page_option(default: str) -> Callable[[Command], Command]:
    """Return what adds `--save`, the file of a page; it arrives as `file`."""
    return click.option(
        "--save",
        "file",
        default=default,
        show_default=True,
        callback=file_named,
        type=click.Path(dir_okay=False, writable=True),
        metavar="FILE",
        help="The file to write. It may replace an older report, and nothing else.",
    )
