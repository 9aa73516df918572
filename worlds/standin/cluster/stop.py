"""`POST _ml/datafeeds/{ids}/_stop`, and the stop that a close begins with."""

from collections.abc import Sequence

from standin.cluster.call import Call, Reply
from standin.cluster.errors import ClusterError, conflict
from standin.cluster.job import Job
from standin.cluster.ml import MachineLearning, begin_close
from standin.cluster.resolve import find_datafeeds, refuse_blank

ACTION = "cluster:admin/xpack/ml/datafeed/stop"


def stop(ml: MachineLearning, call: Call) -> Reply:
    """Stop datafeeds; one that has an end time closes its job by itself."""
    force = call.flag("force", False)
    close_job = call.flag("close_job", False)
    allow_no_match = call.flag("allow_no_match", True)
    call.time("timeout", "5m")
    refuse_blank(ml, call.ids, "datafeed_id")
    ml.refuse_in_upgrade_mode(ACTION)
    jobs = find_datafeeds(ml, call.ids, datafeed_known, allow_no_match)
    running = [job for job in jobs if job.feeding]
    refusal = _stop_all(running, force)
    for job in running:
        # Without a node at that moment the job stays open (#74354, open).
        ends_itself = not job.real_time and ml.has_node(job)
        if not job.feeding and job.state == "opened" and (close_job or ends_itself):
            begin_close(ml, job, call.now)
    if refusal:
        raise refusal
    return Reply({"stopped": True})


def datafeed_known(job: Job) -> bool:
    """Say whether the datafeed has a configuration or at least a task."""
    return job.config or job.feeding


def stop_before_close(jobs: Sequence[Job]) -> None:
    """Stop the running datafeeds of jobs to be closed; close none if one refuses."""
    running = [job for job in jobs if job.feeding]
    names = ", ".join(sorted(job.datafeed_id for job in running))
    if refusal := _stop_all(running, force=False):
        raise conflict(
            "failed to close jobs as one or more had started datafeeds that could not "
            f"be stopped: started datafeeds [{names}], error stopping them "
            f"[{refusal.reason}]",
            caused_by=refusal,
        )


def _stop_all(running: Sequence[Job], force: bool) -> ClusterError | None:
    refusing = [job.datafeed_id for job in running if not (force or job.datafeed_stops)]
    for job in running:
        if job.datafeed_id not in refusing:
            job.datafeed = "stopped"
    if not refusing:
        return None
    return ClusterError(
        500,
        "exception",
        f"Failed to stop datafeed [{','.join(refusing)}] after 10 due to "
        "inconsistencies between local and persistent tasks within the cluster",
    )
