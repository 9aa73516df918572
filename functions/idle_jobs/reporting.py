"""Reports how a message ended, what a sweep holds, and what a sweep is worth."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from idle_jobs.elastic.idle_closer import idle_closer
from idle_jobs.ledger import LedgerAway
from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.ledger_item import (
    UNKNOWN,
    LedgerItem,
    as_first_told,
    item_of,
)
from idle_jobs.messages.outcome import Ended, Outcome, outcome_of
from idle_jobs.messages.request import Request
from idle_jobs.messages.terms import Mode
from idle_jobs.policy.limits import Plan
from idle_jobs.policy.verdict import Verdict
from idle_jobs.services import Services
from idle_jobs.steps.attribution import who_else
from idle_jobs.steps.step import Decision, End
from idle_jobs.steps.worth import Worth, worth
from idle_jobs.telemetry import Metric
from idle_jobs.times import rfc3339

# Seconds. Whether it was Elasticsearch's own closer is worth no more.
IDLE_CLOSER_READ = 5.0


def report_end(step: End, decision: Decision, services: Services) -> None:
    """Report the end of a message. Raises LedgerAway if it has to be tried again."""
    message, job = decision.message, decision.job
    outcome = outcome_of(message, job, step.ended, step.reason, step.detail)
    if step.ended not in (Ended.CLOSED, Ended.FORCE_CLOSED):
        services.telemetry.outcome(outcome)
        return
    other = UNKNOWN
    if decision.first_look and (other := who_else(job, message, None)) != UNKNOWN:
        cluster = services.cluster.within(lambda: IDLE_CLOSER_READ)
        other = who_else(job, message, idle_closer(cluster))
    report_closing(outcome, message, services, other)


def report_closing(
    outcome: Outcome, message: CloseMessage, services: Services, other: str = UNKNOWN
) -> None:
    """Write a closing to the ledger, then to the log; the metrics count it once.

    `other` is who closed the job if it was not us. Raises LedgerAway, which is logged,
    before anything is written.
    """
    try:
        written_at = {"written_at": rfc3339(services.clock())}
        there = services.ledger.put({**item_of(outcome, message, other), **written_at})
    except LedgerAway as away:
        services.telemetry.ledger_away(outcome.job_id, away)
        raise
    services.telemetry.outcome(as_first_told(outcome, there), counted=there is None)


def report_halts(request: Request, plan: Plan, services: Services, mode: Mode) -> None:
    """Report each mass event of a scheduled sweep, with how many jobs it holds."""
    asked = {
        "request_id": request.request_id,
        "requested_at": rfc3339(request.requested_at),
        "mode": str(mode),
    }
    for event, held in Counter(h.event for h in plan.held if h.event).items():
        services.telemetry.halted(asked | event.in_plain_values() | {"held_jobs": held})


def report_worth(
    verdicts: Sequence[Verdict],
    items: Sequence[LedgerItem] | None,
    services: Services,
    now: datetime,
) -> Worth:
    """Measure the memory of the open and of the idle jobs, and what is saved."""
    found = worth(verdicts, items, now)
    if services.telemetry.dashboard:
        services.telemetry.count(Metric.MEMORY_OPEN, found.open)
        services.telemetry.count(Metric.MEMORY_IDLE, sum(found.idle.values()))
        if found.saved is not None:
            services.telemetry.count(Metric.MEMORY_SAVED, found.saved)
    return found
