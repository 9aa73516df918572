"""`idle-jobs history`: what was closed, by whom and why, and what of it came back."""

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import click
from rich.text import Text

from idle_jobs.elastic.idle_closer import idle_closer
from idle_jobs.messages.ledger_item import (
    ELASTICSEARCH,
    SOMEBODY_ELSE,
    UNKNOWN,
    US,
    LedgerItem,
    closed_at,
)
from idle_jobs.sizes import spoken_bytes
from idle_jobs.steps.worth import gib_hours, spoken_saving
from idle_jobs.times import rfc3339, spoken
from idle_jobs_cli.cluster.reading import read_jobs
from idle_jobs_cli.cluster.target import open_target
from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.commands.options import (
    command,
    reach_options,
    since_option,
    stack_option,
)
from idle_jobs_cli.exits import Exit
from idle_jobs_cli.output.formats import Format, output_option, write
from idle_jobs_cli.output.lines import one_line
from idle_jobs_cli.output.tables import Column, Row, show
from idle_jobs_cli.output.terminal import open_console
from idle_jobs_cli.stack.ledger import closings, state_since
from idle_jobs_cli.stack.others import in_words, not_in_the_ledger

if TYPE_CHECKING:
    from idle_jobs_cli.stack.stack import Stack

COLUMNS = (
    Column("closed at", drop=4),
    Column("job"),
    Column("how", drop=2),
    Column("why", cut=True),
    Column("asked by", drop=1, cut=True),
    Column("memory", drop=3, right=True),
    Column("now"),
)
FIELDS = (
    *("closed_at", "job_id", "ended", "reason", "detail", "closed_by", "origin"),
    *("request_id", "requested_at", "requested_by", "sent_by", "request_reason"),
    *("owner", "memory_bytes", "state_before", "datafeed_before", "now"),
)
BY = {
    US: "",
    UNKNOWN: ", by whom unknown",
    ELASTICSEARCH: ", by Elasticsearch",
    SOMEBODY_ELSE: ", by somebody else",
}


@command(
    "history",
    ["idle-jobs history", "idle-jobs history --since 30d --job web-latency -o csv"],
)
@stack_option
@reach_options
@since_option("7d", "How far to look back.")
@click.option("--job", metavar="ID", help="Only the closings of this job.")
@output_option
def history(
    stack: str,  # noqa: ARG001 - `where` has it
    where: Where,
    since: timedelta,
    job: str,
    output: Format,
) -> Exit:
    """Show what a deployed stack has closed, why, and what of it is open again.

    The ledger of the stack says what was closed, and the cluster how each job is now.
    """
    target = open_target(where, os.environ)
    _, jobs, now = read_jobs(target, job or "")
    deployed = cast("Stack", target.stack)  # Found by its name, for the settings.
    found = closings(deployed["Ledger"], target.cluster_name, now - since)
    by_id = {each.job_id: each for each in jobs}
    entries = [
        entry_of(item, state_since(item, by_id.get(str(item["job_id"]))))
        for item in found
        if job in (None, item["job_id"])
    ]
    others = not_in_the_ledger(jobs, found, now - since, idle_closer(target.cluster))
    if output is not Format.TABLE:
        document = {"closings": entries, "others": others}
        write(document, "closings", output, FIELDS)
        return Exit.DONE
    console = open_console()
    show(console, COLUMNS, map(_row, entries))
    console.print(Text(one_line(_summed(entries, since))))
    if entries and not job:
        saving = gib_hours(jobs, found, now - since, now)
        console.print(f"Saved in this time: {_in_money(saving, deployed)}.")
    for told in in_words(others):
        console.print(Text(one_line(told)))
    return Exit.DONE


def _in_money(hours: float, stack: "Stack") -> str:
    """Return GiB-hours as text, also in money if the stack has a price."""
    price = stack.environment().get("GIB_HOUR_PRICE")
    return spoken_saving(hours, float(price or 0))


def entry_of(item: LedgerItem, now: str) -> dict[str, Any]:
    """Return all that is told of a closing, given what became of its job since."""
    known = {name: item.get(name, "") for name in FIELDS}
    memory = int(item.get("memory_bytes", 0))
    return known | {
        "closed_at": rfc3339(closed_at(item)),
        "memory_bytes": memory,
        "now": now,
    }


def _row(entry: dict[str, Any]) -> Row:
    by = entry["requested_by"] or entry["sent_by"] or entry["origin"]
    how = "forced" if entry["ended"] == "force_closed" else "closed"
    at = datetime.fromisoformat(entry["closed_at"]).astimezone(UTC)
    return Row(
        (
            f"{at:%Y-%m-%d %H:%M}",
            entry["job_id"],
            f"{how}{BY.get(entry['closed_by'], '')}",
            entry["request_reason"] or entry["reason"],
            by,
            spoken_bytes(entry["memory_bytes"]),
            entry["now"],
        )
    )


def _summed(entries: list[dict[str, Any]], since: timedelta) -> str:
    if not entries:
        return f"Nothing was closed in the last {spoken(since)}."
    now = Counter(entry["now"] for entry in entries)
    memory = spoken_bytes(sum(entry["memory_bytes"] for entry in entries))
    told = ", ".join(f"{count} {state}" for state, count in sorted(now.items()))
    closed = f"{len(entries)} closing{'' if len(entries) == 1 else 's'}"
    return f"{closed} in the last {spoken(since)}, {memory} of ML memory. Now: {told}."
