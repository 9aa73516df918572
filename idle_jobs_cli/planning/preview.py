"""What the functions would do with one request, by their own code; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.request import Request
from idle_jobs.messages.resolving import resolve
from idle_jobs.messages.terms import Mode
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.judge import judge
from idle_jobs.policy.limits import Read
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Verdict
from idle_jobs.steps.next_step import next_step
from idle_jobs.steps.role import Role
from idle_jobs.steps.step import End, Step
from idle_jobs.steps.sweep_results import Skipped, message_of, sweep_results
from idle_jobs.sweeping import plan_of


@dataclass(frozen=True, slots=True)
class Fate:
    """One job of a request: its verdict, and the first step, in words.

    The step is that of the Closer if the job is `sent`, else that of the Sweeper.
    """

    verdict: Verdict
    sent: bool
    step: str

    @property
    def job(self) -> Job:
        """Return the job."""
        return self.verdict.job


@dataclass(frozen=True, slots=True)
class Preview:
    """The jobs that a request means, or why it is refused as a whole."""

    fates: Sequence[Fate] = ()
    refusal: str = ""

    @property
    def not_closed(self) -> list[Fate]:
        """Return the jobs that are not closed: `expected_jobs` counts these."""
        return [fate for fate in self.fates if fate.job.state is not State.CLOSED]


def preview(
    request: Request, jobs: Sequence[Job], now: datetime, rules: Rules
) -> Preview:
    """Return what would become of a request if the Sweeper got it now."""
    resolved = resolve(request, jobs)
    if resolved.refusal:
        return Preview(refusal=f"{resolved.refusal}: {resolved.detail}")
    verdicts = [judge(job, now, rules) for job in resolved.jobs]
    try:
        plan = plan_of(request, verdicts, Read(jobs), now, rules)
    except BadBody as bad:
        return Preview(refusal=f"{bad.reason}: {bad}")
    sent = {verdict.job.job_id for verdict in plan.send}
    fates = [
        Fate(verdict, sent=True, step=_first_step(request, verdict, now, rules))
        if verdict.job.job_id in sent
        else Fate(verdict, sent=False, step=_not_sent(result))
        for verdict, result in sweep_results(request, verdicts, plan)
    ]
    return Preview(fates)


def _first_step(request: Request, verdict: Verdict, now: datetime, rules: Rules) -> str:
    message = message_of(request, verdict, request.cluster, now, Mode.CLOSE)
    return _in_words(next_step(verdict.job, message, now, Role(rules)))


def _in_words(step: Step) -> str:
    return f"{step.ended}: {step.reason}" if isinstance(step, End) else str(step)


def _not_sent(result: object) -> str:
    return f"skipped: {result.reason}" if isinstance(result, Skipped) else "nothing"
