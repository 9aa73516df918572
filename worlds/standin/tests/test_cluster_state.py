"""The stand-in shows the tasks of its jobs and datafeeds in the cluster state."""

from typing import Any

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import KEY, NOW, ask

STATE = "GET /_cluster/state/metadata"


def tasks(cluster: Cluster) -> dict[str, dict[str, Any]]:
    """Return the tasks by their ids."""
    state = ask(cluster, STATE).body["metadata"]["persistent_tasks"]
    return {task["id"]: task for task in state["tasks"]}


def test_open_jobs_and_running_datafeeds_have_tasks() -> None:
    """A closed job has none, a stopped datafeed neither, a failed job keeps its own."""
    cluster = Cluster()
    for state in ("opened", "closed", "closing", "failed"):
        known: Any = {"state": state, "datafeed": "stopped", "close_ends": "hangs"}
        cluster.add_job(state, now=NOW, **known)
    cluster.add_job("fed", now=NOW, datafeed="started")
    cluster.add_job("fed-closed", now=NOW, state="closed", datafeed="stopping")

    found = tasks(cluster)

    assert sorted(found) == [
        *("datafeed-datafeed-fed", "datafeed-datafeed-fed-closed", "health-node"),
        *("job-closing", "job-failed", "job-fed", "job-opened"),
    ]
    fed = found["datafeed-datafeed-fed"]["task"]["xpack/ml/datafeed"]
    assert (fed["params"]["job_id"], fed["state"]) == ("fed", {"state": "started"})
    failed = found["job-failed"]
    assert failed["task"]["xpack/ml/job"]["state"] == {
        "state": "failed",
        "allocation_id": failed["allocation_id"],
        "reason": "process died",
    }
    assert failed["assignment"]["executor_node"] == cluster.node_id


def test_an_opening_job_has_no_state_or_an_old_one() -> None:
    """The node that opens it writes the state, and the one before it wrote another."""
    cluster = Cluster()
    cluster.add_job("new", now=NOW, state="opening", datafeed="starting")
    cluster.add_job("moved", now=NOW, state="opening", last_data=NOW)

    found = tasks(cluster)

    moved = found["job-moved"]
    old = moved["task"]["xpack/ml/job"]["state"]
    assert old == {"state": "opened", "allocation_id": moved["allocation_id"] - 1}
    assert "state" not in found["job-new"]["task"]["xpack/ml/job"]
    assert "state" not in found["datafeed-datafeed-new"]["task"]["xpack/ml/datafeed"]


def test_a_task_without_a_node_says_why() -> None:
    """In upgrade mode no task has a node."""
    cluster = Cluster("7.17.0")
    cluster.add_job("web", now=NOW)
    cluster.upgrade_mode = True

    (task,) = tasks(cluster).values()

    assert task["assignment"] == {
        "executor_node": None,
        "explanation": cluster.explanation(cluster.jobs["web"]),
    }


def test_the_state_needs_the_privilege_to_monitor() -> None:
    """`monitor_ml` does not grant it."""
    cluster = Cluster(keys={KEY["Authorization"]: ["monitor_ml", "manage_ml"]})

    refused = ask(cluster, STATE)

    assert (403, "security_exception") == (
        refused.status,
        refused.body["error"]["type"],
    )
    assert "the cluster privileges [monitor,manage,all]" in refused.reason


ALL = {"version", "state_uuid", "master_node", "blocks", "nodes", "metadata"}


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("", ALL),
        ("/_all", ALL),
        ("/metadata%2Cblocks", {"metadata", "blocks"}),
        ("/nonsense,version", {"version", "state_uuid"}),
    ],
)
def test_parts_are_asked_for_by_name(path: str, parts: set[str]) -> None:
    """The names of the cluster are in each answer."""
    shown = ask(Cluster(), f"GET /_cluster/state{path}").body

    assert {"cluster_name", "cluster_uuid"} | parts == shown.keys()
