"""Rules that keep a job open for an Elastic app, its owner or an operator; pure."""

from datetime import datetime
from fnmatch import fnmatchcase

from idle_jobs.policy.job import Job
from idle_jobs.policy.owner import OwnerMode, looks_like
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from idle_jobs.times import rfc3339

KEEP_GROUP = "idle-closer-keep"


def managed(job: Job, _now: datetime, rules: Rules) -> Verdict | None:
    """Keep a job of an Elastic app, unless two settings together allow closing it."""
    allowed = rules.include_managed_jobs and job.job_id in rules.managed_jobs_allowed
    if not job.managed or allowed:
        return None
    return Verdict(job, Action.KEEP, Reason.MANAGED, "installed by an Elastic app")


def kept_by_owner(job: Job, now: datetime, rules: Rules) -> Verdict | None:
    """Keep a job if its owner or the operator says so."""
    if why := _why_owner_keeps(job, now, rules):
        return Verdict(job, Action.KEEP, Reason.KEPT_BY_OWNER, why)
    return None


def _why_owner_keeps(job: Job, now: datetime, rules: Rules) -> str:
    owner = job.owner
    if owner.problem:
        return f"{owner.problem}: read as never"
    if owner.mode is OwnerMode.NEVER:
        return "custom_settings.idle_closer.mode is never"
    if owner.keep_open_until and owner.keep_open_until > now:
        return f"keep_open_until {rfc3339(owner.keep_open_until)}"
    if KEEP_GROUP in job.groups:
        return f"in group {KEEP_GROUP}"
    if misspelt := misspelt_group(job):
        return f"in group {misspelt}, read as {KEEP_GROUP}"
    for pattern in rules.keep_patterns:
        if matches(pattern, job):
            return f"matched by the keep pattern {pattern}"
    return ""


def misspelt_group(job: Job) -> str:
    """Return a group of the job whose name is a misspelt KEEP_GROUP, or ""."""
    others = (group for group in job.groups if group != KEEP_GROUP)
    return next((group for group in others if looks_like(group, KEEP_GROUP)), "")


def matches(pattern: str, job: Job) -> bool:
    """Return whether a keep pattern matches the job's id or one of its groups."""
    return any(fnmatchcase(name, pattern) for name in (job.job_id, *job.groups))
