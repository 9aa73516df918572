"""What a sweep of a real cluster would do, and why: `idle-jobs plan`; it only reads."""

import json
import os
from pathlib import Path
from typing import Any

from rich.text import Text

from idle_jobs_cli.cluster.asked_as import AskedAs, headline
from idle_jobs_cli.cluster.files import text_of
from idle_jobs_cli.cluster.reading import read_jobs
from idle_jobs_cli.cluster.target import Target, open_target
from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.commands.plan_table import print_plan
from idle_jobs_cli.exits import BadInput
from idle_jobs_cli.output.formats import Format, write
from idle_jobs_cli.output.tables import Column, Row, show
from idle_jobs_cli.output.terminal import open_console
from idle_jobs_cli.planning.changes import changes, turned_settings
from idle_jobs_cli.planning.document import (
    JOB_FIELDS,
    SCHEMA,
    Entry,
    document_of,
    planned,
)
from idle_jobs_cli.planning.filters import Filters

CHANGED = (Column("job"), Column("change"), Column("before", drop=1), Column("after"))


def answer(
    where: Where,
    output: Format,
    save: str | None,
    old: str | None,
    **filters: Any,
) -> None:
    """Read the cluster, and print, save or compare the plan."""
    before = _saved(old) if old else None
    target = open_target(where, os.environ)
    asked, jobs, now = read_jobs(target)
    found = planned(jobs, now, target.rules)
    document = document_of(found, now, _cluster(target, asked), target.settings)
    if save:
        _save(document, save)
    if before:
        _tell_changes(before, document, output)
        return
    fits = Filters(**filters).fit
    entries = [entry for entry in document["jobs"] if fits(entry)]
    if output is not Format.TABLE:
        write({**document, "jobs": entries}, "jobs", output, JOB_FIELDS)
        return
    console = open_console()
    console.print(Text(headline(target, asked)))
    print_plan(console, entries, found)


def _saved(name: str) -> dict[str, Any]:
    try:
        plan = json.loads(text_of(name))
    except ValueError:
        plan = None
    if not isinstance(plan, dict) or plan.get("schema") != SCHEMA:
        raise BadInput(f"--diff: expected a plan saved by --save, in {name}")
    return plan


def _save(document: Entry, name: str) -> None:
    try:
        Path(name).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInput(f"--save: {name}: {error.strerror}") from None


def _cluster(target: Target, asked: AskedAs) -> dict[str, str]:
    whose = {
        "url": target.url,
        "name": asked.name,
        "version": asked.version,
        "asked_as": asked.identity,
        "stack": target.stack.name if target.stack else "",
    }
    return {name: value for name, value in whose.items() if value}


def _tell_changes(before: Entry, after: Entry, output: Format) -> None:
    found = list(changes(before, after))
    if output is not Format.TABLE:
        times = {"since": before["planned_at"], "until": after["planned_at"]}
        settings = {"settings": turned_settings(before, after)}
        write(times | settings | {"changes": found}, "changes", output)
        return
    console = open_console()
    for line in turned_settings(before, after):
        console.print(Text(line))
    if found:
        show(console, CHANGED, (Row([*change.values()]) for change in found))
    count = f"{len(found)} change{'' if len(found) == 1 else 's'}"
    console.print(f"{count} since {before['planned_at']}.")
