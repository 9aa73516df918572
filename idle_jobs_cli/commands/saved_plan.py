"""Plans that were saved: `idle-jobs plan --save` writes them, `--diff` reads them.

`idle-jobs report --plan` reads them, too.
"""

import json
from pathlib import Path
from typing import Any

from rich.text import Text

from idle_jobs.times import moment
from idle_jobs_cli.cluster.files import text_of
from idle_jobs_cli.exits import BadInput
from idle_jobs_cli.output.formats import Format, note, write
from idle_jobs_cli.output.lines import one_line
from idle_jobs_cli.output.tables import Column, Row, show
from idle_jobs_cli.output.terminal import open_console
from idle_jobs_cli.planning.changes import changes, turned_settings
from idle_jobs_cli.planning.document import JOB_FIELDS, SCHEMA, Entry
from idle_jobs_cli.planning.filters import Filters

CHANGED = (Column("job"), Column("change"), Column("before", drop=1), Column("after"))
NO_TEXTS = ("groups", "memory_bytes")
MOST_BYTES = 2**63


def check_folder(name: str) -> None:
    """Raise BadInput if a file cannot be written: before the cluster is read."""
    folder = Path(name).absolute().parent
    if not folder.is_dir():
        raise BadInput(f"--save: {name}: there is no folder {folder}")


def save(plan: Entry, name: str) -> None:
    """Write a plan into a file."""
    try:
        Path(name).write_text(json.dumps(plan, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInput(f"--save: {name}: {error.strerror}") from None


def saved(name: str, option: str) -> dict[str, Any]:
    """Return the saved plan that an option names; BadInput if it is none.

    It is none, either, if filters have left out jobs.
    """
    try:
        plan = json.loads(text_of(name))
        if not _is_plan(plan):
            raise ValueError
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        wanted = "expected a plan saved by --save"
        raise BadInput(f"{option}: {wanted}, in {name}") from None
    left = plan["summary"]["not_closed"] - len(plan["jobs"])
    if left > 0:
        then = "save it with --save, which leaves out nothing"
        raise BadInput(f"{option}: filters have left {left} jobs out of {name}", then)
    return dict(plan)


def _is_plan(plan: Any) -> bool:
    moment(plan["planned_at"])  # Or a ValueError.
    return (
        plan["schema"] == SCHEMA
        and isinstance(plan["summary"]["not_closed"], int)
        and isinstance(plan["settings"], dict)
        and isinstance(plan["cluster"], dict)
        and all(isinstance(plan[name], list) for name in ("halts", "ignored"))
        and all(map(_is_entry, plan["jobs"]))
    )


def _is_entry(entry: Any) -> bool:
    texts = [entry[name] for name in JOB_FIELDS if name not in NO_TEXTS]
    return (
        all(isinstance(text, str) for text in (*texts, *entry["groups"]))
        and isinstance(entry["memory_bytes"], int)
        and 0 <= entry["memory_bytes"] < MOST_BYTES
    )


def tell_changes(
    before: Entry, after: Entry, fits: Filters, output: Format, headline: str
) -> None:
    """Print what changed for the jobs that fit the filters in one of two plans."""
    every = (*before["jobs"], *after["jobs"])
    chosen = {entry["job_id"] for entry in every if fits.fit(entry)}
    found = [each for each in changes(before, after) if each["job_id"] in chosen]
    turned = turned_settings(before, after)
    if output is Format.TABLE:
        open_console().print(Text(headline))
    if before["cluster"].get("url") != after["cluster"].get("url"):
        both = f"The saved plan is of {_named(before)}, this one of {_named(after)}."
        note(one_line(both), output)
    if output is not Format.TABLE:
        times = {"since": before["planned_at"], "until": after["planned_at"]}
        write(times | {"settings": turned, "changes": found}, "changes", output)
        return
    console = open_console()
    for line in turned:
        console.print(Text(one_line(line)))
    show(console, CHANGED, (Row([*change.values()]) for change in found))
    count = f"{len(found)} change{'' if len(found) == 1 else 's'}"
    console.print(Text(one_line(f"{count} since {before['planned_at']}.")))


def _named(plan: Entry) -> str:
    cluster = plan["cluster"]
    url = cluster.get("url", "an unknown address")
    return f"{cluster['name']} at {url}" if "name" in cluster else str(url)
