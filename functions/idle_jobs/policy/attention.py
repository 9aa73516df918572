"""Jobs that were quiet for longer than `DryAfter`, but that no sweep closes; pure.

A person has to look at them: what keeps them open may never end by itself.
"""

from datetime import datetime, timedelta

from idle_jobs.policy.flapping import twice
from idle_jobs.policy.idleness import grace, last_activity, quiet_time
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from idle_jobs.times import spoken

NEEDS_ATTENTION = frozenset(
    {
        Reason.CLOSED_DATAFEED_NOT_STOPPED,
        Reason.REOPENED_BUT_QUIET,
        Reason.FORECAST_STUCK,
        Reason.DATAFEED_STUCK,
        Reason.LOOKBACK_STUCK,
        Reason.DATAFEED_NOT_RUNNING,
        Reason.FAILED_DATAFEED_NOT_STOPPED,
        Reason.DATAFEED_UNASSIGNED,
        Reason.FLAPPING,
    }
)


def feed_left_running(job: Job, now: datetime, rules: Rules) -> str:
    """Return a detail if a datafeed runs long after its job closed or failed, or ""."""
    feed, newest = job.datafeed, job.newest_clock
    if feed is None or feed.state == "stopped" or newest is None:
        return ""
    age = now - newest
    if age < max(rules.dry_after, rules.failed_after):
        return ""
    return (
        f"{job.state}, its newest timestamp is {spoken(age)} old, datafeed {feed.state}"
    )


def neglected(job: Job, now: datetime, rules: Rules) -> Verdict | None:
    """Report an opened job that was quiet for `DryAfter`, but would be kept."""
    since = last_activity(job, now) or job.created
    if job.state is not State.OPENED or since is None:
        return None
    if now - since < max(quiet_time(job, now, rules).limit, rules.dry_after):
        return None
    reason, why = _kept_by(job, now, rules)
    if reason is None:
        return None
    fed = "quiet" if job.last_data else "never fed"
    why = f"{fed} for {spoken(now - since)}, {why}"
    return Verdict(job, Action.REPORT, reason, why)


def _kept_by(job: Job, now: datetime, rules: Rules) -> tuple[Reason | None, str]:
    """Return the reason and detail of what may keep a job open for ever, if any."""
    feed = job.datafeed
    if young := _young(job, now, rules):
        return Reason.REOPENED_BUT_QUIET, young
    if job.forecasts:
        return Reason.FORECAST_STUCK, "but Elasticsearch reports a running forecast"
    if feed is None or feed.unassigned:
        return None, ""
    if feed.state in ("starting", "stopping"):
        return Reason.DATAFEED_STUCK, f"its datafeed is {feed.state}"
    if feed.state == "started" and feed.real_time_running is False:
        return Reason.LOOKBACK_STUCK, "its datafeed still reads historical data"
    if feed.state == "started" and feed.real_time_running is None:
        why = "datafeed started, but no node reports that it runs"
        return Reason.DATAFEED_NOT_RUNNING, why
    return None, ""


def _young(job: Job, now: datetime, rules: Rules) -> str:
    """Return a detail if a job was opened too lately to be judged, or "".

    Where nodes are replaced every day, this is so for ever.
    """
    age = now - job.open_start if job.open_start else timedelta.max
    quiet = quiet_time(job, now, rules)
    running = job.datafeed and job.datafeed.state != "stopped"
    unfed = not running and not quiet.fed and quiet.idle_since > now
    if age >= grace(job, rules) and not unfed:
        return ""
    return f"but opened or moved {spoken(age)} ago{twice(job)}"
