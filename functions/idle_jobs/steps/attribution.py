"""Who closed a job that we did not close, as far as evidence shows; pure.

Elasticsearch 9.5 closes idle jobs itself, once a night. It does not say which it closed
(elasticsearch#144904), so its rule and its hours have to fit.
"""

from datetime import datetime, time, timedelta

from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.ledger_item import ELASTICSEARCH, SOMEBODY_ELSE, UNKNOWN
from idle_jobs.policy.job import Job, State

# The nightly run begins at 00:30 plus up to 119 minutes, by the clock of the master
# node. Here that is UTC: no API says what time zone it has.
RUN_BEGINS = time(0, 30)
RUN_BEGINS_WITHIN = timedelta(hours=2)

# A job that the run closes may take some time to close.
CLOSES_WITHIN = timedelta(minutes=30)


def who_else(job: Job | None, message: CloseMessage, timeout: timedelta | None) -> str:
    """Return who closed a job, given that its message is looked at for the first time.

    `timeout` is that of Elasticsearch's own closer, None if there is none. Unless the
    job was open when the message was written, a close of ours may have been on its way.
    """
    seen = message.evidence.state if message.evidence else ""
    posted = message.posted_at or message.taken_at
    if posted or seen != State.OPENED or job is None or job.finished is None:
        return UNKNOWN
    return ELASTICSEARCH if closed_at_night(job, timeout) else SOMEBODY_ELSE


def closed_at_night(job: Job, timeout: timedelta | None) -> bool:
    """Return whether the job was closed in the nightly run, and fits its rule."""
    at = job.finished
    if timeout is None or at is None:
        return False
    begins = _run_of(at)
    ends = begins + RUN_BEGINS_WITHIN + CLOSES_WITHIN
    return begins <= at <= ends and _is_stale(job, at, timeout)


def next_close(job: Job, timeout: timedelta | None, now: datetime) -> datetime | None:
    """Return when the nightly run that will close the job begins at the earliest."""
    if timeout is None or job.state is not State.OPENED:
        return None
    stale = job.latest_record + timeout if job.latest_record else now
    run = _run_of(max(now, stale))
    if run + RUN_BEGINS_WITHIN <= max(now, stale):
        run += timedelta(days=1)
    return run if _is_stale(job, run + RUN_BEGINS_WITHIN, timeout) else None


def _run_of(at: datetime) -> datetime:
    return datetime.combine(at.date(), RUN_BEGINS, at.tzinfo)


def _is_stale(job: Job, at: datetime, timeout: timedelta) -> bool:
    """Return whether a job fits the rule: its datafeed is stopped, its data is old.

    What counts is the time in the newest record. A job that never had data stays open.
    """
    stopped = job.datafeed is not None and job.datafeed.state == "stopped"
    return stopped and bool(job.latest_record and at - job.latest_record > timeout)
