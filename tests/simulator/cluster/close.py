"""`POST _ml/anomaly_detectors/{ids}/_close`."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from simulator.cluster.call import Call, Reply
from simulator.cluster.errors import ClusterError, conflict
from simulator.cluster.job import Job
from simulator.cluster.ml import MachineLearning, begin_close
from simulator.cluster.resolve import configured, find_jobs, known, refuse_blank
from simulator.cluster.stop import stop_before_close
from simulator.cluster.wire import FOREVER

ACTION = "cluster:admin/xpack/ml/job/close"


def close(ml: MachineLearning, call: Call) -> Reply:
    """Close jobs: all or none up to the datafeeds, and each for itself from there."""
    force = call.flag("force", False)
    allow_no_match = call.flag("allow_no_match", True)
    timeout, told = call.time("timeout", "30m")
    refuse_blank(ml, call.ids, "job_id")
    ml.refuse_in_upgrade_mode(ACTION)
    jobs = find_jobs(ml, call.ids, known if force else configured, allow_no_match)
    if force:
        return _force(ml, jobs, call.now)
    _refuse_failed(jobs)
    closing = [job for job in jobs if job.state == "closing"]
    opened = [job for job in jobs if job.state in {"opened", "opening"}]
    stop_before_close(opened)
    worked = _work(ml, opened, call.now)
    return _wait(closing, call.now, worked, timeout, told)


def _refuse_failed(jobs: Sequence[Job]) -> None:
    if not any(job.state == "failed" for job in jobs):
        return
    if len(jobs) == 1:
        reason = f"cannot close job [{jobs[0].job_id}] because it failed"
    else:
        reason = "one or more jobs have state failed"
    raise conflict(f"{reason}, use force close")


def _work(ml: MachineLearning, opened: Sequence[Job], now: datetime) -> timedelta:
    """Let the nodes flush and persist; `timeout` does not bound this phase."""
    broken = any(ml.has_node(job) and job.close_ends == "failed" for job in opened)
    took = [begin_close(ml, job, now) for job in opened]
    worked = max(
        (FOREVER if work is None else work for work in took), default=timedelta()
    )
    if broken and worked != FOREVER:
        # One type in the source of 2021, the other in that of 2025; 8.9 is a guess.
        kind = "status_exception" if ml.since(8, 13) else "exception"
        reason = "Exception closing autodetect process"
        raise ClusterError(500, kind, reason, after=worked)
    return worked


def _wait(
    closing: Sequence[Job],
    now: datetime,
    worked: timedelta,
    timeout: timedelta,
    told: str,
) -> Reply:
    """Wait for the tasks of jobs that were closing already; `timeout` bounds this."""
    gone = max((_task_gone(job, now) for job in closing), default=timedelta())
    if worked == FOREVER or gone <= worked:
        return Reply({"closed": True}, worked)
    if gone == FOREVER or gone - worked > timeout:
        reason = f"Timed out when waiting for persistent tasks after {told}"
        raise ClusterError(
            500, "illegal_state_exception", reason, after=worked + timeout
        )
    return Reply({"closed": True}, gone)


def _task_gone(job: Job, now: datetime) -> timedelta:
    # A job that fails while it closes keeps its task, so its waiters wait in vain.
    if job.closing_until is None or job.close_ends == "failed":
        return FOREVER
    return job.closing_until - now


def _force(ml: MachineLearning, jobs: Sequence[Job], now: datetime) -> Reply:
    """Stop the datafeeds, then remove the tasks at once; nothing is persisted.

    `timeout` has no effect.
    """
    tasks = [job for job in jobs if job.has_task]
    for job in tasks:
        if job.feeding:
            job.datafeed = "stopped"
    for job in tasks:
        if job.force_works:
            job.remove_task(now)
    refused = [job.job_id for job in tasks if not job.force_works]
    if refused:
        raise _force_refused(ml, refused)
    return Reply({"closed": True})


def _force_refused(ml: MachineLearning, ids: Sequence[str]) -> ClusterError:
    # That a master too busy for the change is the cause is one possibility of many.
    reason = "failed to process cluster event (remove persistent task) within 30s"
    cause = ClusterError(503, "process_cluster_event_timeout_exception", reason)
    # Reworded by #102781 of December 2023.
    new = ml.since(8, 13)
    failures = ", ".join([reason] * len(ids))
    told = (
        f"Failed to force close job [{','.join(ids)}] with [{len(ids)}] failures, "
        f"rethrowing {'first. All' if new else 'last, all'} Exceptions: [{failures}]"
    )
    kind = "status_exception" if new else "exception"
    return ClusterError(500, kind, told, caused_by=cause)
