"""`POST _ml/anomaly_detectors/{ids}/_close`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from standin.cluster.call import Call, Reply
from standin.cluster.closing import Closing
from standin.cluster.errors import ClusterError, conflict
from standin.cluster.job import Job
from standin.cluster.ml import MachineLearning, begin_close
from standin.cluster.resolve import configured, find_jobs, known, refuse_blank
from standin.cluster.stop import stop_before_close
from standin.cluster.wire import FOREVER

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
    begun = [job.closing for job in jobs if job.state == "closing" and job.closing]
    opened = [job for job in jobs if job.state in {"opened", "opening"}]
    stop_before_close(opened)
    own = [begin_close(ml, job, call.now) for job in opened]
    wait = _Wait(ml, [each for each in own if each], begun, call.now, timeout, told)
    return wait.reply()


def _refuse_failed(jobs: Sequence[Job]) -> None:
    if not any(job.state == "failed" for job in jobs):
        return
    if len(jobs) == 1:
        reason = f"cannot close job [{jobs[0].job_id}] because it failed"
    else:
        reason = "one or more jobs have state failed"
    raise conflict(f"{reason}, use force close")


@dataclass(frozen=True)
class _Wait:
    """What a close waits for: its own closings, and those that were begun before."""

    ml: MachineLearning
    own: Sequence[Closing]
    begun: Sequence[Closing]
    now: datetime
    timeout: timedelta
    told: str

    def reply(self) -> Reply:
        """Answer as things stand; `again` asks once more while the answer is held."""
        # `timeout` does not bound the work of the nodes, to flush and to persist.
        worked = max((each.work for each in self.own), default=timedelta())
        if worked == FOREVER:
            return self._reply(FOREVER)
        if any(each.interrupted for each in self.own):
            reason = "Close job interrupted by kill request"
            raise self._error(409, "status_exception", reason, worked)
        if any(each.how == "failed" for each in self.own):
            # One type in the source of 2021, the other in that of 2025; 8.9 is a guess.
            kind = "status_exception" if self.ml.since(8, 13) else "exception"
            reason = "Exception closing autodetect process"
            raise self._error(500, kind, reason, worked)
        # It bounds the wait for the tasks of jobs that were closing already.
        gone = max((self._gone(each) for each in self.begun), default=timedelta())
        if gone > worked and (gone == FOREVER or gone - worked > self.timeout):
            reason = f"Timed out when waiting for persistent tasks after {self.told}"
            after = worked + self.timeout
            raise self._error(500, "illegal_state_exception", reason, after)
        return self._reply(max(worked, gone))

    def _gone(self, closing: Closing) -> timedelta:
        return closing.gone - self.now if closing.gone else FOREVER

    def _reply(self, after: timedelta) -> Reply:
        return Reply({"closed": True}, after, again=self.reply)

    def _error(
        self, status: int, kind: str, reason: str, after: timedelta
    ) -> ClusterError:
        return ClusterError(status, kind, reason, after=after, again=self.reply)


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
            job.kill(now)
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
