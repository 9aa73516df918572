"""`idle-jobs undo`: reopens what a deployed stack has closed."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import click
from rich.text import Text

from idle_jobs.messages.outcome import Ended
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.undo_request import SINCE, parse_undo
from idle_jobs.sizes import spoken_bytes
from idle_jobs.times import rfc3339, spoken
from idle_jobs_cli.commands.close_request import count, identity
from idle_jobs_cli.commands.options import command, stack_option
from idle_jobs_cli.commands.waiting import seconds_option
from idle_jobs_cli.exits import BadInput, Exit
from idle_jobs_cli.output.formats import Format, note, output_option, write
from idle_jobs_cli.output.lines import one_line
from idle_jobs_cli.output.progress import progress
from idle_jobs_cli.output.tables import Column, Row, show
from idle_jobs_cli.output.terminal import COLOURS, open_console
from idle_jobs_cli.stack.outcomes import told
from idle_jobs_cli.stack.stack import Stack
from idle_jobs_cli.stack.undoing import Entry, closings_of, reopen

COLUMNS = (
    Column("closed at", drop=3),
    Column("job"),
    Column("memory", drop=2, right=True),
    Column("datafeed", drop=1),
    Column("would be", cut=True),
)
FIELDS = (
    *("closed", "job_id", "undo", "ended", "reason", "detail", "owner"),
    *("request_id", "datafeed_before", "memory_bytes"),
)
ONE_OF = "expected --since, --job or --sweep"


@command(
    "undo",
    [
        "idle-jobs undo --since 2h --dry-run",
        "idle-jobs undo --job web-latency --reason 'closed by mistake'",
        "idle-jobs undo --sweep 9a3f0c1e-7c7b-4d5e-8f52-3b1d0a5c9e77 --yes",
    ],
)
@click.option("--since", metavar="TIME", help="What was closed in this time.")
@click.option("--job", "job_id", metavar="ID", help="The newest closing of this job.")
@click.option(
    "--sweep",
    "request_id",
    metavar="ID",
    help="What was closed by the sweep or the request with this request_id.",
)
@click.option("--reason", default="", help="Your reason; it is in the outcome.")
@click.option(
    "--requested-by", metavar="NAME", help="Who asks. Default: your AWS identity."
)
@click.option(
    "--dry-run", is_flag=True, help="Only show what would become of each job."
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@seconds_option("--wait", "How long to go on, at most.", "30m")
@stack_option
@output_option
def undo(
    since: str | None,
    job_id: str | None,
    request_id: str | None,
    reason: str,
    requested_by: str | None,
    dry_run: bool,
    yes: bool,
    wait: float,
    stack: str,
    output: Format,
) -> Exit:
    """Reopen jobs that a deployed stack has closed and that nobody has touched since.

    A datafeed is started again if it ran before. The jobs are opened by the stack, one
    after the other, in every mode, also in paused. If you stop the command, the others
    stay closed: give it once more to go on.
    """
    given = {"since": since, "job_id": job_id, "request_id": request_id}
    asked = {name: value for name, value in given.items() if value is not None}
    _checked(asked, reason, requested_by or "")
    if not (yes or dry_run or sys.stdin.isatty()):
        raise BadInput("expected --yes or --dry-run: there is no terminal to ask on")
    found = Stack.find(stack)
    with progress("Asking the Reopener"):
        entries = closings_of(found, asked)
    wanted = [str(each["closed"]) for each in entries if each["undo"]]
    if output is Format.TABLE:
        _show(entries, since or spoken(SINCE))
    if dry_run or not wanted or not (yes or _agreed(stack, wanted)):
        note("Nothing was reopened.", output)
        _write(entries, output)
        return Exit.DONE
    who = identity() if requested_by is None else requested_by
    return _undone(found, wanted, {"requested_by": who, "reason": reason}, wait, output)


def _checked(asked: Mapping[str, str], reason: str, requested_by: str) -> None:
    """Raise BadInput for what the Reopener would refuse."""
    if not asked:
        raise BadInput(ONE_OF)
    now = datetime.now(UTC)
    closing = {"closings": [f"{rfc3339(now)} x"], "requested_at": rfc3339(now)}
    who = {"request_id": "x", "reason": reason, "requested_by": requested_by}
    try:
        parse_undo({"undo": asked}, now)
        parse_undo({"reopen": closing | who}, now)
    except BadBody as bad:
        raise BadInput(str(bad)) from None


def _agreed(stack: str, wanted: Sequence[str]) -> bool:
    try:
        return click.confirm(
            f"Let stack {stack} reopen {count(len(wanted))}?", err=True
        )
    except click.Abort:
        click.echo("\nNothing was reopened.", err=True)
        raise


def _undone(
    stack: Stack,
    wanted: Sequence[str],
    terms: Mapping[str, str],
    wait: float,
    output: Format,
) -> Exit:
    """Undo closings, and show the outcome of each one as it comes."""
    request_id = str(uuid4())
    asked = {"request_id": request_id, "requested_at": rfc3339(stack.found_at), **terms}
    note(f"The outcomes have the request_id {request_id}.", output)
    console, results = open_console(), list[Entry]()

    def tell(result: Entry) -> None:
        results.append(result)
        if output is Format.TABLE:
            style = COLOURS.get(str(result["ended"]), "")
            console.print(Text(told(result), style), soft_wrap=True)

    limit = spoken(timedelta(seconds=wait))
    try:
        with progress(f"Reopening one job after the other, for at most {limit}"):
            left = reopen(stack, wanted, asked, wait, tell)
    except BaseException:
        _write(results, output)  # What has been done is told, also after Ctrl-C.
        raise
    if output is Format.TABLE:
        for each in left:
            console.print(Text(_not_yet(each)), soft_wrap=True)
    done = sum(each["ended"] == Ended.REOPENED for each in results)
    then = GO_ON if left else JUDGED_AGAIN if done else ""
    note(f"{done} of {count(len(wanted))} reopened.{then}", output)
    _write([*results, *left], output)
    return Exit.LEFT_FOR_YOU if done < len(wanted) else Exit.DONE


JUDGED_AGAIN = " Sweeps judge them again after twice the usual time."
GO_ON = " Give the command again to go on."


def _not_yet(entry: Entry) -> str:
    job_id = str(entry["closed"]).partition(" ")[2]
    why = f": {entry['reason']}" if entry["reason"] else ""
    detail = f", {entry['detail']}" if entry.get("detail") else ""
    return one_line(f"{job_id}: not reopened yet{why}{detail}")


def _show(entries: Sequence[Entry], since: str) -> None:
    console = open_console()
    if not entries:
        console.print(f"The ledger has no such closing in the last {since}.")
    show(console, COLUMNS, map(_row, entries))


def _row(entry: Entry) -> Row:
    at, _, job_id = str(entry["closed"]).partition(" ")
    closed = datetime.fromisoformat(at).astimezone(UTC)
    would = "reopened" if entry["undo"] else f"left: {entry['reason']}"
    detail = f", {entry['detail']}" if entry.get("detail") else ""
    cells = f"{closed:%Y-%m-%d %H:%M}", job_id, spoken_bytes(entry["memory_bytes"])
    return Row((*cells, str(entry.get("datafeed_before", "")), f"{would}{detail}"))


def _write(entries: Sequence[Entry], output: Format) -> None:
    if output is not Format.TABLE:
        write({"closings": [*entries]}, "closings", output, FIELDS)
