"""Reads what the Sweeper judges by: the jobs of the cluster, and the ledger."""

from datetime import datetime

from idle_jobs.ledger import LedgerAway
from idle_jobs.messages.ledger_item import LedgerItem
from idle_jobs.policy.limits import Read
from idle_jobs.services import Services
from idle_jobs.steps import came_back, worth
from idle_jobs.steps.announcement import FIRST, LAST, with_announcements

# Half a year of closings fits into the memory of the Sweeper without the other ones.
_READS = tuple(dict.fromkeys((*came_back.READS, *worth.READS)))


def read_all(services: Services) -> Read:
    """Return all jobs, and our closings; raises ClusterError.

    The ledger is read first, so that what is read of the jobs is fresh. If it is away,
    no job is known to have come back or to have been announced, and the sweep goes on.
    """
    closings = _closings(services, services.clock())
    announced = _announced(services) if announces(services) else []
    jobs = services.cluster.jobs(services.clock())
    jobs = with_announcements(came_back.with_returns(jobs, closings or ()), announced)
    return Read(jobs, closings=closings)


def announces(services: Services) -> bool:
    """Return whether sweeps announce jobs: before they close them, or on a bus."""
    return bool(services.rules.notice_period or services.telemetry.bus)


def _closings(services: Services, now: datetime) -> list[LedgerItem] | None:
    since = now - came_back.REMEMBERED_FOR
    try:
        return [*services.ledger.closings(services.cluster_name, since, _READS)]
    except LedgerAway as away:
        services.telemetry.ledger_away("", away)
        return None


def _announced(services: Services) -> list[LedgerItem]:
    try:
        return [*services.ledger.noted_from(services.cluster_name, FIRST, LAST)]
    except LedgerAway as away:
        services.telemetry.ledger_away("", away)
        return []
