"""What a sweep of a real cluster would do, and why: `idle-jobs plan`; it only reads."""

import os
from collections.abc import Sequence
from typing import Any

from rich.text import Text

from idle_jobs.policy.job import Job, State
from idle_jobs_cli.cluster.around import Around, read_around
from idle_jobs_cli.cluster.asked_as import AskedAs, headline
from idle_jobs_cli.cluster.reading import read_jobs
from idle_jobs_cli.cluster.target import Target, open_target
from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.commands.plan_table import print_plan
from idle_jobs_cli.commands.saved_plan import check_folder, save, saved, tell_changes
from idle_jobs_cli.exits import another_way
from idle_jobs_cli.output.formats import Format, write
from idle_jobs_cli.output.terminal import open_console
from idle_jobs_cli.planning.document import (
    JOB_FIELDS,
    document_of,
    planned,
)
from idle_jobs_cli.planning.filters import Filters
from idle_jobs_cli.stack.ledger import as_the_sweeper

BY_SWEEPER = "let the Sweeper make the plan, as in docs/operating.md, Ask for the plan"


def answer(
    where: Where,
    output: Format,
    file: str | None,
    old: str | None,
    **filters: Any,
) -> None:
    """Read the cluster, and print, save or compare the plan."""
    before = saved(old, "--diff") if old else None
    if file:
        check_folder(file)
    target = open_target(where, os.environ)
    with another_way(BY_SWEEPER if target.stack else ""):
        asked, jobs, now = read_jobs(target)
    jobs = as_the_sweeper(target, jobs, now)
    around = read_around(target.cluster)
    found = planned(jobs, now, target.rules, around)
    document = document_of(found, now, cluster_of(target, asked), target.settings)
    if file:
        save(document, file)
    fits = Filters(**filters)
    if before:
        tell_changes(before, document, fits, output, headline(target, asked))
        return
    entries = [entry for entry in document["jobs"] if fits.fit(entry)]
    if output is not Format.TABLE:
        write({**document, "jobs": entries}, "jobs", output, JOB_FIELDS)
        return
    console = open_console()
    console.print(Text(headline(target, asked)))
    if line := without_monitor(jobs, around):
        console.print(Text(line))
    print_plan(console, entries, found)


def without_monitor(jobs: Sequence[Job], around: Around) -> str:
    """Return what the privilege `monitor` would save a sweep with this credential."""
    opened = sum(job.state is not State.CLOSED for job in jobs)
    if opened == len(jobs) or around.tells_tasks:
        return ""
    read = f"{opened:,} of {len(jobs):,} jobs"
    return f"With the privilege monitor, a sweep would read {read}."


def cluster_of(target: Target, asked: AskedAs) -> dict[str, str]:
    """Return which cluster was read, and as whom, without what is not known."""
    whose = {
        "url": target.url,
        "name": asked.name,
        "version": asked.version,
        "asked_as": asked.identity,
        "stack": target.stack.name if target.stack else "",
    }
    return {name: value for name, value in whose.items() if value}
