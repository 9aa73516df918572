"""What a request wants of one of its jobs, and what it is told of it; pure."""

from collections.abc import Sequence
from datetime import datetime

from idle_jobs.messages.close_message import CloseMessage, Evidence
from idle_jobs.messages.outcome import Ended, Outcome
from idle_jobs.messages.request import Request
from idle_jobs.messages.terms import Kind, Mode, Origin
from idle_jobs.policy.idleness import last_activity
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.limits import Asked
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from idle_jobs.steps.deadlines import OPEN_TAKES_AT_MOST


def message_of(
    request: Request, verdict: Verdict, cluster: str, now: datetime, mode: Mode
) -> CloseMessage:
    """Write the close message for one job of a request."""
    job, only_if_idle = verdict.job, bool(request.only_if_idle)
    watched = only_if_idle and verdict.action is Action.WATCH
    unasked = watched and request.is_sweep
    # A schedule does not ask for this job: looking after it is a wish of its own.
    known_as = f"{request.request_id}/watch" if unasked else request.request_id
    changed = {
        "request_id": known_as,
        "kind": Kind.WATCH if watched else Kind.CLOSE,
        "mode": mode,
        "only_if_idle": only_if_idle,
        # An order only for one exact job id, which a group's name is not; for anything
        # else evidence has to come first.
        "force": request.force and request.job_id == job.job_id and not only_if_idle,
        "reason": request.reason or (verdict.reason if only_if_idle else ""),
    }
    return CloseMessage(
        **(request.terms | changed),
        cluster=cluster,
        job_id=job.job_id,
        evidence=Evidence(
            state=_state_when_asked(request, job, now),
            last_activity=last_activity(job, now),
            open_start=job.open_start,
            datafeed_state=job.datafeed.state if job.datafeed else "",
        ),
    )


def _state_when_asked(request: Request, job: Job, now: datetime) -> str:
    """Return the job's state; of an opening one only soon after the request.

    It may have been opened since, as long as no `open_time` says when.
    """
    late = now - request.requested_at > OPEN_TAKES_AT_MOST
    return "" if job.state is State.OPENING and late else job.state or ""


def asked_for(request: Request, jobs: Sequence[Job]) -> Asked:
    """Return what the limits have to know of a person's request for these jobs."""
    by_id = [job.job_id for job in jobs] == [request.job_id]
    return Asked(jobs, request.tried_since, request.expected_jobs, by_id)


def was_asked_for(request: Request, verdict: Verdict) -> bool:
    """Tell whether a request has an end for a job that it does not send on."""
    # A pattern may match thousands of closed jobs: they stay a number. A schedule asks
    # for no job in particular, but a message of it that was redriven does.
    closed = verdict.job.state is State.CLOSED
    matched = request.origin is Origin.REQUEST and not closed
    return matched or request.names(verdict.job)


def closed_for(request: Request, job: Job) -> bool:
    """Tell whether a job was closed since the request, as a repeated one finds it."""
    # A watch looks after a closing that somebody else began.
    return request.kind is Kind.CLOSE and job.closed_since(request.requested_at)


def end_of(
    request: Request, job_id: str, ended: Ended, reason: Reason, detail: str
) -> Outcome:
    """Compose an end that the Sweeper itself gives a request, or one of its jobs."""
    return Outcome(ended, reason, job_id, request, detail=detail)
