"""`--wait`: shows the outcomes of requests as they come, and what is left."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from idle_jobs.times import duration, spoken
from idle_jobs_cli.exits import Exit
from idle_jobs_cli.output.progress import progress
from idle_jobs_cli.output.terminal import COLOURS, open_console
from idle_jobs_cli.stack.outcomes import Awaited, Follower, Outcome, told
from idle_jobs_cli.stack.parking import printable
from idle_jobs_cli.stack.stack import Stack

Command = Callable[..., Any]


def wait_option(act: Command) -> Command:
    """Add `--wait`; it arrives as a number of seconds, None if it was not given."""
    return click.option(
        "--wait",
        callback=_seconds,
        metavar="TIME",
        help="Show the outcomes as they come, for at most this time, such as 10m.",
    )(act)


def _seconds(
    _ctx: click.Context, _param: click.Parameter, text: str | None
) -> float | None:
    """Return a time value such as `10m`, or a plain number of seconds, in seconds."""
    if text is None:
        return None
    try:
        value = float(text) if text.replace(".", "", 1).isdigit() else None
        seconds = duration(text).total_seconds() if value is None else value
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < timedelta(days=14).total_seconds():
        raise click.BadParameter(
            f"expected a time such as 120s or 10m, got {text!r:.60}"
        )
    return seconds


@dataclass
class Waiting:
    """Shows outcomes, and remembers what is left for a person."""

    console: Console = field(default_factory=open_console)
    outcomes: list[Outcome] = field(default_factory=list)
    parked: bool = False

    def wait(
        self,
        stack: Stack,
        requests: Collection[Awaited],
        since: datetime,
        seconds: float,
    ) -> Exit:
        """Show outcomes; return LEFT_FOR_YOU if any is parked or missing."""
        follower = Follower(stack, requests, since, self._tell)
        limit = spoken(timedelta(seconds=seconds))
        with progress(f"Waiting for outcomes, for at most {limit}"):
            done = follower.follow(seconds)
        for request in requests:
            for name in sorted(request.missing):
                self._tell_missing(request, name)
        return Exit.DONE if done and not self.parked else Exit.LEFT_FOR_YOU

    def _tell(self, request: Awaited, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        ended = str(outcome.get("ended", ""))
        self.parked |= ended == "parked"
        text = Text(told(request, outcome), COLOURS.get(ended, ""))
        self.console.print(text, soft_wrap=True)

    def _tell_missing(self, request: Awaited, name: str) -> None:
        of = "" if name == request.request_id else f" {name}"
        where = "search the logs for this request_id later"
        line = f"{printable(request.request_id)}{of}: no outcome yet; {where}"
        self.console.print(Text(line), soft_wrap=True)
