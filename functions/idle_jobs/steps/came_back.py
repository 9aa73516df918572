"""Which closings of ours each job came back from, by the ledger; pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import zip_longest

from idle_jobs.messages.ledger_item import US, LedgerItem, closed_at
from idle_jobs.messages.terms import Kind
from idle_jobs.policy.job import Job, State
from idle_jobs.times import CLOCKS_APART, moment

# How far the ledger is read back: so long a flapping job is left alone.
REMEMBERED_FOR = timedelta(days=180)

# A job that is opened later was missed by nobody for a month.
COMES_BACK_WITHIN = timedelta(days=30)

# What `with_returns` reads of an item.
READS = ("job_id", "closed", "closed_by", "only_if_idle", "kind", "open_start")


def with_returns(jobs: Iterable[Job], items: Iterable[LedgerItem]) -> list[Job]:
    """Return the jobs with their `came_back`; the items come in the order of time."""
    of_job: defaultdict[str, list[LedgerItem]] = defaultdict(list)
    for item in items:
        of_job[str(item["job_id"])].append(item)
    return [
        replace(job, came_back=times)
        if (times := tuple(_returns(job, of_job.get(job.job_id, ()))))
        else job
        for job in jobs
    ]


def _returns(job: Job, items: Sequence[LedgerItem]) -> Iterator[datetime]:
    for item, later in zip_longest(items, items[1:]):
        closed = closed_at(item)
        # A job that was deleted and created again is another job.
        same = not job.created or closed >= job.created - CLOCKS_APART
        if same and _we_judged_it_idle(item) and _came_back(job, closed, later):
            yield closed


def _we_judged_it_idle(item: LedgerItem) -> bool:
    """Return whether we closed the job since it was idle, and not since it was asked.

    Nor does a watch count: somebody else had begun to close the job.
    """
    judged = bool(item.get("only_if_idle")) and item.get("kind") == Kind.CLOSE
    return judged and item["closed_by"] == US


def _came_back(job: Job, closed: datetime, later: LedgerItem | None) -> bool:
    """Return whether the job was opened within 30 days of a closing.

    The next closing tells when the job had been opened before it. After the last one
    only `open_start` tells, and it is newer if the job has changed its node since. So
    that a job does not stop flapping by that, every opening after the last one counts.
    """
    if later is not None:
        opened = later.get("open_start")
        until = moment(opened) if opened else closed_at(later)
        return until - closed <= COMES_BACK_WITHIN
    if job.state is not State.CLOSED:
        return True
    return job.finished is not None and job.finished > closed
