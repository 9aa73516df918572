"""The options of `idle-jobs plan` that say which jobs to show."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

import click

from idle_jobs.policy.verdict import Action
from idle_jobs.reasons import Reason
from idle_jobs_cli.planning.filters import size

Command = Callable[..., Any]


class OneOfMany(click.Choice[str]):
    """A choice of so many that an error names those alike, and not all of them."""

    def get_invalid_choice_message(
        self,
        value: object,
        ctx: click.Context | None,  # noqa: ARG002 - click gives it
    ) -> str:
        """Return what is told of a value that is none of the choices."""
        alike = get_close_matches(str(value), self.choices, n=3, cutoff=0.5)
        near = f": did you mean {' or '.join(alike)}?" if alike else ""
        return f"{str(value)!r:.80} is not a reason that a plan gives{near}"


def filter_options(read: Command) -> Command:
    """Add the options; they arrive as the arguments of `Filters`."""
    for option in (
        click.option(
            "--larger-than",
            callback=_size,
            metavar="SIZE",
            help="Only jobs with more memory, such as 512mb.",
        ),
        click.option(
            "--group",
            "groups",
            multiple=True,
            metavar="NAME",
            help="Only jobs of this group.",
        ),
        click.option(
            "--reason",
            "reasons",
            multiple=True,
            type=OneOfMany([*map(str, Reason)]),
            metavar="NAME",
            help="Only jobs with this reason.",
        ),
        click.option(
            "--verdict",
            "actions",
            multiple=True,
            type=click.Choice([*map(str, Action)]),
            metavar="NAME",
            help="Only close, force, watch, report or keep.",
        ),
    ):
        read = option(read)
    return read


def _size(_ctx: click.Context, _param: click.Parameter, text: str | None) -> int:
    try:
        return size(text) if text else 0
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
