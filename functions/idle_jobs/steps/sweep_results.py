"""What a sweep does for each job of a request: send, report, or nothing; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from idle_jobs.messages.close_message import CloseMessage, Evidence
from idle_jobs.messages.outcome import Ended, Outcome
from idle_jobs.messages.request import Request
from idle_jobs.messages.terms import Kind, Mode, Origin
from idle_jobs.policy.idleness import last_activity
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.limits import Plan
from idle_jobs.policy.limits_of_requests import Asked
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from idle_jobs.steps.deadlines import OPEN_TAKES_AT_MOST


def message_of(
    request: Request, verdict: Verdict, cluster: str, now: datetime, mode: Mode
) -> CloseMessage:
    """Return the close message for one job of a request."""
    job, only_if_idle = verdict.job, bool(request.only_if_idle)
    watched = only_if_idle and verdict.action is Action.WATCH
    unasked = watched and request.is_sweep
    # A schedule does not ask to close this job, so the watch has an id of its own.
    request_id = f"{request.request_id}/watch" if unasked else request.request_id
    changed = {
        "request_id": request_id,
        "kind": Kind.WATCH if watched else Kind.CLOSE,
        "mode": mode,
        "only_if_idle": only_if_idle,
        # An order to force counts only for the exact id of one job. The jobs of a group
        # or of a wildcard are forced only with evidence.
        "force": request.force and request.job_id == job.job_id and not only_if_idle,
        "reason": request.reason or (verdict.reason if only_if_idle else ""),
    }
    return CloseMessage(
        **(request.terms | changed),
        cluster=cluster,
        job_id=job.job_id,
        announced_at=job.announced_at,
        evidence=Evidence(
            state=_state_when_asked(request, job, now),
            last_activity=last_activity(job, now),
            open_start=job.open_start,
            datafeed_state=job.datafeed.state if job.datafeed else "",
        ),
    )


def _state_when_asked(request: Request, job: Job, now: datetime) -> str:
    """Return the job's state when the request was made, or "" if that is unknown.

    An opening job has no `open_time` yet, so it may have been opened after an old
    request.
    """
    late = now - request.requested_at > OPEN_TAKES_AT_MOST
    return "" if job.state is State.OPENING and late else job.state or ""


def asked_for(request: Request, jobs: Sequence[Job]) -> Asked:
    """Return what the limits need to know about a request of a person."""
    by_id = [job.job_id for job in jobs] == [request.job_id]
    return Asked(jobs, request.tried_since, request.expected_jobs, by_id)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message was sent for the job; a closer reports its outcome."""


@dataclass(frozen=True, slots=True)
class NoOutcome:
    """Nobody asked for this job by name, so it has no outcome."""


@dataclass(frozen=True, slots=True)
class FoundClosed:
    """The job was closed since the request was made."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """The job is kept or held back, for a reason."""

    reason: Reason
    detail: str


SweepResult = Sent | NoOutcome | FoundClosed | Skipped


def sweep_results(
    request: Request, verdicts: Sequence[Verdict], plan: Plan
) -> Iterator[tuple[Verdict, SweepResult]]:
    """Yield the result for each job of a request, in the order of the verdicts."""
    sent = {v.job.job_id for v in plan.send}
    held = {h.verdict.job.job_id: h for h in plan.held}
    for verdict in verdicts:
        job_id = verdict.job.job_id
        if why := held.get(job_id):
            yield verdict, Skipped(why.reason, why.detail)
        else:
            yield verdict, Sent() if job_id in sent else _not_sent(request, verdict)


def _not_sent(request: Request, verdict: Verdict) -> SweepResult:
    """Return the result for a job that gets no message and is not held back."""
    job, closed = verdict.job, verdict.job.state is State.CLOSED
    # A wildcard may match thousands of closed jobs: they are only counted. A schedule
    # asks for no job by name. Its close message does, if a person redrives it.
    matched = request.origin is Origin.REQUEST and not closed
    if not matched and not request.names(job):
        return NoOutcome()
    # A watch did not ask for the close, so it does not report one.
    if request.kind is Kind.CLOSE and job.closed_since(request.requested_at):
        return FoundClosed()
    return Skipped(Reason.ALREADY_CLOSED if closed else verdict.reason, verdict.detail)


def end_of(
    request: Request, job_id: str, ended: Ended, reason: Reason, detail: str
) -> Outcome:
    """Return an outcome that the Sweeper reports for a request, or one of its jobs."""
    return Outcome(ended, reason, job_id, request, detail=detail)
