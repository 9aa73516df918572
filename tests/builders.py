"""Values that tests start from: an idle job, its message, a fixed clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from idle_jobs.messages.close_message import CloseMessage, Evidence
from idle_jobs.policy.job import Datafeed, Job, State
from idle_jobs.policy.rules import Rules

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RULES = Rules()


def ago(**span: float) -> datetime:
    """Return the time that lies this long before NOW."""
    return NOW - timedelta(**span)


def feed(state: str = "stopped", **fields: Any) -> Datafeed:
    """Return a datafeed in a state; a started one reads in real time."""
    fields.setdefault("real_time_running", True if state == "started" else None)
    fields.setdefault("assigned", state != "stopped")
    return Datafeed("feed", state, **fields)


def idle_job(**changes: Any) -> Job:
    """Return a job that a sweep closes: fed once, stopped, quiet for ten days."""
    job = Job(
        job_id="web",
        state=State.OPENED,
        created=ago(days=90),
        open_start=ago(days=30),
        last_data=ago(days=10),
        newest_clock=ago(days=10),
        records=1000,
        memory_bytes=512 * 1024**2,
        bucket_span=timedelta(minutes=15),
        functions=("mean",),
        datafeed=feed(),
        assigned=True,
    )
    return replace(job, **changes)


def failed_job(**changes: Any) -> Job:
    """Return a job that failed: no process, so no node and no open time."""
    fields = {"state": State.FAILED, "assigned": False, "open_start": None}
    return idle_job(**(fields | changes))


def closed_job(**changes: Any) -> Job:
    """Return a job that was closed a minute ago."""
    fields = {"state": State.CLOSED, "assigned": False, "open_start": None}
    return idle_job(**(fields | {"finished": ago(minutes=1)} | changes))


def sweeps_message(**changes: Any) -> CloseMessage:
    """Return what a sweep of two minutes ago wrote about the idle job."""
    message = CloseMessage(
        cluster="test",
        request_id="sweep-1",
        job_id="web",
        requested_at=ago(minutes=2),
        only_if_idle=True,
        reason="idle_datafeed_stopped",
        evidence=Evidence("opened", ago(days=10), ago(days=30), "stopped"),
        sent_at=ago(minutes=2),
    )
    return replace(message, **changes)


def persons_message(**changes: Any) -> CloseMessage:
    """Return what a person's request of two minutes ago became."""
    fields: dict[str, Any] = {"only_if_idle": False, "requested_by": "ann"}
    return sweeps_message(**(fields | {"reason": "not needed"} | changes))
