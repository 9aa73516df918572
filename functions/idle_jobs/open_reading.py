"""Finds the jobs of a sweep: the open ones, and the closed ones that it has to know.

Of the closed jobs, a sweep has to know

- those that were closed since the beginning of the oldest mass event that may hold
  jobs, whoever closed them: they count in it, and in the draw of a sweep that is tried
  again (`open_lately` remembers them);
- those that we closed within 30 days: what they save is measured;
- those whose datafeed still runs, which are reported; they have a task;
- those that `ManagedJobsAllowed` names, and whether `KeepPatterns` match any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from idle_jobs.elastic.tasks import Open
from idle_jobs.errors import BadRequest
from idle_jobs.ledger import LedgerAway
from idle_jobs.messages.ledger_item import LedgerItem
from idle_jobs.policy.ignored import unmatched, widened
from idle_jobs.policy.job import Job
from idle_jobs.policy.mass_events import counts_from
from idle_jobs.services import Services
from idle_jobs.steps.open_lately import OPEN_JOBS, OpenLately, item_of, open_lately
from idle_jobs.steps.worth import SAVES_FOR, closed_by_us
from idle_jobs.times import CLOCKS_APART


@dataclass(frozen=True, slots=True)
class Found:
    """The jobs that were read: `whole` if they are all jobs of the cluster.

    `matched` are keep patterns that match a job which was not read.
    """

    jobs: Sequence[Job]
    whole: bool = True
    matched: frozenset[str] = frozenset()


def find_all(services: Services) -> Found:
    """Return all jobs of the cluster; raises ClusterError."""
    return Found(services.cluster.jobs(services.clock()))


def find_open(services: Services, closings: Sequence[LedgerItem]) -> Found | None:
    """Return the jobs of a sweep; None if they cannot be told from the others.

    Raises ClusterError.
    """
    if (tasks := services.cluster.open_ids()) is None:
        return None
    now, rules = services.clock(), services.rules
    since = counts_from(now, rules) - CLOCKS_APART
    try:
        there = services.ledger.noted(services.cluster_name, OPEN_JOBS)
    except LedgerAway as away:
        services.telemetry.ledger_away("", away)
        return None
    remembered = open_lately(there)
    before = remembered or _at_first(services, tasks, since, now)
    lately = before.after(tasks.jobs, now, since)
    if lately != remembered:
        _remember(services, lately, there, now)
    closed = {*lately.gone, *closed_by_us(closings, now - SAVES_FOR)}
    closed.update(rules.managed_jobs_allowed)
    jobs = services.cluster.open_jobs(services.clock(), tasks, closed, since)
    return Found(jobs, whole=False, matched=_matched(services, jobs))


def _at_first(
    services: Services, tasks: Open, since: datetime, now: datetime
) -> OpenLately:
    """Return what the first sweep knows: which jobs were closed lately, by their list.

    Where Elasticsearch has more jobs than it lists, only the later sweeps know it.
    """
    try:
        closed = services.cluster.closed_since(since)
    except BadRequest:
        closed = []
    return OpenLately(tasks.jobs, dict.fromkeys(closed, now))


def _remember(
    services: Services, lately: OpenLately, there: LedgerItem | None, now: datetime
) -> None:
    """Write which jobs are open; another sweep at the same time may be faster."""
    if (item := item_of(services.cluster_name, lately, now)) is None:
        return
    try:
        services.ledger.note(item, there)
    except LedgerAway as away:
        services.telemetry.ledger_away("", away)


def _matched(services: Services, jobs: Sequence[Job]) -> frozenset[str]:
    """Return the keep patterns that match no job here, but a closed one."""
    left = unmatched(services.rules.keep_patterns, jobs)
    return frozenset(p for p in left if services.cluster.has_match(widened(p)))
