"""What is around the jobs of a plan: nodes, and Elasticsearch's own closer."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from jsonschema import Draft202012Validator

from builders import feed, idle_job
from commands.running import on_cluster
from idle_jobs.elastic.idle_closer import IDLE_CLOSER
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from idle_jobs_cli.planning.nodes import nodes_of
from idle_jobs_cli.schemas import schema
from local.scenario import SWEEP
from standin.cluster import API_KEY, Cluster

Capture = pytest.CaptureFixture[str]
GB = 1024**3
OLD = SWEEP - timedelta(days=20)


@pytest.fixture(autouse=True)
def at_the_sweep() -> Iterator[None]:
    """Stop the clock at the scenario's sweep."""
    with time_machine.travel(SWEEP, tick=False):
        yield


def cluster(version: str = "9.5.0", **busy: Any) -> Cluster:
    """Return a cluster with two idle jobs and a third one."""
    found = Cluster(version)
    for job_id in ("old-1", "old-2", "prod-orders"):
        fields: dict[str, Any] = {"created": OLD, "opened": OLD, "last_data": OLD}
        fields |= {"latest_record": OLD, "datafeed": "stopped", "memory": "2gb"}
        fields |= busy if job_id == "prod-orders" else {}
        found.add_job(job_id, now=SWEEP, **fields)
    return found


def plan(of: Cluster, capsys: Capture) -> dict[str, Any]:
    """Return the plan as JSON, which its schema describes."""
    assert on_cluster(of, "plan", "-o", "json") == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    Draft202012Validator(schema("plan")).validate(told)
    return told


def lines(of: Cluster, capsys: Capture, label: str) -> list[str]:
    """Return what stands behind a label of the summary."""
    assert on_cluster(of, "plan") == 0
    out = capsys.readouterr().out.splitlines()
    return [x.removeprefix(label).strip() for x in out if x.startswith(f"{label} ")]


def test_what_its_own_closer_would_close(capsys: Capture) -> None:
    """By its own rule, which knows no owner: what we keep, it closes."""
    told = plan(cluster(), capsys)

    assert told["cluster"]["idle_closer"] == "2d"
    assert {job["job_id"]: job["elasticsearch_closes"] for job in told["jobs"]} == (
        dict.fromkeys(("old-1", "old-2", "prod-orders"), "2026-03-02T00:30:00Z")
    )
    [line] = lines(cluster(), capsys, "idle closer")
    assert line == (
        "that of Elasticsearch (after 2d) would close 3, the first in the night of "
        "2026-03-02; 1 of them a sweep would not: prod-orders"
    )


def test_its_own_closer_takes_what_we_would(capsys: Capture) -> None:
    """A job without a datafeed it leaves open."""
    [told] = lines(cluster(datafeed=None), capsys, "idle closer")

    assert told.endswith("would close 2, the first in the night of 2026-03-02")


def test_many_ids_are_cut(capsys: Capture) -> None:
    """The line names five jobs at most."""
    many = cluster()
    for n in range(9):
        fields: dict[str, Any] = {"latest_record": OLD, "datafeed": "stopped"}
        fields["last_data"] = OLD
        fields |= {"created": OLD, "opened": OLD}
        many.add_job(f"prod-{n}", now=SWEEP, **fields)
    [told] = lines(many, capsys, "idle closer")

    assert told.endswith(
        "10 of them a sweep would not: prod-0, prod-1, prod-2, prod-3, prod-4, ..."
    )


def off(found: Cluster) -> None:
    """Switch it off."""
    found.settings.persistent[IDLE_CLOSER] = "-1"


def hidden(found: Cluster) -> None:
    """Give the key no right to see settings."""
    found.keys = {f"ApiKey {API_KEY}": ("monitor_ml",)}


@pytest.mark.parametrize("change", [off, hidden])
def test_without_it_nothing_is_said(change: Any, capsys: Capture) -> None:
    """It is off, or a key with `monitor_ml` alone may not see the setting."""
    found = cluster()
    change(found)
    told = plan(found, capsys)

    assert "idle_closer" not in told["cluster"]
    assert {job["elasticsearch_closes"] for job in told["jobs"]} == {""}
    assert lines(found, capsys, "idle closer") == []
    assert [node["name"] for node in told["nodes"]] == ["ml-node-0"]


