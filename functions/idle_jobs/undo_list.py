"""Lists what a person could undo; it changes nothing."""

from typing import Any

from idle_jobs.messages.ledger_item import LedgerItem
from idle_jobs.messages.outcome import Ended
from idle_jobs.messages.undo_request import Undo
from idle_jobs.services import Services
from idle_jobs.steps.step import End, Wait
from idle_jobs.steps.undoing import Open, Start, next_undo

Answer = dict[str, Any]

SHOWN = ("closed", "job_id", "ended", "owner", "request_id", "datafeed_before")


def show_closings(asked: Undo, services: Services) -> Answer:
    """Return the newest closing of each job, and what an undo would do with it.

    Raises ClusterError and LedgerAway, since nothing can be shown then.
    """
    now, cluster = services.clock(), services.cluster_name
    newest = {
        str(item["job_id"]): item
        for item in services.ledger.closings(cluster, now - asked.since)
        if asked.job_id in ("", item["job_id"])
        and asked.request_id in ("", item.get("request_id"))
    }
    found = services.cluster.jobs(now, [*newest]) if newest else []
    jobs = {job.job_id: job for job in found}
    return {
        "closings": [
            _shown(item, next_undo(item, jobs.get(job_id), "", now))
            for job_id, item in newest.items()
        ]
    }


def _shown(item: LedgerItem, step: Open | Start | Wait | End) -> Answer:
    told = {name: item[name] for name in SHOWN if name in item}
    memory = int(item.get("memory_bytes", 0))
    left = isinstance(step, End) and step.ended is not Ended.REOPENED
    told |= {"memory_bytes": memory, "undo": not left}
    if isinstance(step, End) and left:
        told |= {"reason": str(step.reason), "detail": step.detail}
    return told
