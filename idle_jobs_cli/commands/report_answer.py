"""Gathers what a report shows, and writes it: `idle-jobs report`; it only reads."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from idle_jobs.messages.ledger_item import closed_at
from idle_jobs.steps.worth import SAVES_FOR, gib_hours
from idle_jobs_cli.cluster.reading import read_jobs
from idle_jobs_cli.cluster.target import Target, open_target
from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.commands.history import entry_of
from idle_jobs_cli.commands.plan_answer import BY_SWEEPER, cluster_of
from idle_jobs_cli.commands.saved_plan import saved
from idle_jobs_cli.exits import BadInput, another_way
from idle_jobs_cli.output.lines import one_line
from idle_jobs_cli.page.charts import idle_memory
from idle_jobs_cli.page.content import Content
from idle_jobs_cli.page.file import check_place, write_page
from idle_jobs_cli.page.past import closing_of, saved_over_time
from idle_jobs_cli.page.render import page_of
from idle_jobs_cli.page.rows import time_of
from idle_jobs_cli.planning.document import Entry, document_of, planned
from idle_jobs_cli.stack.ledger import as_the_sweeper, closings, state_since
from idle_jobs_cli.stack.metrics import idle_memory_since


def answer(where: Where, plan: str | None, since: timedelta, file: str) -> None:
    """Gather, write the page, and say where it is."""
    check_place(file)
    if plan and where != Where():
        raise BadInput("--plan: a saved plan is of its own cluster, with its settings")
    if plan:
        content = _of_file(plan)
    else:
        content = of_target(open_target(where, os.environ), since)
    path = write_page(page_of(content, datetime.now(UTC)), file)
    click.echo(said(content, path))


def said(content: Content, path: Path) -> str:
    """Return the line that says where a report is, and what it shows."""
    told = [_counted(len(content.plan["jobs"]), "job")]
    if content.closings is not None:
        told.append(_counted(len(content.closings), "closing"))
    return one_line(f"The report is in {path}: {', '.join(told)}.")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def title_of(plan: Entry) -> str:
    """Return the title of the report of a plan."""
    cluster = plan["cluster"]
    return f"Idle jobs of {cluster.get('name') or cluster.get('url', 'a cluster')}"


def _of_file(name: str) -> Content:
    plan = saved(name, "--plan")
    told = f"What a sweep would have done with each job, by the plan in {name}."
    return Content(title=title_of(plan), source=told, plan=plan)


def of_target(target: Target, since: timedelta) -> Content:
    """Return what a report shows of a cluster, and of the stack if there is one."""
    with another_way(BY_SWEEPER if target.stack else ""):
        asked, jobs, now = read_jobs(target)
    jobs = as_the_sweeper(target, jobs, now)
    found = planned(jobs, now, target.rules)
    plan = document_of(found, now, cluster_of(target, asked), target.settings)
    now_told = "What a sweep would do now with each job, and why. Nothing was closed."
    content = Content(title=title_of(plan), source=now_told, plan=plan)
    if not target.stack:
        return content
    by_id, began = {job.job_id: job for job in jobs}, now - since
    # What was closed before may still save memory.
    items = closings(target.stack["Ledger"], target.cluster_name, began - SAVES_FOR)
    told = [(item, state_since(item, by_id.get(str(item["job_id"])))) for item in items]
    return replace(
        content,
        source=f"What the stack has closed since {time_of(began)} UTC and what that "
        "saved; and what a sweep would do now with each job, and why.",
        closings=[closing_of(entry_of(*e)) for e in told if closed_at(e[0]) >= began],
        since=began,
        potential=[
            *idle_memory_since(target.cluster_name, began, now),
            (now, idle_memory(plan["jobs"])),
        ],
        saved=saved_over_time(told, began, now),
        saved_hours=gib_hours(
            (verdict.job for verdict in found.verdicts), items, began, now
        ),
    )
