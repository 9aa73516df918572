"""One request against the jobs just read: resolve, judge, limit, send, report."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from idle_jobs.bodies import BadBody
from idle_jobs.desk import Desk
from idle_jobs.idleness import last_activity
from idle_jobs.jobs import Job, State
from idle_jobs.limits import Plan, limit
from idle_jobs.messages import CloseMessage, Evidence, Kind, Mode, Origin, stricter
from idle_jobs.outcomes import Ended, Outcome, outcome_of
from idle_jobs.policy import judge
from idle_jobs.reasons import Reason
from idle_jobs.request import Request, resolve
from idle_jobs.steps import why_closed
from idle_jobs.telemetry import Metric, told
from idle_jobs.verdicts import Action, Verdict

# A summary is an answer of Lambda's, which holds 6 MB: 5,000 verdicts are about 1.5 MB.
MOST_TOLD = 5_000


def sweep(
    request: Request, jobs: Sequence[Job], desk: Desk, now: datetime, mode: Mode
) -> dict[str, Any]:
    """Send one close message for each job that this request may close.

    Returns a summary: mode, counts, and the verdict of each job that is not closed.
    Raises BadBody where the request is refused as a whole, and SendRefused where SQS
    would not take it all: it is not finished then, and what was sent does no harm.
    """
    resolved = resolve(request, jobs)
    if resolved.refusal is Reason.ONLY_IF_IDLE_REQUIRED:
        raise BadBody(resolved.detail, resolved.refusal)
    if resolved.refusal:
        _skip(request, request.job_id, resolved.refusal, resolved.detail, desk)
    verdicts = [judge(job, now, desk.rules) for job in resolved.jobs]
    plan = _plan(request, verdicts, now, desk)
    _send(request, plan, desk, now, stricter(mode, request.mode))
    _report(request, verdicts, plan, desk)
    summary = _summary(request, verdicts, plan, mode)
    desk.telemetry.swept(summary, scheduled=request.is_sweep)
    return summary


def sweep_nothing(request: Request, desk: Desk) -> dict[str, Any]:
    """Report a paused sweep: it read nothing and sent nothing."""
    summary = _summary(request, [], Plan(()), Mode.PAUSED)
    desk.telemetry.swept(summary, scheduled=request.origin is Origin.SCHEDULE)
    return summary


def _plan(
    request: Request, verdicts: Sequence[Verdict], now: datetime, desk: Desk
) -> Plan:
    if request.only_if_idle:
        return limit(verdicts, now, desk.rules, request.requested_at)
    wanted = tuple(v for v in verdicts if v.reason is not Reason.ALREADY_CLOSED)
    if len(wanted) > (most := desk.rules.max_closes_per_request):
        why = f"job_id: {len(wanted)} jobs are not closed yet, expected at most {most}"
        raise BadBody(why, Reason.TOO_MANY)
    return Plan(wanted)


def _send(request: Request, plan: Plan, desk: Desk, now: datetime, mode: Mode) -> None:
    """Send the plan: what only force can close goes to the ForceCloser at once."""
    gentle: list[CloseMessage] = []
    forced: list[CloseMessage] = []
    for verdict in plan.send:
        message = _message(request, verdict, desk, now, mode)
        failed = not message.only_if_idle and verdict.job.state is State.FAILED
        force_only = message.force or failed or verdict.action is Action.FORCE
        (forced if force_only else gentle).append(message)
    desk.outbox.send(gentle)
    desk.outbox.hand_over(forced, now)


def _message(
    request: Request, verdict: Verdict, desk: Desk, now: datetime, mode: Mode
) -> CloseMessage:
    job, only_if_idle = verdict.job, bool(request.only_if_idle)
    watched = only_if_idle and verdict.action is Action.WATCH
    unasked = watched and request.is_sweep
    return CloseMessage(
        cluster=desk.cluster_name,
        # A schedule does not ask for this job: looking after it is a wish of its own.
        request_id=f"{request.request_id}/watch" if unasked else request.request_id,
        job_id=job.job_id,
        requested_at=request.requested_at,
        kind=Kind.WATCH if watched else Kind.CLOSE,
        origin=request.origin,
        mode=mode,
        only_if_idle=only_if_idle,
        # An order only for one exact job id, which a group's name is not; for anything
        # else evidence has to come first.
        force=request.force and request.job_id == job.job_id and not only_if_idle,
        timeout=request.timeout,
        requested_by=request.requested_by,
        reason=request.reason or verdict.reason,
        evidence=Evidence(
            state=job.state or "",
            last_activity=last_activity(job, now),
            open_start=job.open_start,
            datafeed_state=job.datafeed.state if job.datafeed else "",
        ),
    )


def _report(
    request: Request, verdicts: Sequence[Verdict], plan: Plan, desk: Desk
) -> None:
    """Say what was found of every job that is not closed; closed ones are a number.

    A request also has an outcome for each of its jobs that is not sent on; what a
    schedule leaves alone was not asked for.
    """
    sent = {v.job.job_id for v in plan.send}
    held = {v.job.job_id for v in plan.held}
    _count(verdicts, plan, desk)
    for verdict in verdicts:
        job_id = verdict.job.job_id
        if verdict.reason is not Reason.ALREADY_CLOSED:
            desk.telemetry.verdict(verdict, request.request_id)
        if job_id in held:
            _skip(request, job_id, plan.why_held, verdict.detail, desk)
        elif job_id in sent or not _was_asked_for(request, verdict):
            continue
        elif _closed_for(request, verdict.job):
            _end_closed(request, verdict, desk)
        else:
            _skip(request, job_id, verdict.reason, verdict.detail, desk)


def _was_asked_for(request: Request, verdict: Verdict) -> bool:
    # A pattern may match thousands of closed jobs: they stay a number. A schedule asks
    # for no job in particular, but a message of it that was redriven does.
    closed = verdict.reason is Reason.ALREADY_CLOSED
    matched = request.origin is Origin.REQUEST and not closed
    return matched or request.names(verdict.job)


def _closed_for(request: Request, job: Job) -> bool:
    # A watch looks after a closing that somebody else began.
    return request.kind is Kind.CLOSE and job.closed_since(request.requested_at)


def _end_closed(request: Request, verdict: Verdict, desk: Desk) -> None:
    """Tell of a job that was closed since the request, as a repeated one finds it.

    A Sweeper that dies between its send and the delete of its request sees it again,
    when the Closer may be done: the end is the same then, not a second one.
    """
    message = _message(request, verdict, desk, request.requested_at, request.mode)
    why = why_closed(message)
    outcome = outcome_of(message, verdict.job, Ended.CLOSED, why, "")
    desk.telemetry.outcome(outcome)


def _count(verdicts: Sequence[Verdict], plan: Plan, desk: Desk) -> None:
    if plan.why_held is Reason.SWEEP_HALTED:
        desk.telemetry.count(Metric.SWEEP_HALTED)
    if stuck := sum(v.stuck for v in verdicts):
        desk.telemetry.count(Metric.JOBS_STUCK_OPENING, stuck)


def _skip(
    request: Request, job_id: str, reason: Reason, detail: str, desk: Desk
) -> None:
    desk.telemetry.outcome(
        Outcome(
            Ended.SKIPPED,
            reason,
            job_id,
            request.request_id,
            detail=detail,
            origin=request.origin,
            requested_by=request.requested_by,
        )
    )


def _summary(
    request: Request, verdicts: Sequence[Verdict], plan: Plan, mode: Mode
) -> dict[str, Any]:
    open_ones = [told(v) for v in verdicts if v.reason is not Reason.ALREADY_CLOSED]
    summary: dict[str, Any] = {
        "request_id": request.request_id,
        "mode": str(mode),
        "verdicts": dict(Counter(str(v.reason) for v in verdicts)),
        "sent": len(plan.send),
        "held": len(plan.held),
        "jobs": open_ones[:MOST_TOLD],
    }
    if plan.held:
        summary["why_held"] = str(plan.why_held)
    if len(open_ones) > MOST_TOLD:
        summary["jobs_cut"] = len(open_ones) - MOST_TOLD
    return summary
