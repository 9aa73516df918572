"""Notice before closing: which jobs were announced, and when they may be closed; pure.

With `NoticePeriod`, a sweep announces an idle job, and a later one closes it if it has
been idle ever since. What is not known to be announced counts as not announced.
"""

from datetime import datetime

from idle_jobs.policy.idleness import IDLE_REASONS
from idle_jobs.policy.owner import OwnerMode
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.times import rfc3339, spoken


def is_announced(verdict: Verdict) -> bool:
    """Return whether a job was announced, and has been idle ever since.

    Who uses a job, or opens it, has not been told of what comes after that.
    """
    job, announced = verdict.job, verdict.job.announced_at
    # A failed job is not idle since a time: it has its newest clock in place of it.
    since = verdict.idle_since or job.newest_clock
    if announced is None or since is None:
        return False
    starts = (since, job.created, job.open_start)
    return all(start is None or start <= announced for start in starts)


def may_be_closed_from(announced_at: datetime, rules: Rules) -> datetime:
    """Return from when on a sweep may close a job that was announced at a time."""
    return announced_at + rules.notice_period


def not_yet(verdict: Verdict, now: datetime, rules: Rules) -> str:
    """Return why a sweep may not close a job for want of notice, or ""."""
    if not rules.notice_period:
        return ""
    announced = verdict.job.announced_at
    if announced is None or not is_announced(verdict):
        after = spoken(rules.notice_period)
        return f"not announced yet; may be closed {after} after that, if still idle"
    if now >= (earliest := may_be_closed_from(announced, rules)):
        return ""
    return f"announced {rfc3339(announced)}, may be closed from {rfc3339(earliest)}"


def is_reported_to_owner(verdict: Verdict) -> bool:
    """Return whether a job is idle whose owner asked for reports only."""
    idle = verdict.action is Action.REPORT and verdict.reason in IDLE_REASONS
    return idle and verdict.job.owner.mode is OwnerMode.NOTIFY
