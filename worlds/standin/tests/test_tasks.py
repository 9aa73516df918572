"""The stand-in lists its tasks, those of open jobs and of the listing itself."""

from typing import Any

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import NOW, ask

TASKS = "GET /_tasks?actions=xpack/ml/job[c]*&detailed"


def test_tasks() -> None:
    """Only jobs with a node are tasks, and say whose in detail."""
    cluster = Cluster()
    for state in ("opened", "closed", "failed"):
        known: Any = state
        cluster.add_job(state, now=NOW, state=known, datafeed="stopped")

    (node,) = ask(cluster, TASKS).body["nodes"].values()

    (task,) = node["tasks"].values()
    assert ("xpack/ml/job[c]", "job-opened") == (task["action"], task["description"])
    assert ask(cluster, TASKS.replace("job", "datafeed")).body == {"nodes": {}}
    bare = ask(cluster, "GET /_tasks?group_by=none&actions=xpack/*").body
    assert bare["tasks"] == [
        {name: value for name, value in task.items() if name != "description"}
    ]
    ask(cluster, "POST /_ml/set_upgrade_mode?enabled=true")
    assert ask(cluster, TASKS).body == {"nodes": {}}


def test_listing() -> None:
    """What lists the tasks is a task itself, under the opaque id, with a child."""
    whose = {"X-Opaque-Id": "me"}

    listed = ask(Cluster(), "GET /_tasks?group_by=none&detailed", headers=whose).body
    (family,) = ask(Cluster(), "GET /_tasks?group_by=parents").body["tasks"].values()

    assert [each["headers"] for each in listed["tasks"]] == [whose, whose]
    assert [each["action"] for each in family["children"]] == [f"{family['action']}[n]"]


@pytest.mark.parametrize("group", ["", "job"])
def test_bad_group(group: str) -> None:
    """Tasks are grouped by nodes, by parents, or not."""
    asked = ask(Cluster(), f"GET /_tasks?group_by={group}")

    assert (asked.status, asked.reason) == (
        400,
        f"No enum constant GroupBy.{group.upper()}",
    )
