"""What idle jobs hold, and what it saves to have closed them: bytes of memory; pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idle_jobs.messages.ledger_item import US, LedgerItem
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.times import moment

# A closing counts as saving memory for so long. Who has not opened a job for a month
# has no use for it: then it is a job less, and not memory saved.
SAVES_FOR = timedelta(days=30)

# What `worth` reads of an item.
READS = ("job_id", "closed_by", "finished", "memory_bytes")

# A failed job holds no memory.
_HOLDS = frozenset({State.OPENING, State.OPENED, State.CLOSING})


@dataclass(frozen=True, slots=True)
class Worth:
    """The ML memory of the open jobs, of the idle ones among them, and what is saved.

    `idle` has the bytes by the reason of the verdict: a sweep could free them. `saved`
    are the bytes of the jobs that we closed within `SAVES_FOR`, and that are closed;
    None if the ledger cannot be read.
    """

    open: int
    idle: Mapping[str, int]
    saved: int | None


def worth(
    verdicts: Sequence[Verdict], items: Iterable[LedgerItem] | None, now: datetime
) -> Worth:
    """Return the worth, given the verdicts of all jobs and the items of the ledger."""
    jobs = {verdict.job.job_id: verdict.job for verdict in verdicts}
    idle: Counter[str] = Counter()
    for verdict in verdicts:
        if verdict.action is Action.CLOSE:
            idle[str(verdict.reason)] += verdict.job.memory_bytes
    return Worth(
        open=sum(job.memory_bytes for job in jobs.values() if job.state in _HOLDS),
        idle=dict(idle),
        saved=None if items is None else _saved(items, jobs, now - SAVES_FOR),
    )


def _saved(
    items: Iterable[LedgerItem], jobs: Mapping[str, Job], since: datetime
) -> int:
    return sum(
        int(item.get("memory_bytes", 0))
        for item in items
        if _is_ours_still(item, jobs.get(str(item["job_id"])), since)
    )


def closed_by_us(items: Iterable[LedgerItem], since: datetime) -> Iterator[str]:
    """Yield the jobs that we closed at a time or later."""
    return (str(item["job_id"]) for item in items if _closed_by_us_at(item, since))


def _closed_by_us_at(item: LedgerItem, since: datetime) -> datetime | None:
    """Return when we closed the job; None if we did not, or before that time."""
    finished = item.get("finished")
    at = moment(finished) if finished and item["closed_by"] == US else None
    return at if at and at >= since else None


def _is_ours_still(item: LedgerItem, job: Job | None, since: datetime) -> bool:
    """Return whether we closed the job after a time, and nobody has opened it since."""
    if job is None or job.state is not State.CLOSED:
        return False
    at = _closed_by_us_at(item, since)
    return at is not None and job.finished == at


def gib_hours(
    jobs: Iterable[Job],
    items: Iterable[LedgerItem],
    since: datetime,
    until: datetime,
) -> float:
    """Return the GiB-hours that closings of ours have saved in a period.

    Jobs that were opened again by its end do not count, so it is rather too little.
    """
    by_id = {job.job_id: job for job in jobs}
    saved = 0.0
    for item in items:
        if _is_ours_still(item, by_id.get(str(item["job_id"])), since - SAVES_FOR):
            closed = moment(item["finished"])
            span = min(until, closed + SAVES_FOR) - max(since, closed)
            hours = max(span, timedelta()) / timedelta(hours=1)
            saved += int(item.get("memory_bytes", 0)) / 1024**3 * hours
    return saved


def spoken_saving(hours: float, price: float) -> str:
    """Return GiB-hours as text; with a price also what they cost at most.

    Memory that is free costs the same until a node, or a step of its size, is given
    back. So the money is an upper bound.
    """
    money = f", at most {hours * price:.2f} in money" if price else ""
    return f"{hours:.1f} GiB-hours{money}"
