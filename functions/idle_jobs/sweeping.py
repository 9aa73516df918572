"""Handles one request, given the jobs: resolve, judge, limit, send, report."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, assert_never

from idle_jobs.announcing import announce
from idle_jobs.digesting import publish_digest
from idle_jobs.ledger import LedgerAway
from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.outcome import Ended, outcome_of
from idle_jobs.messages.readers import BadBody, parse_object
from idle_jobs.messages.request import Request
from idle_jobs.messages.resolving import resolve
from idle_jobs.messages.terms import Mode, stricter
from idle_jobs.modes import ModeSet
from idle_jobs.policy.attention import NEEDS_ATTENTION
from idle_jobs.policy.ignored import without_effect
from idle_jobs.policy.judge import judge
from idle_jobs.policy.limits import Plan, Read
from idle_jobs.policy.verdict import Verdict
from idle_jobs.reasons import Reason
from idle_jobs.reporting import report_closing, report_halts, report_worth
from idle_jobs.services import Services
from idle_jobs.steps.digest import Swept
from idle_jobs.steps.next_step import next_step, why_closed
from idle_jobs.steps.step import HandOver
from idle_jobs.steps.sweep_plan import plan_of
from idle_jobs.steps.sweep_results import (
    FoundClosed,
    NoOutcome,
    Sent,
    Skipped,
    end_of,
    message_of,
    sweep_results,
)
from idle_jobs.summary import listed, summary_of
from idle_jobs.telemetry import Metric
from idle_jobs.times import rfc3339


def sweep(
    request: Request, read: Read, services: Services, now: datetime, mode: Mode
) -> dict[str, Any]:
    """Send one close message for each job that this request may close.

    Returns a summary: mode, counts, and the verdict of each job that is not closed.
    Raises BadBody if the request is refused as a whole, and SendRefused if SQS did not
    accept every message. The request can then be handled again: closing twice is safe.
    """
    resolved = resolve(request, read.jobs)
    if resolved.refusal is Reason.ONLY_IF_IDLE_REQUIRED:
        raise BadBody(resolved.detail, resolved.refusal)
    # A schedule asks for no job by name: if none is open, nothing has to be told.
    if resolved.refusal and not request.is_sweep:
        _skip(request, request.job_id, resolved.refusal, resolved.detail, services)
    verdicts = [judge(job, now, services.rules) for job in resolved.jobs]
    plan = plan_of(request, verdicts, read, now, services.rules)
    read.sent.update(verdict.job.job_id for verdict in plan.send)
    _send(request, plan, services, now, stricter(mode, request.mode))
    _report(request, verdicts, plan, services)
    announced = announce(request, verdicts, plan, services, mode)
    if request.is_sweep:
        report_halts(request, plan, services, mode)
    written = services.ask_mode_set() if request.is_sweep else ModeSet()
    summary = summary_of(request, verdicts, plan, mode, written, now)
    if not read.whole:  # Most closed jobs were not read, so they cannot be counted.
        summary["verdicts"].pop(Reason.ALREADY_CLOSED, None)
    if ignored := list(without_effect(read.jobs, services.rules, read.matched)):
        summary["ignored"] = ignored
    if request.is_sweep:
        worth = report_worth(verdicts, read.closings, services, now)
        summary["memory"] = asdict(worth)
    if announced:
        summary["announced"] = announced
    services.telemetry.swept(summary)
    if request.is_sweep:
        publish_digest(request, services, mode, Swept(verdicts, plan, worth))
    return summary


def refuse_other_cluster(request: Request, services: Services) -> None:
    """Raise BadBody for another cluster: it may have a job with the same id."""
    if request.cluster not in ("", services.cluster_name):
        why = f"cluster: expected {services.cluster_name}, got {request.cluster}"
        raise BadBody(why, Reason.FOREIGN_CLUSTER)


def park_request(request: Request, body: str, bad: BadBody, services: Services) -> None:
    """Park a request, with its id and the time of the request in the body.

    Without that time, the request would count as new when somebody sends it again. It
    could then close a job that has been opened since.
    """
    known = {
        "request_id": request.request_id,
        "requested_at": rfc3339(request.requested_at),
    }
    fields = parse_object(body)
    kept = body if known.keys() <= fields.keys() else json.dumps(fields | known)
    services.outbox.park_body(kept, f"{bad.reason}: {bad}")
    outcome = end_of(request, request.job_id, Ended.PARKED, bad.reason, str(bad))
    services.telemetry.outcome(outcome)


def sweep_nothing(
    request: Request, services: Services, now: datetime
) -> dict[str, Any]:
    """Report a sweep in mode `paused`, which reads and sends nothing."""
    written = services.ask_mode_set() if request.is_sweep else ModeSet()
    if (age := written.age(now)) is not None:
        services.telemetry.count(Metric.MODE_PAUSED, age.total_seconds())
    summary = summary_of(request, [], Plan(()), Mode.PAUSED, written, now)
    services.telemetry.swept(summary)
    publish_digest(request, services, Mode.PAUSED, None)
    return summary


def _send(
    request: Request, plan: Plan, services: Services, now: datetime, mode: Mode
) -> None:
    """Send the messages: to the ForceCloser if only force can close the job."""
    to_close: list[CloseMessage] = []
    to_force: list[CloseMessage] = []
    for verdict in plan.send:
        message = message_of(request, verdict, services.cluster_name, now, mode)
        step = next_step(verdict.job, message, now, services.role)
        # For a job that is closing for long, only the Closer sets `closing_seen_at`.
        force_only = isinstance(step, HandOver) and not step.closing_seen
        (to_force if force_only else to_close).append(message)
    services.outbox.send(to_close)
    services.outbox.hand_over(to_force, now)


def _report(
    request: Request, verdicts: Sequence[Verdict], plan: Plan, services: Services
) -> None:
    """Log the verdict of each job that is not closed, and the outcomes so far.

    Closed jobs are only counted, unless their datafeed still runs. The line of a
    verdict says whether the job is sent or held, and why. If a job of a request gets no
    message, its outcome is logged here, too. A schedule asks for no job by name: the
    jobs that it keeps have no outcome, and that of a job that it holds is an event.
    """
    _count(verdicts, plan, services)
    # A job that another request holds back has an outcome, which says so.
    for fields in listed(verdicts, plan if request.is_sweep else Plan(())):
        services.telemetry.verdict(fields, request.request_id)
    for verdict, result in sweep_results(request, verdicts, plan):
        match result:
            case Skipped(reason, detail):
                _skip(request, verdict.job.job_id, reason, detail, services)
            case FoundClosed():
                _end_closed(request, verdict, services)
            case Sent() | NoOutcome():
                pass
            case _:
                assert_never(result)


def _end_closed(request: Request, verdict: Verdict, services: Services) -> None:
    """Report a job that was closed since the request.

    SQS may deliver a request again after its messages were sent, and the Closer may
    have closed the job. This outcome is then the same as the Closer's.
    """
    cluster, asked = services.cluster_name, request.requested_at
    message = message_of(request, verdict, cluster, asked, request.mode)
    why = why_closed(message)
    outcome = outcome_of(message, verdict.job, Ended.CLOSED, why, "")
    try:
        report_closing(outcome, message, services)
    except LedgerAway:
        # The message that closed the job writes the item, if the close was ours.
        services.telemetry.outcome(outcome, counted=False)


def _count(verdicts: Sequence[Verdict], plan: Plan, services: Services) -> None:
    if halted := sum(h.reason is Reason.SWEEP_HALTED for h in plan.held):
        services.telemetry.count(Metric.SWEEP_HALTED, halted)
    if stuck := sum(v.stuck for v in verdicts):
        services.telemetry.count(Metric.JOBS_STUCK_OPENING, stuck)
    if odd := sum(v.reason in NEEDS_ATTENTION for v in verdicts):
        services.telemetry.count(Metric.JOBS_NEED_ATTENTION, odd)


def _skip(
    request: Request, job_id: str, reason: Reason, detail: str, services: Services
) -> None:
    outcome = end_of(request, job_id, Ended.SKIPPED, reason, detail)
    # The line of a verdict says that a sweep holds the job.
    services.telemetry.outcome(outcome, logged=not request.is_sweep)
