"""When there is enough evidence to force, and whether that may have been done; pure."""

from datetime import datetime, timedelta

from idle_jobs.messages.close_message import CloseMessage, Evidence
from idle_jobs.messages.terms import Kind
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Verdict
from idle_jobs.steps.deadlines import OPEN_TAKES_AT_MOST
from idle_jobs.steps.role import Role
from idle_jobs.times import CLOCKS_APART

CLOSING_IS_LONG_AFTER = timedelta(minutes=30)


def order_is_enough(job: Job, message: CloseMessage, rules: Rules) -> bool:
    """Return whether an order forces the job without a close before it.

    It does in three cases: the job is a task without a configuration, which only force
    can close; the job was already closing when the order came; or the operator allows
    it. In the last case, an opening job has to have been opening when the order came.
    """
    if not job.configured:
        return True
    seen = message.evidence
    if rules.force_orders == "allowed":
        was_opening = seen is not None and seen.state == State.OPENING
        return job.state is not State.OPENING or was_opening
    if seen is None or not seen.state == job.state == State.CLOSING:
        return False
    return _not_fed_since(seen, job)  # Newer data: it was opened again since.


def failed_in_closing(verdict: Verdict, message: CloseMessage) -> bool:
    """Return whether the job failed because of our close.

    It did if a close was posted or a closer saw the job closing, and if nobody has
    used the job since then.
    """
    job, seen = verdict.job, message.evidence
    if message.kind is Kind.WATCH or seen is None or seen.state == State.FAILED:
        return False
    feed = job.datafeed.state if job.datafeed else "stopped"
    if feed not in ("stopped", seen.datafeed_state) or not _not_fed_since(seen, job):
        return False
    closing_began = max(
        filter(None, (message.posted_at, message.closing_seen_at)), default=None
    )
    if closing_began is None:
        return False
    # The clocks of the cluster and of the Closer may differ.
    latest = closing_began + CLOCKS_APART
    times = (job.created, job.finished, job.open_start, job.last_data)
    return not any(time and time > latest for time in times)


def forced_from(seen: datetime, message: CloseMessage, role: Role) -> datetime:
    """Return when a job that was seen closing at this time may be forced, if it hangs.

    Elasticsearch gets the whole timeout of the request, and never less than ForceAfter.
    """
    return seen + max(role.rules.force_after, message.close_timeout)


def may_have_forced(job: Job, message: CloseMessage, role: Role) -> bool:
    """Return whether an earlier look of the ForceCloser may have closed a watched job.

    The message does not tell: the ForceCloser changes no body. So what was closed while
    it was allowed to force may have been closed by it. With ForceFailed, that may have
    been at once; else only what hangs in closing is forced, after some time.
    """
    if not role.may_force:
        return False
    if role.rules.force_failed:
        came = message.handed_at or message.sent_at or message.requested_at
        return job.closed_since(came)
    seen = message.closing_seen_at
    return seen is not None and job.closed_since(forced_from(seen, message, role))


def is_stuck_opening(message: CloseMessage, now: datetime) -> bool:
    """Return whether the job was opening when the request came, and still is.

    A usual open takes less than a quarter of an hour. A job that the Sweeper saw
    opening, and that is still opening after that time, is stuck. Closing it is the
    remedy (elasticsearch#126148).
    """
    seen = message.evidence is not None and message.evidence.state == State.OPENING
    return seen and now - message.requested_at >= OPEN_TAKES_AT_MOST


def _not_fed_since(seen: Evidence, job: Job) -> bool:
    """Return whether the job got no data since the Sweeper read it."""
    if job.last_data is None:
        return True
    return seen.last_activity is not None and job.last_data <= seen.last_activity
