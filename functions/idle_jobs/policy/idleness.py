"""How long a job has been quiet, and whether it is idle; pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from idle_jobs.policy.detectors import silence_is_data
from idle_jobs.policy.flapping import left_alone, times_quiet, twice
from idle_jobs.policy.job import Datafeed, Job, State
from idle_jobs.policy.owner import OwnerMode
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from idle_jobs.times import spoken

IDLE_REASONS = frozenset(
    {
        Reason.IDLE_DATAFEED_STOPPED,
        Reason.IDLE_NEVER_FED,
        Reason.IDLE_NO_DATAFEED,
        Reason.IDLE_DATAFEED_DRY,
    }
)


@dataclass(frozen=True, slots=True)
class QuietTime:
    """A quiet time: its beginning, its limit, and whether the job ever got data."""

    began: datetime
    limit: timedelta
    fed: bool

    @property
    def idle_since(self) -> datetime:
        """Return the time from which the job counts as idle."""
        return self.began + self.limit


def last_activity(job: Job, now: datetime) -> datetime | None:
    """Return the later of the last data (wall clock) and a past `keep_open_until`.

    `latest_record_timestamp` is not used: it is old while a job reads historical data.
    """
    mark = job.owner.keep_open_until
    signs = (job.last_data, mark if mark and mark <= now else None)
    return max((sign for sign in signs if sign), default=None)


def threshold(job: Job, rules: Rules) -> timedelta:
    """Return how long a job may be quiet: `IdleAfter`, or longer.

    The owner may ask for more, and a slow datafeed needs more. A job that came back
    after a closing of ours needs twice as much.
    """
    zero = timedelta()
    frequency = job.datafeed.frequency if job.datafeed else zero
    delay = job.datafeed.query_delay if job.datafeed else zero
    needed = 3 * max(job.bucket_span or zero, frequency or zero) + (delay or zero)
    limit = max(rules.idle_after, needed, job.owner.idle_after or zero)
    return limit * times_quiet(job)


def quiet_time(job: Job, now: datetime, rules: Rules) -> QuietTime:
    """Return the quiet time of an opened job.

    For a job that never got data, it begins when the job was created or opened, or now
    if both times are unknown.
    """
    seen = last_activity(job, now)
    limit = threshold(job, rules)
    if job.last_data and seen:
        return QuietTime(seen, limit, fed=True)
    starts = filter(None, (job.created, job.open_start, seen))
    began = max(starts, default=now)
    unfed = rules.never_fed_after * times_quiet(job)
    return QuietTime(began, max(limit, unfed), fed=False)


def active(job: Job, now: datetime, rules: Rules) -> Verdict | None:
    """Keep a job that had data lately, or whose datafeed is starting or stopping."""
    if job.state is not State.OPENED:
        return None
    feed = job.datafeed
    if feed and feed.state in ("starting", "stopping") and not feed.unassigned:
        why = f"its datafeed is {feed.state}"
        return Verdict(job, Action.KEEP, Reason.ACTIVE, why)
    quiet = quiet_time(job, now, rules)
    if not quiet.fed or quiet.idle_since <= now:
        return None
    why = f"quiet for {spoken(now - quiet.began)}, idle after {spoken(quiet.limit)}"
    why += twice(job)
    return Verdict(job, Action.KEEP, Reason.ACTIVE, why)


def grace(job: Job, rules: Rules) -> timedelta:
    """Return for how long a job is kept after it was opened; owners may lengthen it.

    A job that came back may have old data. So its quiet time counts from then, too.
    """
    usual = max(rules.reopen_grace, job.owner.idle_after or timedelta())
    if not job.came_back:
        return usual
    dry = job.datafeed and job.datafeed.state != "stopped"
    return max(usual, dry_limit(job, rules) if dry else threshold(job, rules))


def dry_limit(job: Job, rules: Rules) -> timedelta:
    """Return for how long a running datafeed may find no data."""
    return max(threshold(job, rules), rules.dry_after * times_quiet(job))


def reopen_grace(job: Job, now: datetime, rules: Rules) -> Verdict | None:
    """Keep a job that was opened lately, or that changed its node lately."""
    if job.state is not State.OPENED or job.open_start is None:
        return None
    age, limit = now - job.open_start, grace(job, rules)
    if age >= limit:
        return None
    why = f"opened or moved {spoken(age)} ago, judged after {spoken(limit)}"
    why += twice(job)
    return Verdict(job, Action.KEEP, Reason.REOPEN_GRACE, why)


def idle(job: Job, now: datetime, rules: Rules) -> Verdict:
    """Return the verdict for an opened and quiet job, by the kind of its idleness."""
    quiet = quiet_time(job, now, rules)
    state = job.datafeed.state if job.datafeed else "absent"
    if job.datafeed and state not in ("stopped", "absent"):
        return _started(job, job.datafeed, quiet, now, rules)
    if quiet.idle_since > now:
        why = f"never fed, opened {spoken(now - quiet.began)} ago"
        why += f", idle after {spoken(quiet.limit)}{twice(job)}"
        return Verdict(job, Action.KEEP, Reason.REOPEN_GRACE, why)
    reason, allowed = _kind(quiet, state, rules)
    why = f"{_how_quiet(quiet, now)}, datafeed {state}"
    return _closable(job, reason, why, quiet.idle_since, allowed=allowed)


def _kind(quiet: QuietTime, state: str, rules: Rules) -> tuple[Reason, bool]:
    if state == "absent":
        return Reason.IDLE_NO_DATAFEED, rules.close_jobs_without_datafeed
    if quiet.fed:
        return Reason.IDLE_DATAFEED_STOPPED, True
    return Reason.IDLE_NEVER_FED, True


def _started(
    job: Job, feed: Datafeed, quiet: QuietTime, now: datetime, rules: Rules
) -> Verdict:
    """Judge a quiet job whose datafeed is started: it may be dry, or on no node."""
    why = f"{_how_quiet(quiet, now)}, datafeed {feed.state}"
    if feed.unassigned:
        why = f"{why}, but on no node: {feed.explanation}"
        return Verdict(job, Action.REPORT, Reason.DATAFEED_UNASSIGNED, why)
    if feed.real_time_running is None:
        why = f"{why}, but no node reports that it runs"
        return Verdict(job, Action.KEEP, Reason.ACTIVE, why)
    dry_at = quiet.began + max(quiet.limit, dry_limit(job, rules))
    if quiet.fed and dry_at > now:
        return Verdict(job, Action.KEEP, Reason.ACTIVE, why)
    opted_in = job.owner.mode is OwnerMode.AUTO or not silence_is_data(job.functions)
    allowed = rules.close_dry_datafeeds and opted_in and dry_at <= now
    return _closable(job, Reason.IDLE_DATAFEED_DRY, why, dry_at, allowed=allowed)


def _how_quiet(quiet: QuietTime, now: datetime) -> str:
    return f"{'quiet' if quiet.fed else 'never fed'} for {spoken(now - quiet.began)}"


def _closable(
    job: Job, reason: Reason, why: str, since: datetime, *, allowed: bool
) -> Verdict:
    if job.owner.mode is OwnerMode.NOTIFY:
        why, allowed = f"{why}; its owner asked for reports only", False
    action = Action.CLOSE if allowed else Action.REPORT
    return left_alone(Verdict(job, action, reason, why, idle_since=since))
