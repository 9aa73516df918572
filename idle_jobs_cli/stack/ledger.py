"""Reads the ledger of a stack: what was closed, and what became of it since."""

from datetime import datetime

import boto3

from idle_jobs.ledger import Ledger, LedgerAway
from idle_jobs.messages.ledger_item import LedgerItem
from idle_jobs.policy.job import Job, State
from idle_jobs.times import moment


def closings(table: str, cluster: str, since: datetime) -> list[LedgerItem]:
    """Return the items of the closings since a time, the oldest first."""
    try:
        found = Ledger(lambda: boto3.client("dynamodb"), table)
        return list(found.closings(cluster, since))
    except LedgerAway as away:
        raise away.__cause__ or away from None


def closed_at(item: LedgerItem) -> str:
    """Return the time of a closing; of its request, if the job has no finish time."""
    return str(item["closed"]).partition(" ")[0]


def state_since(item: LedgerItem, job: Job | None) -> str:
    """Return what became of a job since this closing."""
    if job is None:
        return "deleted"
    if job.state is not State.CLOSED:
        return "open again"
    finished = item.get("finished")
    anew = finished and job.finished and job.finished > moment(finished)
    return "closed again" if anew else "closed"
