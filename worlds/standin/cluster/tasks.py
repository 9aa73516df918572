"""`_tasks`: what runs."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from standin.cluster.call import Call, Reply
from standin.cluster.errors import illegal_argument
from standin.cluster.job import Job
from standin.cluster.ml import MachineLearning
from standin.cluster.nodes import JOB_NODE
from standin.cluster.times import millis

LIST = "cluster:monitor/tasks/lists"

_JOB, _FEED = "xpack/ml/job[c]", "xpack/ml/datafeed[c]"


def list_tasks(ml: MachineLearning, call: Call) -> Reply:
    """List the tasks with a node: open jobs, running datafeeds, and the listing."""
    group = str(call.given.get("group_by", "nodes"))
    if group not in {"nodes", "parents", "none"}:
        raise illegal_argument(f"No enum constant GroupBy.{group.upper()}")
    tasks = {f"{ml.node_id}:{task['id']}": task for task in find_tasks(ml, call)}
    if group == "none":
        return Reply({"tasks": list(tasks.values())})
    if group == "parents":
        return Reply({"tasks": _families(tasks)})
    return Reply({"nodes": {ml.node_id: _node(ml, tasks)} if tasks else {}})


def _families(tasks: Mapping[str, dict[str, Any]]) -> dict[str, object]:
    """Put each task into its parent, if that one is listed, too."""
    tops: dict[str, object] = {}
    for name, task in tasks.items():
        parent = tasks.get(task.get("parent_task_id", ""))
        if parent is None:
            tops[name] = task
        else:
            parent.setdefault("children", []).append(task)
    return tops


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


def find_tasks(ml: MachineLearning, call: Call) -> list[dict[str, Any]]:
    """Find the tasks of the actions that are asked for, described if they shall be."""
    wanted = str(call.given.get("actions", "*")).split(",")
    detailed = call.flag("detailed", False)
    return [
        task
        for task in _tasks(ml, call, detailed)
        if any(fnmatchcase(task["action"], _pattern(each)) for each in wanted)
    ]


def _tasks(ml: MachineLearning, call: Call, detailed: bool) -> Iterator[dict[str, Any]]:
    yield from _listing(ml, call, detailed)
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
                task |= {"action": action, "parent_task_id": f"cluster:{number}"}
                task |= {"description": name} if detailed else {}
                yield task | _times(job, call)


def _listing(
    ml: MachineLearning, call: Call, detailed: bool
) -> Iterator[dict[str, Any]]:
    """Show what lists the tasks, which is a task and its child."""
    task = {
        "node": ml.node_id,
        "id": 1,
        "type": "transport",
        "action": LIST,
        **({"description": ""} if detailed else {}),
        "start_time_in_millis": millis(call.now),
        "running_time_in_nanos": 10**5,
        "cancellable": False,
        "headers": {"X-Opaque-Id": call.opaque_id} if call.opaque_id else {},
    }
    child = {"id": 2, "type": "direct", "action": f"{LIST}[n]"}
    yield task
    yield task | child | {"parent_task_id": f"{ml.node_id}:1"}


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
