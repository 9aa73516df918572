"""Whether an order, or a failure, is evidence enough to force a job; pure."""

from idle_jobs.jobs import Job, State
from idle_jobs.messages import CloseMessage, Evidence, Kind
from idle_jobs.rules import Rules
from idle_jobs.verdicts import Verdict


def order_is_enough(job: Job, message: CloseMessage, rules: Rules) -> bool:
    """Tell whether an order forces at once; otherwise it closes gently first.

    It does where there is no gentle way, as for a task without a configuration; where
    the job was closing before the order came; or where the operator allows it.
    """
    if not job.configured or rules.force_orders == "allowed":
        return True
    seen = message.evidence
    if seen is None or not seen.state == job.state == State.CLOSING:
        return False
    return _not_fed_since(seen, job)  # With newer data, that closing is over.


def failed_in_closing(verdict: Verdict, message: CloseMessage) -> bool:
    """Tell whether the job failed in our hands: untouched since the Sweeper saw it."""
    job, seen = verdict.job, message.evidence
    if message.kind is Kind.WATCH or seen is None or seen.state == State.FAILED:
        return False
    feed = job.datafeed.state if job.datafeed else "stopped"
    return feed in ("stopped", seen.datafeed_state) and _not_fed_since(seen, job)


def _not_fed_since(seen: Evidence, job: Job) -> bool:
    """Tell whether the job got no data since the Sweeper saw it."""
    if job.last_data is None:
        return True
    return seen.last_activity is not None and job.last_data <= seen.last_activity
