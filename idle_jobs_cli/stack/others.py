"""Closings that no message of a stack met: the cluster shows them, the ledger not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from idle_jobs.messages.ledger_item import ELASTICSEARCH, UNKNOWN, LedgerItem
from idle_jobs.policy.job import Job, State
from idle_jobs.steps.attribution import closed_at_night
from idle_jobs.times import moment, rfc3339

SHOWN = 5  # ids in one line
HOW = {
    ELASTICSEARCH: "in the nightly run of Elasticsearch's own closer",
    UNKNOWN: "by somebody else, or by a close of ours that is not written yet",
}


def not_in_the_ledger(
    jobs: Iterable[Job],
    items: Iterable[LedgerItem],
    since: datetime,
    timeout: timedelta | None,
) -> list[dict[str, str]]:
    """Return the jobs that were closed since a time, and whose closing has no item.

    `timeout` is that of Elasticsearch's own closer, None if there is none.
    """
    written = {
        (item["job_id"], moment(finished))
        for item in items
        if (finished := item.get("finished"))
    }
    return [
        {
            "job_id": job.job_id,
            "closed_at": rfc3339(at),
            "closed_by": ELASTICSEARCH if closed_at_night(job, timeout) else UNKNOWN,
        }
        for job in jobs
        if job.state is State.CLOSED
        and (at := job.finished)
        and at >= since
        and (job.job_id, at) not in written
    ]


def in_words(others: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Yield a line for each author of such closings."""
    for author, how in HOW.items():
        ids = [each["job_id"] for each in others if each["closed_by"] == author]
        if ids:
            shown = ", ".join(ids[:SHOWN]) + ", ..." * (len(ids) > SHOWN)
            jobs = f"{len(ids)} job{'' if len(ids) == 1 else 's'}"
            yield f"Not in the ledger: {jobs} closed {how}: {shown}"
