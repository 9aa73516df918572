"""`--wait`: shows the outcomes of requests as they come, and what is left."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from idle_jobs.messages.outcome import Ended
from idle_jobs.times import duration, spoken
from idle_jobs_cli.exits import Exit
from idle_jobs_cli.output.formats import Format
from idle_jobs_cli.output.progress import progress
from idle_jobs_cli.output.terminal import COLOURS, open_console
from idle_jobs_cli.schemas import schema
from idle_jobs_cli.stack.following import Follower
from idle_jobs_cli.stack.outcomes import Awaited, Line, told
from idle_jobs_cli.stack.parking import printable
from idle_jobs_cli.stack.stack import Stack

Command = Callable[..., Any]

OUTCOME_FIELDS = tuple(schema("outcome")["properties"])


def wait_option(act: Command) -> Command:
    """Add `--wait`; it arrives as a number of seconds, None if it was not given."""
    told = "Show the outcomes as they come, for at most this time, such as 10m."
    return seconds_option("--wait", told)(act)


def seconds_option(
    name: str, told: str, default: str | None = None
) -> Callable[[Command], Command]:
    """Return a decorator that adds an option; it arrives as a number of seconds."""
    return click.option(
        name,
        callback=_seconds,
        metavar="TIME",
        default=default,
        show_default=default is not None,
        help=told,
    )


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
    """Shows outcomes as they come, and remembers them and what has none.

    With `many` requests, each line begins with the id of its request.
    """

    output: Format
    many: bool = False
    outcomes: list[Line] = field(default_factory=list)
    missing: list[dict[str, str]] = field(default_factory=list)
    console: Console = field(default_factory=open_console)

    def wait(
        self,
        stack: Stack,
        requests: Collection[Awaited],
        seconds: float,
    ) -> Exit:
        """Show outcomes; return LEFT_FOR_YOU if any is parked or missing."""
        follower = Follower(stack, requests, self._tell)
        limit = spoken(timedelta(seconds=seconds))
        with progress(f"Waiting for outcomes, for at most {limit}"):
            follower.follow(seconds)
        for request in requests:
            for what in request.missing:
                self._tell_missing(request, what)
        parked = any(each.get("ended") == Ended.PARKED for each in self.outcomes)
        return Exit.LEFT_FOR_YOU if parked or self.missing else Exit.DONE

    def document(self) -> dict[str, Any]:
        """Return the outcomes and what has none, as plain values."""
        return {
            "outcomes": [
                {name: line[name] for name in OUTCOME_FIELDS if name in line}
                for line in self.outcomes
            ],
            "missing": self.missing,
        }

    def _tell(self, request: Awaited, outcome: Line) -> None:
        self.outcomes.append(outcome)
        style = COLOURS.get(str(outcome.get("ended")), "")
        self._say(told(outcome, self._id_of(request)), style)

    def _tell_missing(self, request: Awaited, what: str) -> None:
        self.missing.append({"request_id": request.request_id, "what": what})
        of = " ".join(filter(None, (self._id_of(request), what)))
        where = "search the logs for this request_id later"
        self._say(f"{of}{': ' if of else ''}no outcome yet; {where}")

    def _id_of(self, request: Awaited) -> str:
        return printable(request.request_id) if self.many else ""

    def _say(self, text: str, style: str = "") -> None:
        if self.output is not Format.TABLE:
            return
        # On a terminal, a spinner takes the place of standard output meanwhile.
        console = open_console() if self.console.is_terminal else self.console
        console.print(Text(text, style), soft_wrap=True)
