"""Which jobs a request sends to the Closer, and which it holds back; pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.request import Request
from idle_jobs.messages.terms import Origin
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.judge import judge
from idle_jobs.policy.limits import Plan, Read, keep_quiet, limit
from idle_jobs.policy.limits_of_requests import refusal
from idle_jobs.policy.mass_events import MassEvent, mass_events
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Verdict
from idle_jobs.steps.sweep_results import asked_for


def plan_of(
    request: Request,
    verdicts: Sequence[Verdict],
    read: Read,
    now: datetime,
    rules: Rules,
) -> Plan:
    """Return which jobs a request sends and holds back; BadBody if it is refused."""
    if request.only_if_idle:
        halts = _mass_events(request, verdicts, read.jobs, now, rules)
        by_person = request.origin is Origin.REQUEST
        if by_person:  # Who asks needs no notice.
            rules = replace(rules, notice_period=timedelta())
        plan = limit(verdicts, halts, now, rules, request.tried_since)
        return plan if by_person else keep_quiet(plan, now, rules)
    asked = asked_for(request, [v.job for v in verdicts])
    if verdicts and (refused := refusal(asked, read, now, rules)):
        raise BadBody(refused.why, refused.reason)
    return Plan(tuple(v for v in verdicts if v.job.state is not State.CLOSED))


def _mass_events(
    request: Request,
    verdicts: Sequence[Verdict],
    jobs: Sequence[Job],
    now: datetime,
    rules: Rules,
) -> Sequence[MassEvent]:
    """Return the mass events among all jobs, not only those of the request."""
    if request.despite_halt:
        return ()
    if len(verdicts) < len(jobs):
        verdicts = [judge(job, now, rules) for job in jobs]
    return mass_events(verdicts, now, rules)
