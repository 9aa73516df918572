"""The request that `idle-jobs close` sends: its body, and the jobs that it means."""

import getpass
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.text import Text

from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.request import Request, parse_request
from idle_jobs.messages.resolving import resolve
from idle_jobs.policy.job import State
from idle_jobs_cli.cluster.asked_as import headline
from idle_jobs_cli.cluster.reading import near, read_jobs
from idle_jobs_cli.cluster.target import open_target
from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.exits import BadInput, CouldNot
from idle_jobs_cli.output.tables import Column, Row, show
from idle_jobs_cli.output.terminal import COLOURS, open_console, spoken_bytes
from idle_jobs_cli.planning.preview import Fate, preview
from idle_jobs_cli.stack.stack import Stack

COLUMNS = (
    Column("job"),
    Column("state", drop=1),
    Column("first step"),
    Column("memory", drop=2, right=True),
    Column("a sweep says", drop=3, cut=True),
)

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its body, the jobs that get an outcome, and what to ask first."""

    body: Mapping[str, Any]
    jobs: frozenset[str]
    question: str


def body_of(
    expression: str, requested_by: str | None, terms: Mapping[str, Any]
) -> Body:
    """Return the body of the request, without what is the default."""
    given = {name: value for name, value in terms.items() if value}
    who = _identity() if requested_by is None else requested_by
    return {"job_id": expression, "requested_by": who, "only_if_idle": False, **given}


def _identity() -> str:
    """Return the AWS identity of the caller, or else the name of the user here."""
    try:
        return str(boto3.client("sts").get_caller_identity()["Arn"]).split(":")[-1]
    except (BotoCoreError, ClientError):
        return getpass.getuser()


def counted(body: Body) -> Asked:
    """Return a request whose number of jobs a person gave; the cluster is not read."""
    _parsed(body)
    number = _jobs(body["expected_jobs"])
    return Asked(body, frozenset(), f"Ask for {number} that {body['job_id']} means?")


def shown(stack: Stack, body: Body) -> Asked | None:
    """Read the cluster of a stack, and show the jobs that a request means.

    Returns None if each of them is closed. The number of the others goes into the
    request, unless only idle jobs are to be closed: then the limits of a sweep apply.
    """
    request = _parsed(body if body["only_if_idle"] else {**body, "expected_jobs": 1})
    target = open_target(Where(stack=stack.name), os.environ)
    asked_as, jobs, now = read_jobs(target)
    resolved = resolve(request, jobs)
    if resolved.refusal:
        names = {name for job in jobs for name in (job.job_id, *job.groups)}
        raise CouldNot(f"{resolved.detail}{near(body['job_id'], names)}")
    number = sum(job.state is not State.CLOSED for job in resolved.jobs)
    if not number:
        print(f"Every job that {body['job_id']} means is closed.")
        return None
    whole = body if body["only_if_idle"] else {**body, "expected_jobs": number}
    seen = preview(_parsed(whole), jobs, now, target.rules)
    if seen.refusal:
        raise CouldNot(seen.refusal)
    console = open_console()
    console.print(Text(headline(target, asked_as)))
    show(console, COLUMNS, map(_row, seen.not_closed))
    question = f"Ask stack {stack.name} to close {_jobs(number)}?"
    ids = frozenset(fate.job.job_id for fate in seen.not_closed)
    return Asked(whole, ids, question)


def _parsed(body: Mapping[str, Any]) -> Request:
    """Return the request that the Sweeper would read; BadInput if it refuses it."""
    now = datetime.now(UTC)
    try:
        return parse_request(json.dumps(body), request_id="new", sent_at=now, now=now)
    except BadBody as bad:
        raise BadInput(str(bad)) from None


def _row(fate: Fate) -> Row:
    verdict, job = fate.verdict, fate.job
    cells = (
        *(job.job_id, str(job.state or "unknown"), fate.step),
        spoken_bytes(job.memory_bytes),
        f"{verdict.action} {verdict.reason}: {verdict.detail}",
    )
    return Row(cells, COLOURS["close"] if fate.sent else "")


def _jobs(number: int) -> str:
    return f"{number} job{'' if number == 1 else 's'}"
