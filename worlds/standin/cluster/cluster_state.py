"""`_cluster/state`: the tasks of jobs and datafeeds, as the master keeps them.

Source: RestClusterStateAction, PersistentTasksCustomMetadata, JobTaskState, MlTasks and
StartDatafeedAction. Indices, templates and routing are left out. The numbers of the
allocations and of the state are assumed.
"""

from collections.abc import Iterator
from functools import partial

from standin.cluster.call import Call, Reply
from standin.cluster.configs import show_job
from standin.cluster.job import Job
from standin.cluster.ml import MachineLearning
from standin.cluster.nodes import CLUSTER_NAME, CLUSTER_UUID, JOB_NODE
from standin.cluster.times import millis

ACTION = "cluster:monitor/state"


def get_state(ml: MachineLearning, call: Call) -> Reply:
    """Show the parts that are asked for; a part that does not exist is ignored."""
    wanted = set((call.ids or "_all").split(","))
    parts: dict[str, dict[str, object]] = {
        "version": {"version": 7, "state_uuid": "kQ9eJm0TSPmYqf2b3s7Lrg"},
        "master_node": {"master_node": ml.node_id},
        "blocks": {"blocks": {}},
        "nodes": {"nodes": {ml.node_id: JOB_NODE | {"name": ml.node_name}}},
        "metadata": {"metadata": _metadata(ml)},
    }
    shown: dict[str, object] = {}
    for name, part in parts.items():
        shown |= part if wanted & {name, "_all"} else {}
    uuid = {"cluster_uuid": CLUSTER_UUID}
    return Reply({"cluster_name": CLUSTER_NAME, **uuid, **shown})


def _metadata(ml: MachineLearning) -> dict[str, object]:
    return {
        "cluster_uuid": CLUSTER_UUID,
        "cluster_uuid_committed": True,
        "persistent_tasks": {
            "last_allocation_id": 2 * len(ml.jobs) + 10,
            "tasks": list(_tasks(ml)),
        },
    }


def _tasks(ml: MachineLearning) -> Iterator[dict[str, object]]:
    if ml.since(8, 4):
        yield _task("health-node", "health-node", {"params": {}}, 1) | _assigned(ml, "")
    for number, job in enumerate(ml.jobs.values()):
        allocation = 2 * number + 10
        why = ml.explanation(job)
        if job.has_task:
            inner = _job(ml, job, allocation)
            task = _task(f"job-{job.job_id}", "xpack/ml/job", inner, allocation)
            # A failed job keeps its task, and its node.
            yield task | _assigned(ml, why, there=ml.has_node(job))
        if job.feeding:
            name, kind = f"datafeed-{job.datafeed_id}", "xpack/ml/datafeed"
            task = _task(name, kind, _datafeed(job), allocation + 1)
            yield task | _assigned(ml, why, there=ml.has_node(job))


def _task(name: str, kind: str, inner: object, allocation: int) -> dict[str, object]:
    return {"id": name, "task": {kind: inner}, "allocation_id": allocation}


def _assigned(
    ml: MachineLearning, why: str, *, there: bool = True
) -> dict[str, object]:
    node = ml.node_id if there else None
    return {"assignment": {"executor_node": node, "explanation": why}}


def _job(ml: MachineLearning, job: Job, allocation: int) -> dict[str, object]:
    params: dict[str, object] = {"job_id": job.job_id, "timeout": "30m"}
    params["job"] = partial(show_job, ml, job)
    if job.state != "opening":
        state: dict[str, object] = {"state": job.state, "allocation_id": allocation}
        state |= {"reason": "process died"} if job.state == "failed" else {}
        return {"params": params, "state": state}
    if not job.last_data:
        return {"params": params}
    # It ran on another node before, which wrote the state.
    old = {"state": "opened", "allocation_id": allocation - 1}
    return {"params": params, "state": old}


def _datafeed(job: Job) -> dict[str, object]:
    params: dict[str, object] = {
        "datafeed_id": job.datafeed_id,
        "start": str(millis(job.created)),
        "timeout": "20s",
        "job_id": job.job_id,
        "indices": ["logs-*"],
    }
    if job.datafeed == "starting":  # No node has taken it, so none wrote a state.
        return {"params": params}
    return {"params": params, "state": {"state": job.datafeed}}
