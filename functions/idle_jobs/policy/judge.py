"""May this job be closed? Pure; the time is an argument.

`judge` applies the rules at the end of this file in their order and returns the first
verdict: closed jobs and unknown data first, then protection, activity, failure, and
idleness last.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from idle_jobs.policy.attention import feed_left_running, neglected
from idle_jobs.policy.flapping import left_alone
from idle_jobs.policy.idleness import active, idle, reopen_grace
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.owner import OwnerMode
from idle_jobs.policy.protection import kept_by_owner, managed
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from idle_jobs.times import CLOCKS_APART, rfc3339, spoken

Rule = Callable[[Job, datetime, Rules], Verdict | None]

OPENING_IS_STUCK_AFTER = timedelta(hours=1)


def judge(job: Job, now: datetime, rules: Rules) -> Verdict:
    """Return the verdict of the first rule that has one; the last always does."""
    verdicts = (rule(job, now, rules) for rule in RULES)
    return next(verdict for verdict in verdicts if verdict)


def _closed(job: Job, now: datetime, rules: Rules) -> Verdict | None:
    if job.state is not State.CLOSED:
        return None
    why = feed_left_running(job, now, rules)
    if why and not any(
        rule(job, now, rules) for rule in (_blocked, managed, kept_by_owner)
    ):
        return Verdict(job, Action.REPORT, Reason.CLOSED_DATAFEED_NOT_STOPPED, why)
    return Verdict(job, Action.KEEP, Reason.ALREADY_CLOSED)


def _unknown(job: Job, now: datetime, _rules: Rules) -> Verdict | None:
    if why := _contradiction(job, now):
        return Verdict(job, Action.KEEP, Reason.UNKNOWN, why)
    return None


def _contradiction(job: Job, now: datetime) -> str:
    if job.deleting:
        return ""  # Elasticsearch then lists no stats.
    if job.problems:
        return job.problems[0]
    if job.state is None:
        return "its state is missing"
    if job.configured and not job.created:
        return "create_time is missing"
    times = {"create_time": job.created, "last_data_time": job.last_data}
    for name, time in times.items():
        # The clocks of the cluster and of this function may differ.
        if time and time > now + CLOCKS_APART:
            return f"{name} lies in the future: {rfc3339(time)}"
    if job.records and not job.last_data:
        return f"{job.records} records were processed but last_data_time is missing"
    # The master sets create_time, the ML node last_data_time: their clocks may differ.
    if job.created and job.last_data and job.last_data < job.created - CLOCKS_APART:
        return "last_data_time is older than create_time"
    if (
        job.state is State.OPENED
        and job.configured
        and not _cluster_reason(job)
        and not job.live
    ):
        why = "opened, but without live stats: its node may be lost or unreachable"
        return f"{why}: {job.explanation}" if job.explanation else why
    return ""


def _orphan(job: Job, _now: datetime, _rules: Rules) -> Verdict | None:
    if job.configured:
        return None
    return Verdict(job, Action.REPORT, Reason.ORPHAN, "a task without a configuration")


def _cluster_reason(job: Job) -> Reason | None:
    # Reset mode is only visible in explanations (texts of Elasticsearch 8 and 9).
    said = f"{job.explanation} {job.datafeed.explanation if job.datafeed else ''}"
    if "feature reset is in progress" in said:
        return Reason.RESET_MODE
    if job.upgrade_mode or "upgrade mode is enabled" in said:
        return Reason.UPGRADE_MODE
    return None


def _cluster_mode(job: Job, _now: datetime, _rules: Rules) -> Verdict | None:
    reason = _cluster_reason(job)
    return Verdict(job, Action.KEEP, reason, job.explanation) if reason else None


def _blocked(job: Job, _now: datetime, _rules: Rules) -> Verdict | None:
    if job.deleting or job.blocked == "delete":
        return Verdict(job, Action.KEEP, Reason.DELETING, "it is being deleted")
    if job.blocked:
        return Verdict(job, Action.KEEP, Reason.BLOCKED, f"blocked by a {job.blocked}")
    return None


def _lookback(job: Job, _now: datetime, _rules: Rules) -> Verdict | None:
    feed = job.datafeed
    if feed and feed.state == "started" and feed.real_time_running is False:
        why = "its datafeed still reads historical data"
        return Verdict(job, Action.KEEP, Reason.LOOKBACK_RUNNING, why)
    return None


def _forecast(job: Job, _now: datetime, _rules: Rules) -> Verdict | None:
    if not job.forecasts:
        return None
    return Verdict(
        job, Action.KEEP, Reason.FORECAST_RUNNING, "closing would end the forecast"
    )


def _opening(job: Job, now: datetime, _rules: Rules) -> Verdict | None:
    if job.state is not State.OPENING:
        return None
    # An opening job has no `open_time` yet. It was opened after its newest timestamp.
    age = now - job.newest_clock if job.newest_clock else timedelta()
    why = f"opening for at most {spoken(age)}: {job.explanation or 'no explanation'}"
    stuck = age > OPENING_IS_STUCK_AFTER
    return Verdict(job, Action.KEEP, Reason.OPENING, why, stuck=stuck)


def _closing(job: Job, _now: datetime, _rules: Rules) -> Verdict | None:
    if job.state is not State.CLOSING:
        return None
    return Verdict(job, Action.WATCH, Reason.CLOSING, "somebody is closing it")


def _failed(job: Job, now: datetime, rules: Rules) -> Verdict | None:
    if job.state is not State.FAILED:
        return None
    if job.datafeed and job.datafeed.state != "stopped":
        if why := feed_left_running(job, now, rules):
            reason = Reason.FAILED_DATAFEED_NOT_STOPPED
            return Verdict(job, Action.REPORT, reason, why)
        why = f"failed, but its datafeed is {job.datafeed.state}"
        return Verdict(job, Action.KEEP, Reason.FAILED, why)
    quiet = now - job.newest_clock if job.newest_clock else timedelta()
    why = f"failed, its newest timestamp is {spoken(quiet)} old"
    if quiet < rules.failed_after:
        return Verdict(job, Action.KEEP, Reason.FAILED, why)
    may_force = rules.force_failed and job.owner.mode is not OwnerMode.NOTIFY
    action = Action.FORCE if may_force else Action.REPORT
    return left_alone(Verdict(job, action, Reason.FAILED, why))


# The order is the policy: a rule may rely on all the rules before it.
RULES: tuple[Rule, ...] = (
    _closed,
    _unknown,
    _orphan,
    _cluster_mode,
    _blocked,
    managed,
    kept_by_owner,
    neglected,
    active,
    reopen_grace,
    _lookback,
    _forecast,
    _opening,
    _closing,
    _failed,
    idle,
)
