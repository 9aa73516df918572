"""The stand-in opens jobs, on a node or lazily."""

import json
from datetime import timedelta
from typing import Any

import pytest

from standin.cluster import FOREVER, Cluster
from standin.cluster.asking import NOW, ask
from standin.cluster.job import JobFields

MINUTE = timedelta(minutes=1)
OPEN = "POST /_ml/anomaly_detectors/web/_open"
STATS = "GET /_ml/anomaly_detectors/web/_stats"


def closed(**fields: Any) -> Cluster:
    """Make a cluster with one closed job."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, **{"state": "closed", **fields})
    return cluster


def set_to(cluster: Cluster, name: str, value: str | None) -> None:
    """Set something of the cluster."""
    body = json.dumps({"transient": {name: value}})
    assert ask(cluster, "PUT /_cluster/settings", body=body).status == 200


def test_opens() -> None:
    """An opened job has a node and an age, and is no longer finished."""
    cluster = closed(finished=NOW)

    opened = ask(cluster, OPEN).body
    (stats,) = ask(cluster, STATS, NOW + MINUTE).body["jobs"]

    assert opened == {"opened": True, "node": stats["node"]["id"]}
    assert ("opened", "60s", "") == (
        stats["state"],
        stats["open_time"],
        stats["assignment_explanation"],
    )
    assert cluster.jobs["web"].finished is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"state": "opened"}, "because it has already been opened"),
        ({"state": "failed"}, "because it has already been opened"),
        ({"state": "closing", "close_ends": "hangs"}, "has already been opened"),
        ({"blocked": "reset"}, "because it is executing [reset]"),
        ({"deleting": True}, "because it is executing [delete]"),
    ],
)
def test_conflicts(fields: JobFields, reason: str) -> None:
    """What is not closed, or is being changed, cannot be opened."""
    refused = ask(closed(**fields), OPEN)

    assert refused.status == 409
    assert refused.reason.startswith("Cannot open job [web] because")
    assert refused.reason.endswith(reason)


def test_missing_job() -> None:
    """A job that is not there cannot be opened, nor can several at once."""
    assert ask(Cluster(), OPEN).status == 404
    assert ask(closed(), OPEN.replace("web", "*")).status == 404


@pytest.mark.parametrize("lazy", [False, True])
def test_too_large(lazy: bool) -> None:
    """A job too large for any node is refused, or waits if it may."""
    cluster = closed(memory="3000gb", allow_lazy_open=lazy)

    asked = ask(cluster, OPEN)

    if lazy:
        assert asked.body == {"opened": True, "node": ""}
        (stats,) = ask(cluster, STATS).body["jobs"]
        assert "insufficient available memory" in stats["assignment_explanation"]
        assert (stats["state"], "node" in stats) == ("opening", False)
        ask(cluster, "POST /_ml/anomaly_detectors/web/_close")
    else:
        assert (429, "status_exception") == (asked.status, asked.body["error"]["type"])
    assert cluster.state_of("web", NOW) == "closed"


def test_full() -> None:
    """A node takes as many jobs as the setting says."""
    cluster = closed()
    cluster.add_job("app", now=NOW)
    set_to(cluster, "xpack.ml.max_open_jobs", "1")

    refused = ask(cluster, OPEN)

    assert refused.status == 429
    assert "this node is full" in refused.body["error"]["caused_by"]["reason"]
    set_to(cluster, "xpack.ml.max_open_jobs", None)
    assert ask(cluster, OPEN).status == 200


def test_allocation_off() -> None:
    """Where tasks are given to no node, nothing is opened."""
    cluster = closed()
    set_to(cluster, "cluster.persistent_tasks.allocation.enable", "none")

    refused = ask(cluster, OPEN)

    assert refused.status == 429
    assert "[cluster.persistent_tasks.allocation.enable] setting" in refused.reason


@pytest.mark.parametrize("takes", [2 * MINUTE, FOREVER], ids=["late", "never"])
def test_timeout(takes: timedelta) -> None:
    """An open that takes too long is 408, tells its time rounded (S5), and goes on."""
    cluster = closed(open_takes=takes)

    late = ask(cluster, f"{OPEN}?timeout=60s")

    assert (408, "Opening job [web] timed out after [1m]", MINUTE) == (
        late.status,
        late.reason,
        late.takes,
    )
    assert cluster.state_of("web", NOW + MINUTE) == "opening"
    later = cluster.state_of("web", NOW + 3 * MINUTE)
    assert later == ("opening" if takes == FOREVER else "opened")
