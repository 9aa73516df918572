"""Reads the ledger of a stack: what was closed, and what became of it since."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError

from idle_jobs.ledger import Ledger, LedgerAway
from idle_jobs.messages.ledger_item import LedgerItem
from idle_jobs.policy.job import Job, State
from idle_jobs.steps.announcement import FIRST, LAST, with_announcements
from idle_jobs.steps.came_back import REMEMBERED_FOR, with_returns
from idle_jobs.times import moment
from idle_jobs_cli.cluster.target import Target


def closings(table: str, cluster: str, since: datetime) -> list[LedgerItem]:
    """Return the items of the closings since a time, the oldest first."""
    return _read(_ledger(table).closings(cluster, since))


def _announced(table: str, target: Target) -> list[LedgerItem]:
    return _read(_ledger(table).noted_from(target.cluster_name, FIRST, LAST))


def _ledger(table: str) -> Ledger:
    return Ledger(lambda: boto3.client("dynamodb"), table)


def _read(items: Iterator[LedgerItem]) -> list[LedgerItem]:
    """Return all items; what AWS says, if it refuses."""
    try:
        return list(items)
    except LedgerAway as away:
        raise away.__cause__ or away from None


def as_the_sweeper(target: Target, jobs: Sequence[Job], now: datetime) -> list[Job]:
    """Return the jobs as the Sweeper of a stack judges them: it reads the ledger, too.

    Without a stack there is no ledger, nor has a stack of an older version one.
    """
    table = target.stack and target.stack.resources.get("Ledger")
    if not table:
        return [*jobs]
    try:
        found = closings(table[1], target.cluster_name, now - REMEMBERED_FOR)
        told = _announced(table[1], target) if target.rules.notice_period else []
    except (BotoCoreError, ClientError) as error:
        then = "no job is known to have come back, or to have been announced"
        click.echo(f"The ledger could not be read: {error}; {then}.", err=True)
        return [*jobs]
    return with_announcements(with_returns(jobs, found), told)


def state_since(item: LedgerItem, job: Job | None) -> str:
    """Return what became of a job since this closing."""
    if job is None:
        return "deleted"
    if job.state is not State.CLOSED:
        return "open again"
    finished = item.get("finished")
    anew = finished and job.finished and job.finished > moment(finished)
    return "closed again" if anew else "closed"
