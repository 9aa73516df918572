"""Whether an order, or a failure, is evidence enough to force a job; pure."""

from datetime import timedelta

from idle_jobs.messages.close_message import CloseMessage, Evidence
from idle_jobs.messages.terms import Kind
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Verdict
from idle_jobs.times import CLOCKS_APART

CLOSING_IS_LONG_AFTER = timedelta(minutes=30)


def order_is_enough(job: Job, message: CloseMessage, rules: Rules) -> bool:
    """Tell whether an order forces at once; otherwise it closes gently first.

    It does where there is no gentle way, as for a task without a configuration; where
    the job was closing before the order came; or where the operator allows it, unless
    the job is opening and nobody can tell whether it was when the order came.
    """
    if not job.configured:
        return True
    seen = message.evidence
    if rules.force_orders == "allowed":
        seen_so = seen is not None and seen.state == State.OPENING
        return job.state is not State.OPENING or seen_so
    if seen is None or not seen.state == job.state == State.CLOSING:
        return False
    return _not_fed_since(seen, job)  # With newer data, that closing is over.


def failed_in_closing(verdict: Verdict, message: CloseMessage) -> bool:
    """Tell whether the job failed in our hands: posted, and untouched since then."""
    job, seen = verdict.job, message.evidence
    if message.kind is Kind.WATCH or seen is None or seen.state == State.FAILED:
        return False
    feed = job.datafeed.state if job.datafeed else "stopped"
    if feed not in ("stopped", seen.datafeed_state) or not _not_fed_since(seen, job):
        return False
    ours = max(filter(None, (message.posted_at, message.closing_seen_at)), default=None)
    if ours is None:
        return False
    # The clocks of the master and of the nodes, and the Closer's.
    latest = ours + CLOCKS_APART
    times = (job.created, job.finished, job.open_start, job.last_data)
    return not any(time and time > latest for time in times)


def _not_fed_since(seen: Evidence, job: Job) -> bool:
    """Tell whether the job got no data since the Sweeper saw it."""
    if job.last_data is None:
        return True
    return seen.last_activity is not None and job.last_data <= seen.last_activity
