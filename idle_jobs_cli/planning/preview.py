"""What the functions would do with one request, by their own code; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idle_jobs.messages.outcome import Ended
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.request import Request
from idle_jobs.messages.resolving import resolve
from idle_jobs.messages.terms import Mode
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.judge import judge
from idle_jobs.policy.limits import Held, Read
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Verdict
from idle_jobs.reasons import Reason
from idle_jobs.steps.next_step import next_step
from idle_jobs.steps.role import Role
from idle_jobs.steps.step import End, HandOver, Park
from idle_jobs.steps.sweep_plan import plan_of
from idle_jobs.steps.sweep_results import (
    FoundClosed,
    NoOutcome,
    Skipped,
    message_of,
    sweep_results,
)

FATE_FIELDS = (
    *("job_id", "state", "first_step", "why", "action", "reason", "detail"),
    *("hold_reason", "hold_detail", "memory_bytes"),
)


@dataclass(frozen=True, slots=True)
class Fate:
    """One job of a request: its verdict, and what is done first, in words.

    `left` is true if the request ends for this job before anything was tried, and `why`
    says more about that end. `held` is set if a sweep would hold the job back.
    """

    verdict: Verdict
    step: str
    left: bool
    why: str = ""
    held: Held | None = None

    @property
    def job(self) -> Job:
        """Return the job."""
        return self.verdict.job

    @property
    def judged(self) -> str:
        """Return in words what a sweep says of the job."""
        if self.held:
            return f"hold {self.held.reason}: {self.held.detail}"
        return f"{self.verdict.action} {self.verdict.reason}: {self.verdict.detail}"

    def fields(self) -> dict[str, Any]:
        """Return the fate as plain values, for programs."""
        verdict, held = self.verdict, self.held
        return {
            "job_id": self.job.job_id,
            "state": str(self.job.state or "unknown"),
            "first_step": self.step,
            "why": self.why,
            "action": str(verdict.action),
            "reason": str(verdict.reason),
            "detail": verdict.detail,
            "hold_reason": str(held.reason) if held else "",
            "hold_detail": held.detail if held else "",
            "memory_bytes": self.job.memory_bytes,
        }


@dataclass(frozen=True, slots=True)
class Preview:
    """The jobs that get an outcome of a request, or how it ends as a whole."""

    fates: Sequence[Fate] = ()
    ends: str = ""

    @property
    def not_closed(self) -> list[Fate]:
        """Return the jobs that are not closed: `expected_jobs` counts these."""
        return [fate for fate in self.fates if fate.job.state is not State.CLOSED]


def preview(
    request: Request, jobs: Sequence[Job], now: datetime, rules: Rules
) -> Preview:
    """Return what would become of a request if the Sweeper got it now."""
    resolved = resolve(request, jobs)
    if reason := resolved.refusal:
        parked = reason is Reason.ONLY_IF_IDLE_REQUIRED
        ended = Ended.PARKED if parked else Ended.SKIPPED
        return Preview(ends=f"{ended}: {reason}: {resolved.detail}")
    verdicts = [judge(job, now, rules) for job in resolved.jobs]
    try:
        plan = plan_of(request, verdicts, Read(jobs), now, rules)
    except BadBody as bad:
        return Preview(ends=f"{Ended.PARKED}: {bad.reason}: {bad}")
    held = {_id(each.verdict): each for each in plan.held}

    def fates() -> Iterator[Fate]:
        for verdict, result in sweep_results(request, verdicts, plan):
            match result:
                case Skipped(reason, why):
                    hold = held.get(_id(verdict))
                    yield _left(verdict, Ended.SKIPPED, reason, why, hold)
                case FoundClosed():
                    yield Fate(verdict, f"{Ended.CLOSED} since the request", left=True)
                case NoOutcome():
                    pass
                case _:
                    yield _sent(request, verdict, now, rules)

    return Preview([*fates()])


def _sent(request: Request, verdict: Verdict, now: datetime, rules: Rules) -> Fate:
    """Return the fate of a job that gets a message: the first step of its closer."""
    message = message_of(request, verdict, request.cluster, now, Mode.CLOSE)
    step = next_step(verdict.job, message, now, Role(rules))
    if isinstance(step, HandOver):
        step = next_step(verdict.job, message, now, Role(rules, may_force=True))
    match step:
        case End(ended, reason, why):
            return _left(verdict, ended, reason, why)
        case Park(reason, why):
            return _left(verdict, Ended.PARKED, reason, why)
    return Fate(verdict, str(step), left=False)


def _left(
    verdict: Verdict, ended: Ended, reason: Reason, why: str, held: Held | None = None
) -> Fate:
    said = held.detail if held else verdict.detail
    why = "" if why == said else why
    return Fate(verdict, f"{ended}: {reason}", left=True, why=why, held=held)


def _id(verdict: Verdict) -> str:
    return verdict.job.job_id
