"""`POST _ml/anomaly_detectors/{id}/_open`: a node for the job, or a lazy wait."""

from standin.cluster.call import Call, Reply
from standin.cluster.errors import ClusterError, already_exists, conflict, too_many
from standin.cluster.job import Job
from standin.cluster.ml import MachineLearning
from standin.cluster.put_job import find_job
from standin.cluster.sizes import read_bytes
from standin.cluster.state import ALLOCATION, MAX_OPEN
from standin.cluster.wire import FOREVER

ACTION = "cluster:admin/xpack/ml/job/open"


def open_job(ml: MachineLearning, call: Call) -> Reply:
    """Open a closed job; one that may open lazily waits for a node without failing."""
    timeout, told = call.time("timeout", "30m")
    ml.refuse_in_upgrade_mode(ACTION)
    job = find_job(ml, call.ids or "", deleting=True)
    executing = "delete" if job.deleting else job.blocked
    if executing:
        reason = f"Cannot open job [{job.job_id}] because it is executing [{executing}]"
        raise conflict(reason)
    if job.has_task:
        raise conflict(
            f"Cannot open job [{job.job_id}] because it has already been opened",
            already_exists(f"task with id {{job-{job.job_id}}} already exist"),
        )
    why_not = _why_not(ml, job)
    if why_not and not job.allow_lazy_open:
        raise _no_node(ml, why_not)
    job.begin_open(call.now, why_not)
    if why_not:
        return Reply({"opened": True, "node": ""})
    takes = job.open_takes
    if takes == FOREVER or takes > timeout > timeout * 0:
        reason = f"Opening job [{job.job_id}] timed out after [{told}]"
        raise ClusterError(408, "status_exception", reason, after=timeout)
    return Reply({"opened": True, "node": ml.node_id}, takes)


def _why_not(ml: MachineLearning, job: Job) -> str:
    """Say why no node can take the job; empty if one can."""
    where = f"Not opening job [{job.job_id}] on node [{{{ml.node_name}}}], because"
    if ml.settings.value(ALLOCATION) == "none":
        return "no persistent task assignments are allowed due to cluster settings"
    opened = sum(each.has_task and each.assigned for each in ml.jobs.values())
    most = int(ml.settings.value(MAX_OPEN))
    if opened >= most:
        return (
            f"{where} this node is full. Number of opened jobs and allocated native "
            f"inference processes [{opened}], {MAX_OPEN} [{most}]."
        )
    memory, wanted = read_bytes(ml.memory, ""), read_bytes(job.memory, "")
    if wanted > memory:
        return (
            f"{where} this node has insufficient available memory. Available memory "
            f"for ML [{memory}], memory required by existing jobs [0], estimated "
            f"memory required for this job [{wanted}]."
        )
    return ""


def _no_node(ml: MachineLearning, why_not: str) -> ClusterError:
    if ml.settings.value(ALLOCATION) == "none":
        return too_many(
            "Cannot open jobs because persistent task assignment is disabled by the "
            f"[{ALLOCATION}] setting"
        )
    detail = (
        "Could not open job because no suitable nodes were found, allocation "
        f"explanation [{why_not}]"
    )
    return too_many(
        "Could not open job because no ML nodes with sufficient capacity were found",
        ClusterError(429, "illegal_state_exception", detail),
    )
