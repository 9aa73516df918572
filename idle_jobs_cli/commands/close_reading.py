"""Reads the cluster of a stack for `idle-jobs close`: which jobs a request means."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from rich.text import Text

from idle_jobs.messages.request import Request, is_pattern
from idle_jobs.messages.resolving import resolve
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.rules import Rules
from idle_jobs.reasons import Reason
from idle_jobs.sizes import spoken_bytes
from idle_jobs.steps.next_step import ORDER_WAITS
from idle_jobs.times import rfc3339, spoken
from idle_jobs_cli.cluster.asked_as import headline
from idle_jobs_cli.cluster.reading import near, read_jobs
from idle_jobs_cli.cluster.target import open_target
from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.commands.close_request import Asked, Body, count, parsed
from idle_jobs_cli.exits import BadInput, CouldNot, another_way
from idle_jobs_cli.output.formats import Format, note
from idle_jobs_cli.output.tables import Column, Row, show
from idle_jobs_cli.output.terminal import COLOURS, open_console
from idle_jobs_cli.planning.preview import Fate, preview
from idle_jobs_cli.stack.ledger import as_the_sweeper

COLUMNS = (
    Column("job"),
    Column("state", drop=1),
    Column("first step"),
    Column("memory", drop=2, right=True),
    Column("a sweep says", drop=3, cut=True),
)
COUNTED = "pass --expected-jobs with their number: then the cluster is not read here"
BY_HAND = "send the request without this command, as README.md shows"


def read(where: Where, body: Body, since: datetime, *, within_limits: bool) -> Asked:
    """Read the cluster of a stack, and find the jobs that a request means.

    The number of those that are not closed goes into the request, unless only idle jobs
    are to be closed: then the limits of a sweep apply. The number lifts the limits of a
    request. So if nobody looks at it, BadInput says that they are exceeded. A job that
    is opened after `since` was not shown, so it is not closed.
    """
    request = replace(parsed(body), requested_at=since)
    with another_way(BY_HAND if request.only_if_idle else COUNTED):
        target = open_target(where, os.environ)
        asked_as, jobs, now = read_jobs(target)
    if request.only_if_idle:
        jobs = as_the_sweeper(target, jobs, now)
    rules, number = target.rules, _number(request, jobs)
    if not number:
        said = f"All jobs that {request.job_id} means are closed."
        return Asked(body, (), notes=[said])
    body = {**body, "requested_at": rfc3339(since)}
    over = ""
    if not request.only_if_idle:
        over = preview(replace(request, expected_jobs=None), jobs, now, rules).ends
        if within_limits:
            _check_limits(request, number, over)
        request = replace(request, expected_jobs=number)
        body["expected_jobs"] = number
    seen = preview(request, jobs, now, rules)
    if seen.ends:
        raise CouldNot(f"the request would end at once: {seen.ends}")
    notes = [*_notes(request, seen.not_closed, rules, over)]
    return Asked(body, seen.not_closed, headline(target, asked_as), notes)


def show_fates(asked: Asked, output: Format) -> None:
    """Print the jobs of a request that are not closed, and what becomes of each."""
    if asked.fates and output is Format.TABLE:
        console = open_console()
        console.print(Text(asked.headline))
        show(console, COLUMNS, map(_row, asked.fates))
    for text in asked.notes:
        note(text, output)


def _number(request: Request, jobs: Sequence[Job]) -> int:
    """Return how many jobs are not closed; CouldNot if a name means no job."""
    resolved = resolve(request, jobs)
    names = {name for job in jobs for name in request.known_as(job)}
    unknown = [p for p in request.pieces if not is_pattern(p) and p not in names]
    if unknown:
        each = (f"no job and no group is called {p}{near(p, names)}" for p in unknown)
        raise CouldNot("; ".join(each))
    if resolved.refusal:
        raise CouldNot(resolved.detail)
    not_closed = [job for job in resolved.jobs if job.state is not State.CLOSED]
    if request.force and [job.job_id for job in resolved.jobs] != [request.job_id]:
        group = f"{request.job_id} is a group of {count(len(resolved.jobs))}"
        raise BadInput(f"force: expected one exact job id, and {group}")
    return len(not_closed)


def _check_limits(request: Request, number: int, over: str) -> None:
    """Raise BadInput if a request without its number would be refused."""
    if request.is_everything:
        over = "an expression that matches every job needs --only-if-idle"
    if over:
        then = f"answer the question, or pass --expected-jobs {number}"
        raise BadInput(f"with --yes, the limits of a request apply: {over}", then)


def _notes(
    request: Request, fates: Sequence[Fate], rules: Rules, over: str
) -> Iterator[str]:
    """Yield what the table does not say; `over` says which limit the number lifts."""
    if over:
        yield f"Without the number of its jobs, the request would be {over}."
    if all(fate.left for fate in fates):
        yield "None of them would be closed."
    held = [fate.held.reason for fate in fates if fate.held]
    if halted := held.count(Reason.SWEEP_HALTED):
        many = "since many jobs became idle together"
        yield f"{count(halted)} held, {many}: --despite-halt closes them, too."
    if Reason.OVER_LIMIT in held:
        most = f"At most {rules.max_closes_per_sweep} are closed"
        yield f"{most}; half of them are drawn at random when the request is read."
    if request.force and any(fate.step == "close" for fate in fates):
        yield "ForceOrders is evidence: the job is closed without force if it can be."
    waits = f"wait: {Reason.STILL_CLOSING}"
    if request.force and any(fate.step == waits for fate in fates):
        given = spoken(ORDER_WAITS)
        yield f"The job is closing: it is forced if it still is {given} later."


def _row(fate: Fate) -> Row:
    job = fate.job
    state, memory = str(job.state or "unknown"), spoken_bytes(job.memory_bytes)
    style = "" if fate.left else COLOURS["close"]
    return Row((job.job_id, state, fate.step, memory, fate.judged), style)
