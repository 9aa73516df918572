"""The table of `idle-jobs plan`, and the summary below it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from rich.console import Console
from rich.text import Text

from idle_jobs.policy.job import State
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.sizes import spoken_bytes
from idle_jobs.times import spoken
from idle_jobs_cli.explaining.elastic_apps import look_alike
from idle_jobs_cli.output.lines import one_line
from idle_jobs_cli.output.tables import Column, Row, show
from idle_jobs_cli.output.terminal import COLOURS
from idle_jobs_cli.planning.document import (
    ORDER,
    Entry,
    Planned,
    detail_in_words,
    sweep_in_words,
    would_free,
)

SHOWN = 5  # ids in one line

COLUMNS = (
    Column("job"),
    Column("state", drop=1),
    Column("verdict"),
    Column("reason"),
    Column("memory", drop=3, right=True),
    Column("sweep", drop=4),
    Column("detail", drop=2, cut=True),
)


def print_plan(console: Console, entries: Sequence[Entry], found: Planned) -> None:
    """Print the entries that are to be shown, and the summary of the whole plan."""
    show(console, COLUMNS, map(_row, entries))
    if hidden := len(found.shown) - len(entries):
        console.print(Text(f"{'not shown':<12}{hidden}, by the filters"))
    for name, value in _summary(found):
        console.print(Text(f"{name:<12}{one_line(value)}"))
    for ignored in found.ignored:
        console.print(Text(f"{'no effect':<12}{one_line(ignored)}"))
    console.print("Nothing was closed.")


def _row(entry: Entry) -> Row:
    cells = (
        *(entry["job_id"], entry["state"], entry["action"], entry["reason"]),
        spoken_bytes(entry["memory_bytes"]),
        sweep_in_words(entry),
        detail_in_words(entry),
    )
    return Row(cells, COLOURS[entry["action"]])


def _summary(found: Planned) -> Iterator[tuple[str, str]]:
    planned = found.plan
    why = Counter(held.reason for held in planned.held)
    why_held = "".join(f", {count} {reason}" for reason, count in why.items())
    held = [each.verdict for each in planned.held]
    opened = [v for v in found.shown if v.job.state is not State.CLOSED]
    yield "closed", str(len(found.verdicts) - len(opened))
    yield "not closed", f"{len(opened)}{_counted(opened)}"
    yield "would send", f"{len(planned.send)}{_counted(planned.send)}"
    yield "held back", f"{len(held)}{_counted(held)}{why_held}"
    for halt in dict.fromkeys(str(each.event) for each in planned.held if each.event):
        yield "halt", halt
    if alike := sum(look_alike(v.job) != "" for v in planned.send):
        what = "have groups of Elastic apps, but not their mark"
        yield "look at", f"{alike} of the jobs to send {what}"
    freed = spoken_bytes(would_free(planned.send)) or "nothing"
    yield "would free", f"{freed} of ML memory"
    for node in found.nodes:
        yield "node", f"{node.name}: {node}"
    if found.closed_anyway:
        yield "idle closer", _closed_anyway(found)


def _closed_anyway(found: Planned) -> str:
    """Return which of the jobs Elasticsearch's own closer would close, too."""
    others = [
        v.job.job_id
        for v in found.shown
        if v.job.job_id in found.closed_anyway and v.action is not Action.CLOSE
    ]
    after = spoken(found.around.idle_closer or timedelta())
    first = f"{min(found.closed_anyway.values()):%Y-%m-%d}"
    told = (
        f"that of Elasticsearch (after {after}) would close {len(found.closed_anyway)}"
    )
    told += f", the first in the night of {first}"
    if not others:
        return told
    shown = ", ".join(others[:SHOWN]) + ", ..." * (len(others) > SHOWN)
    return f"{told}; {len(others)} of them a sweep would not: {shown}"


def _counted(verdicts: Sequence[Verdict]) -> str:
    counts = Counter(verdict.action for verdict in verdicts)
    shown = ", ".join(f"{counts[act]} {act}" for act in ORDER if counts[act])
    return f": {shown}" if shown else ""
