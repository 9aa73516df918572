"""Reads what the Sweeper judges by: the jobs of the cluster, and the ledger."""

from collections.abc import Sequence
from datetime import datetime

from idle_jobs.ledger import LedgerAway
from idle_jobs.messages.ledger_item import LedgerItem
from idle_jobs.open_reading import Found, find_all, find_open
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
    closings, announced = _from_ledger(services)
    return _read(find_all(services), closings, announced)


def read_open(services: Services) -> Read:
    """Return the open jobs, and the closed ones that a scheduled sweep has to know.

    Raises ClusterError. All jobs are read if the cluster does not tell us its tasks, or
    if the ledger is away.
    """
    closings, announced = _from_ledger(services)
    found = None if closings is None else find_open(services, closings)
    return _read(found or find_all(services), closings, announced)


def announces(services: Services) -> bool:
    """Return whether sweeps announce jobs: before they close them, or on a bus."""
    return bool(services.rules.notice_period or services.telemetry.bus)


def _read(
    found: Found,
    closings: Sequence[LedgerItem] | None,
    announced: Sequence[LedgerItem],
) -> Read:
    jobs = came_back.with_returns(found.jobs, closings or ())
    jobs = with_announcements(jobs, announced)
    return Read(jobs, closings=closings, whole=found.whole, matched=found.matched)


def _from_ledger(
    services: Services,
) -> tuple[list[LedgerItem] | None, list[LedgerItem]]:
    closings = _closings(services, services.clock())
    return closings, _announced(services) if announces(services) else []


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
