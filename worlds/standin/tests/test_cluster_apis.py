"""The stand-in answers for the cluster around the jobs."""

import json
from typing import Any

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import NOW, Asked, ask

IDLE = "xpack.ml.idle_job_auto_close_timeout"


def put_settings(cluster: Cluster, **settings: Any) -> Asked:
    """Set what is said."""
    return ask(cluster, "PUT /_cluster/settings", body=json.dumps(settings))


def test_settings() -> None:
    """Settings are written nested or flat, and null takes them back."""
    cluster = Cluster("9.5.0")

    put = put_settings(
        cluster, persistent={IDLE: "24h"}, transient={"xpack": {"ml": {}}}
    )

    shown = {"xpack": {"ml": {"idle_job_auto_close_timeout": "24h"}}}
    assert put.body == {"acknowledged": True, "persistent": shown, "transient": {}}
    path = "GET /_cluster/settings?include_defaults&flat_settings=true"
    read = ask(cluster, path).body
    assert (read["persistent"], IDLE in read["defaults"]) == ({IDLE: "24h"}, False)
    assert put_settings(cluster, persistent={IDLE: None}).body["persistent"] == {}
    assert ask(cluster, path).body["defaults"][IDLE] == "48h"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"persistent": {"x.y": 1}}, "persistent setting [x.y], not recognized"),
        ({"transient": {IDLE: "1h"}}, f"transient setting [{IDLE}], not recognized"),
        ({}, "Validation Failed: 1: no settings to update;"),
        ({"nonsense": {}}, "[1:2] [cluster_settings] unknown field [nonsense]"),
        (
            {"transient": {"xpack.ml.max_open_jobs": "many"}},
            "Failed to parse value [many] for setting [xpack.ml.max_open_jobs]",
        ),
    ],
)
def test_settings_refused(settings: dict[str, Any], reason: str) -> None:
    """A setting that this version does not know is refused."""
    refused = put_settings(Cluster(), **settings)

    assert (400, reason) == (refused.status, refused.reason)


@pytest.mark.parametrize(
    ("line", "status", "kind"),
    [
        ("PUT /new", 200, ""),
        ("PUT /logs", 400, "resource_already_exists_exception"),
        ("PUT /_new", 400, "invalid_index_name_exception"),
        ("PUT /New", 400, "invalid_index_name_exception"),
        ("GET /logs", 200, ""),
        ("GET /new", 404, "index_not_found_exception"),
        ("HEAD /logs", 200, ""),
        ("HEAD /new", 404, "index_not_found_exception"),
        ("DELETE /logs", 200, ""),
        ("DELETE /new", 404, "index_not_found_exception"),
        ("DELETE /new?ignore_unavailable=true", 200, ""),
        ("DELETE /*", 400, "illegal_argument_exception"),
        ("POST /logs/_refresh", 200, ""),
        ("POST /new/_refresh", 404, "index_not_found_exception"),
    ],
)
def test_indices(line: str, status: int, kind: str) -> None:
    """Indices are created, looked at and deleted."""
    cluster = Cluster()
    ask(cluster, "PUT /logs")

    asked = ask(cluster, line)

    assert asked.status == status
    assert not kind or asked.body["error"]["type"] == kind


def test_wipe() -> None:
    """A wiped cluster is as a new one, but lets the same people in."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW)
    ask(cluster, "PUT /logs")
    put_settings(cluster, transient={"xpack.ml.max_open_jobs": "1"})
    cluster.upgrade_mode = True

    cluster.wipe()

    assert ask(cluster, "GET /_ml/anomaly_detectors").body["count"] == 0
    assert ask(cluster, "HEAD /logs").status == 404
    assert ask(cluster, "GET /_cluster/settings").body["transient"] == {}
    assert ask(cluster, "GET /_ml/info").body["upgrade_mode"] is False


@pytest.mark.parametrize(
    ("path", "field"),
    [("", "create_time"), ("/_stats", "data_counts.last_data_time")],
)
def test_human(path: str, field: str) -> None:
    """Beside a time in milliseconds stands one for people, if asked for."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, last_data=NOW)
    line = f"GET /_ml/anomaly_detectors{path}?filter_path=jobs.{field}*"

    (plain,) = ask(cluster, line).body["jobs"]
    (human,) = ask(cluster, f"{line}&human").body["jobs"]

    inner = field.rpartition(".")[0]
    written = (human[inner] if inner else human)[f"{field.rpartition('.')[2]}_string"]
    assert written == "2026-03-02T12:00:00.000Z"
    assert "_string" not in str(plain)
