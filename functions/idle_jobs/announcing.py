"""Announces idle jobs: writes each to the ledger once, then tells it."""

from collections.abc import Sequence

from idle_jobs.ledger import LedgerAway
from idle_jobs.messages.request import Request
from idle_jobs.messages.terms import Mode
from idle_jobs.policy.limits import Plan
from idle_jobs.policy.verdict import Verdict
from idle_jobs.reading import announces
from idle_jobs.services import Services
from idle_jobs.steps.announcement import announcement_of, before, item_of, to_announce


def announce(
    request: Request,
    verdicts: Sequence[Verdict],
    plan: Plan,
    services: Services,
    mode: Mode,
) -> int:
    """Announce the idle jobs of a scheduled sweep; return how many.

    In mode `observe` nobody is told of what is not going to happen. Two sweeps at the
    same time announce a job once. A ledger that is away announces nothing more, and
    what is not announced is not closed.
    """
    if mode is not Mode.CLOSE or not request.is_sweep or not announces(services):
        return 0
    now, announced = services.clock(), 0
    for verdict in to_announce(verdicts, plan):
        fields = announcement_of(verdict, request, mode, now, services.rules)
        item = item_of(services.cluster_name, fields)
        try:
            written = services.ledger.note(item, before(verdict.job))
        except LedgerAway as away:
            services.telemetry.ledger_away(verdict.job.job_id, away)
            break
        if written:
            announced += 1
            services.telemetry.announced(fields)
    return announced
