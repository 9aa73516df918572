"""`_tasks`, `_cat/tasks` and `_cluster/health`: what runs, and how well."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from simulator.cluster.call import Call, Reply
from simulator.cluster.errors import illegal_argument
from simulator.cluster.job import Job
from simulator.cluster.ml import MachineLearning
from simulator.cluster.nodes import JOB_NODE
from simulator.cluster.times import millis

LIST = "cluster:monitor/tasks/lists"
HEALTH = "cluster:monitor/health"

_JOB, _FEED = "xpack/ml/job[c]", "xpack/ml/datafeed[c]"


def list_tasks(ml: MachineLearning, call: Call) -> Reply:
    """List the tasks that have a node: those of open jobs and running datafeeds."""
    wanted = str(call.given.get("actions", "*")).split(",")
    detailed = call.flag("detailed", False)
    group = str(call.given.get("group_by", "nodes"))
    if group not in {"nodes", "parents", "none"}:
        raise illegal_argument(f"No enum constant GroupBy.{group.upper()}")
    tasks = {
        f"{ml.node_id}:{task['id']}": task
        for task in _tasks(ml, call, detailed)
        if any(fnmatchcase(task["action"], _pattern(each)) for each in wanted)
    }
    if group != "nodes":
        shown: Any = list(tasks.values()) if group == "none" else tasks
        return Reply({"tasks": shown})
    return Reply({"nodes": {ml.node_id: _node(ml, tasks)} if tasks else {}})


def _node(ml: MachineLearning, tasks: Mapping[str, object]) -> dict[str, object]:
    return {
        "name": ml.node_name,
        "transport_address": JOB_NODE["transport_address"],
        "host": "127.0.0.1",
        "ip": JOB_NODE["transport_address"],
        "roles": ["data", "ingest", "master", "ml"],
        "attributes": JOB_NODE["attributes"],
        "tasks": tasks,
    }


def cat_tasks(ml: MachineLearning, call: Call) -> Reply:
    """List the tasks as a table."""
    rows = [
        f"{task['action']} {ml.node_id}:{task['id']} cluster:{task['id']} "
        f"{task['type']} {task['start_time_in_millis']} 127.0.0.1 {ml.node_name}\n"
        for task in _tasks(ml, call, detailed=False)
    ]
    return Reply("".join(rows))


def get_health(ml: MachineLearning, call: Call) -> Reply:
    """Say that all is well; an index that is not there never will be."""
    timeout, _ = call.time("timeout", "30s")
    missing = [
        name
        for name in (call.ids or "").split(",")
        if name and "*" not in name and not name.startswith(".ml-")
        if name != "_all" and name not in ml.indices
    ]
    health = {
        "cluster_name": "stand-in",
        "status": "red" if missing else "green",
        "timed_out": bool(missing),
        **_numbers(len(ml.indices) + bool(ml.jobs)),
    }
    return Reply(health, timeout if missing else timeout * 0, 408 if missing else 200)


def _numbers(shards: int) -> dict[str, object]:
    return {
        "number_of_nodes": 1,
        "number_of_data_nodes": 1,
        "active_primary_shards": shards,
        "active_shards": shards,
        "relocating_shards": 0,
        "initializing_shards": 0,
        "unassigned_shards": 0,
        "delayed_unassigned_shards": 0,
        "number_of_pending_tasks": 0,
        "number_of_in_flight_fetch": 0,
        "task_max_waiting_in_queue_millis": 0,
        "active_shards_percent_as_number": 100.0,
    }


def _tasks(ml: MachineLearning, call: Call, detailed: bool) -> Iterator[dict[str, Any]]:
    number = 100
    for job_id in sorted(ml.jobs):
        job = ml.jobs[job_id]
        live = job.has_task and job.state != "failed"
        for action, there, name in (
            (_JOB, live, f"job-{job_id}"),
            (_FEED, job.feeding, f"datafeed-{job.datafeed_id}"),
        ):
            number += 1
            if there and ml.has_node(job):
                task = {"node": ml.node_id, "id": number, "type": "persistent"}
                task |= {"action": action}
                task |= {"description": name} if detailed else {}
                yield task | _times(job, call)


def _times(job: Job, call: Call) -> dict[str, object]:
    began = millis(job.opened or job.created)
    return {
        "start_time_in_millis": began,
        "running_time_in_nanos": (millis(call.now) - began) * 10**6,
        "cancellable": True,
        "cancelled": False,
        "headers": {},
    }


def _pattern(text: str) -> str:
    # Only the star is a wildcard; a bracket is a bracket.
    return text.replace("[", "[[]").replace("?", "[?]")
