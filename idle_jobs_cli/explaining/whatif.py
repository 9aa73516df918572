"""Finds what would change a verdict, by judging the job again; pure."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from idle_jobs.policy.flapping import times_quiet
from idle_jobs.policy.idleness import threshold
from idle_jobs.policy.job import Job
from idle_jobs.policy.judge import judge
from idle_jobs.policy.owner import OwnerMode
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Verdict
from idle_jobs.reasons import Reason
from idle_jobs.settings import RULE_READERS
from idle_jobs.times import CLOCKS_APART

# Longer than any setting, and short enough that dates stay valid.
HORIZON = timedelta(days=36_500)


def if_nothing_happens(
    job: Job, now: datetime, rules: Rules
) -> Iterator[tuple[datetime, Verdict]]:
    """Yield each later time at which the verdict changes, and the new verdict."""
    last = judge(job, now, rules)
    for moment in sorted(set(_moments(job, now, rules))):
        verdict = judge(job, moment, rules)
        if differ(verdict, last):
            yield moment, verdict
            last = verdict


def if_turned(job: Job, now: datetime, rules: Rules) -> Iterator[tuple[str, Verdict]]:
    """Yield each switch that would change the verdict, and the new verdict.

    Of a flapping job, the settings of its owner are such switches, too.
    """
    today = judge(job, now, rules)
    judged = [(s, judge(job, now, turned)) for s, turned in _switches(job, rules)]
    if today.reason is Reason.FLAPPING:
        for mode in OwnerMode:
            owned = replace(job, owner=replace(job.owner, mode=mode))
            judged += [
                (f"custom_settings.idle_closer.mode={mode}", judge(owned, now, rules))
            ]
    for switch, verdict in judged:
        if differ(verdict, today):
            yield switch, verdict


def differ(one: Verdict, other: Verdict) -> bool:
    """Return whether two verdicts differ in action or reason."""
    return (one.action, one.reason) != (other.action, other.reason)


def _moments(job: Job, now: datetime, rules: Rules) -> Iterator[datetime]:
    """Yield every later time at which the answer of a rule may change.

    A rule compares the clock with a time of the job, or with such a time plus a span.
    """
    mark = job.owner.keep_open_until
    times = (job.created, job.open_start, job.last_data, job.newest_clock, mark)
    turned = (getattr(rules, field.name) for field in fields(rules))
    spans = {span for span in turned if isinstance(span, timedelta)}
    spans |= {timedelta(), -CLOCKS_APART, threshold(job, rules)}
    spans |= {span * times_quiet(job) for span in spans}
    spans |= {job.owner.idle_after or timedelta()}
    for time, span in product(filter(None, times), spans):
        if abs(time - now) < HORIZON and abs(span) < HORIZON and time + span > now:
            yield time + span


def _switches(job: Job, rules: Rules) -> Iterator[tuple[str, Rules]]:
    """Yield each switch in its other position, and the rules with it."""
    changes: dict[str, Any]
    for name in map(str.lower, RULE_READERS):
        on = getattr(rules, name)
        if isinstance(on, bool) and name != "include_managed_jobs":
            changes = {name: not on}
            yield f"{name.upper()}={str(not on).lower()}", replace(rules, **changes)
    allowed = dict.fromkeys((*rules.managed_jobs_allowed, job.job_id))
    if rules.include_managed_jobs and job.job_id in rules.managed_jobs_allowed:
        yield "INCLUDE_MANAGED_JOBS=false", replace(rules, include_managed_jobs=False)
        return
    changes = {"include_managed_jobs": True, "managed_jobs_allowed": tuple(allowed)}
    both = f"INCLUDE_MANAGED_JOBS=true MANAGED_JOBS_ALLOWED={','.join(allowed)}"
    yield both, replace(rules, **changes)
