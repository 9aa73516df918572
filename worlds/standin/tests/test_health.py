"""The stand-in waits for a health that it has, and times out on one it has not."""

import json
from datetime import timedelta

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import NOW, ask

HEALTH = "GET /_cluster/health"
ENUM = "No enum constant org.elasticsearch"


@pytest.mark.parametrize(
    ("waits", "met"),
    [
        ("wait_for_status=GREEN", True),
        ("wait_for_status=red", True),
        ("wait_for_nodes=1", True),
        ("wait_for_nodes=10", False),
        ("wait_for_nodes=%3E%3D1", True),
        ("wait_for_nodes=%3E1", False),
        ("wait_for_nodes=%3C%3D1", True),
        ("wait_for_nodes=%3C1", False),
        ("wait_for_nodes=ge(2)", False),
        ("wait_for_nodes=le(1)", True),
        ("wait_for_nodes=gt(0)", True),
        ("wait_for_nodes=lt(1)", False),
        ("wait_for_active_shards=all", True),
        ("wait_for_active_shards=2", True),
        ("wait_for_active_shards=3", False),
        ("wait_for_no_relocating_shards=true", True),
        ("wait_for_no_initializing_shards", True),
        ("wait_for_events=languid&local=true", True),
        ("wait_for_status=yellow&wait_for_nodes=2", False),
    ],
)
def test_waits(waits: str, met: bool) -> None:
    """What is so is answered at once; else the timeout runs out, with the state."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW)
    ask(cluster, "PUT /logs")

    asked = ask(cluster, f"{HEALTH}?{waits}&timeout=2s")

    late = (408, True, 2.0)
    took = asked.takes.total_seconds()
    assert (asked.body["status"], asked.body["active_shards"]) == ("green", 2)
    assert (asked.status, asked.body["timed_out"], took) == (
        (200, False, 0.0) if met else late
    )


def test_a_timeout_below_zero_is_over_at_once() -> None:
    """Nobody waits for less than no time."""
    asked = ask(Cluster(), f"{HEALTH}?wait_for_nodes=2&timeout=-1")

    assert (408, timedelta()) == (asked.status, asked.takes)


@pytest.mark.parametrize(
    ("waits", "reason"),
    [
        ("wait_for_status=blue", f"{ENUM}.cluster.health.ClusterHealthStatus.BLUE"),
        ("wait_for_events=never", f"{ENUM}.common.Priority.NEVER"),
        ("wait_for_nodes=some", 'For input string: "some"'),
        ("wait_for_nodes=ge(x)", 'For input string: "x"'),
        ("wait_for_active_shards=some", "cannot parse ActiveShardCount[some]"),
        ("wait_for_active_shards=-1", "shard count cannot be a negative value"),
        (
            "local=perhaps",
            "Failed to parse value [perhaps] as only [true] or [false] are allowed.",
        ),
    ],
)
def test_refused(waits: str, reason: str) -> None:
    """A condition that is none is refused."""
    asked = ask(Cluster(), f"{HEALTH}?{waits}")

    assert (asked.status, asked.reason) == (400, reason)


@pytest.mark.parametrize(
    ("names", "status", "indices"),
    [
        ("logs", "green", {"logs"}),
        ("lo*", "green", {"logs"}),
        ("no*", "green", set()),
        ("_all", "green", {"logs", "other"}),
        (".ml-config,logs", "green", {".ml-config", "logs"}),
        ("logs,none", "red", {"logs"}),
    ],
)
def test_indices(names: str, status: str, indices: set[str]) -> None:
    """The health of indices is that of those that are named; one missing is red."""
    cluster = Cluster()
    ask(cluster, "PUT /logs")
    ask(cluster, "PUT /other")

    asked = ask(cluster, f"{HEALTH}/{names}?level=indices&timeout=0s")

    body = asked.body
    assert asked.status == (200 if status == "green" else 408)
    assert (body["status"], set(body["indices"])) == (status, indices)
    assert body["active_primary_shards"] == len(indices)


def test_levels() -> None:
    """The health of the cluster names indices and shards only if asked."""
    cluster = Cluster()
    ask(cluster, "PUT /logs")

    whole = ask(cluster, HEALTH).body
    shards = ask(cluster, f"{HEALTH}?level=shards").body["indices"]["logs"]["shards"]

    assert "indices" not in whole
    assert (shards["0"]["status"], shards["0"]["primary_active"]) == ("green", True)


@pytest.mark.parametrize(
    ("settings", "shards"),
    [
        ({"index": {"number_of_shards": 50}}, 50),
        ({"number_of_shards": "3"}, 3),
        ({"index.number_of_shards": 2}, 2),
        ({"index": "odd", "number_of_shards": "many"}, 1),
        ({}, 1),
    ],
)
def test_shards(settings: dict[str, object], shards: int) -> None:
    """An index has the shards that it was created with."""
    cluster = Cluster()
    ask(cluster, "PUT /logs", body=json.dumps({"settings": settings}))

    body = ask(cluster, f"{HEALTH}?level=shards").body

    assert (body["active_shards"], body["active_primary_shards"]) == (shards, shards)
    assert len(body["indices"]["logs"]["shards"]) == shards