def test_the_plan_says_what_stays_on_a_node(capsys: Capture) -> None:
    """Its limit, what open jobs reserve of it, and what of that is idle."""
    [stays] = lines(cluster(), capsys, "node")
    assert stays == (
        "ml-node-0: 6.0 GB of 9.6 GB reserved by open jobs, 4.0 GB of it idle; "
        "1 job would stay"
    )
    closing = cluster(state="closing", close_takes=timedelta(hours=1))
    [told] = lines(closing, capsys, "node")
    assert told.endswith("; empty after closing old-1, old-2")
    assert plan(closing, capsys)["nodes"][0]["closes"] == ["old-1", "old-2"]


def test_an_old_cluster_does_not_tell_of_its_nodes(capsys: Capture) -> None:
    """The API came with 8.2."""
    assert plan(cluster("8.1.0"), capsys)["nodes"] == []
    assert lines(cluster("8.1.0"), capsys, "node") == []


def told(*on_it: tuple[str, Action], **memory: Any) -> list[str]:
    """Return the lines of the nodes, with these jobs on the first."""
    ml = {"max_in_bytes": 8 * GB, "anomaly_detectors_in_bytes": 4 * GB} | memory
    answer = {
        "nodes": {
            "b": {"name": "ml-b", "roles": ["ml"], "mem": {"ml": {}}},
            "a": {"name": "ml-a", "roles": ["ml", "data"], "mem": {"ml": ml}},
            "c": {
                "name": "data",
                "roles": ["data"],
                "mem": {"ml": {"max_in_bytes": 0}},
            },
            "n": {"roles": ["ml"], "mem": 7},
            "e": "odd",
        }
    }
    verdicts = [
        Verdict(
            Job(name, State.OPENED, node="a", memory_bytes=GB, datafeed=feed()),
            action,
            Reason.ACTIVE,
        )
        for name, action in on_it
    ]
    closed = Verdict(idle_job(state=State.CLOSED), Action.KEEP, Reason.ALREADY_CLOSED)
    return [f"{node.name}: {node}" for node in nodes_of(answer, [*verdicts, closed])]


STAYS: dict[str, tuple[list[tuple[str, Action]], dict[str, int], str]] = {
    "nothing": ([("x", Action.CLOSE)], {}, "1.0 GB of it idle; empty after closing x"),
    "two jobs": (
        [("x", Action.CLOSE), ("y", Action.KEEP), ("z", Action.REPORT)],
        {},
        "1.0 GB of it idle; 2 jobs would stay",
    ),
    "a model": (
        [("x", Action.CLOSE)],
        {"native_inference_in_bytes": GB},
        "1.0 GB of it idle; other machine learning would stay",
    ),
    "both": (
        [("x", Action.KEEP)],
        {"data_frame_analytics_in_bytes": GB},
        "nothing of it idle; 1 job and other machine learning would stay",
    ),
    "no job": ([], {}, "nothing of it idle"),
}


@pytest.mark.parametrize(("on_it", "memory", "end"), STAYS.values(), ids=STAYS)
def test_a_node_is_empty_or_something_stays(
    on_it: list[tuple[str, Action]], memory: dict[str, int], end: str
) -> None:
    """Only an empty node can be taken away; what is odd is left out or zero."""
    of_a, *others = told(*on_it, **memory)

    assert of_a == f"ml-a: 4.0 GB of 8.0 GB reserved by open jobs, {end}"
    nothing = "nothing of 0 MB reserved by open jobs, nothing of it idle"
    assert others == [f"ml-b: {nothing}", f"n: {nothing}"]


def test_failed_jobs_hold_no_memory(capsys: Capture) -> None:
    """Nor have they a node."""
    found = cluster(state="failed")

    assert plan(found, capsys)["nodes"][0]["jobs_bytes"] == 4 * GB
