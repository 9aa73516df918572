"""The stand-in puts, starts and deletes datafeeds as the server does."""

import json
from datetime import timedelta
from typing import Any

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import NOW, Asked, ask

FEED = "/_ml/datafeeds/feed"
TIME = {"mappings": {"properties": {"time": {"type": "date"}}}}


def with_feed(state: str = "_open") -> Cluster:
    """Make a cluster with an index, a job, and the job's datafeed."""
    cluster = Cluster()
    ask(cluster, "PUT /logs", body=json.dumps(TIME))
    job = {
        "analysis_config": {"detectors": [{"function": "count"}]},
        "data_description": {"time_field": "time"},
    }
    ask(cluster, "PUT /_ml/anomaly_detectors/web", body=json.dumps(job))
    assert put(cluster, indices=["logs"]).status == 200
    ask(cluster, f"POST /_ml/anomaly_detectors/web/{state}")
    return cluster


def put(cluster: Cluster, feed_id: str = "feed", **fields: Any) -> Asked:
    """Put a datafeed of the job."""
    body = json.dumps({"job_id": "web"} | fields)
    return ask(cluster, f"PUT /_ml/datafeeds/{feed_id}", body=body)


def test_put() -> None:
    """A datafeed has defaults, knows who made it, and belongs to its job."""
    cluster = with_feed("_close")

    (feed,) = ask(cluster, "GET /_ml/datafeeds").body["datafeeds"]

    assert ("web", ["logs"], 1000, {"mode": "auto"}) == (
        feed["job_id"],
        feed["indices"],
        feed["scroll_size"],
        feed["chunking_config"],
    )
    assert feed["authorization"]["api_key"]["id"] == "test"
    exported = ask(cluster, f"GET {FEED}?exclude_generated=true").body["datafeeds"][0]
    assert not {"authorization", "query_delay", "chunking_config"} & exported.keys()


@pytest.mark.parametrize(
    ("feed_id", "fields", "status", "reason"),
    [
        ("feed", {}, 400, "Invalid indices value 'null' in datafeed configuration"),
        ("A", {"indices": "a"}, 400, "Invalid datafeed_id; 'A' can contain"),
        ("feed", {"indices": "a"}, 400, "A datafeed with id [feed] already exists"),
        ("b", {"indices": "a"}, 409, "A datafeed [feed] already exists for job [web]"),
        ("b", {"indices": "a", "job_id": "x"}, 404, "No known job with id 'x'"),
        ("b", {"headers": {}}, 400, "[datafeed_config] unknown field [headers]"),
        (
            "b",
            {"indices": "a", "query": {"x": {}}},
            400,
            "failed to parse field [query]",
        ),
        ("b", {"indices": "a", "datafeed_id": "c"}, 400, "Inconsistent datafeed_id;"),
    ],
)
def test_put_refused(
    feed_id: str, fields: dict[str, Any], status: int, reason: str
) -> None:
    """A datafeed needs a name, indices, and a job of its own."""
    refused = put(with_feed(), feed_id, **fields)

    assert refused.status == status
    assert reason in refused.reason


@pytest.mark.parametrize(
    ("state", "line", "status", "reason"),
    [
        (
            "_close",
            FEED,
            409,
            "cannot start datafeed [feed] because job [web] is closed",
        ),
        ("_open", "/_ml/datafeeds/x", 404, "No datafeed with id [x] exists"),
        (
            "_open",
            f"{FEED}?start=tomorrow",
            400,
            "[tomorrow] cannot be parsed as a date",
        ),
        (
            "_open",
            f"{FEED}?start=5&end=5",
            400,
            "start [5] must be earlier than end [5]",
        ),
    ],
)
def test_start_refused(state: str, line: str, status: int, reason: str) -> None:
    """A datafeed starts if it is there, its job is open, and its times make sense."""
    path, mark, query = line.partition("?")

    refused = ask(with_feed(state), f"POST {path}/_start{mark}{query}")

    assert refused.status == status
    assert reason in refused.reason


@pytest.mark.parametrize(
    ("indices", "status", "reason"),
    [
        (["utopia"], 404, "cannot retrieve data because index [utopia] does not exist"),
        (["empty"], 400, "cannot retrieve field [time] because it has no mappings"),
        (["lo*", "empty"], 200, ""),
    ],
)
def test_start_needs_indices(indices: list[str], status: int, reason: str) -> None:
    """A datafeed starts if its indices are there and have its fields."""
    cluster = with_feed()
    ask(cluster, "PUT /empty")
    ask(cluster, f"POST {FEED}/_update", body=json.dumps({"indices": indices}))

    asked = ask(cluster, f"POST {FEED}/_start")

    assert asked.status == status
    assert status == 200 or reason in asked.reason


def test_started() -> None:
    """A datafeed is started once, and stays as it is while it runs."""
    cluster = with_feed()

    first = ask(cluster, f"POST {FEED}/_start?start=0")
    again = ask(cluster, f"POST {FEED}/_start?start=0")
    delete = ask(cluster, f"DELETE {FEED}")
    update = ask(cluster, f"POST {FEED}/_update", body='{"scroll_size": 5}')

    assert first.body["started"] is True
    assert [again.reason, delete.reason, update.reason] == [
        "cannot start datafeed [feed] because it has already been started",
        "Cannot delete datafeed [feed] while its status is started",
        "Cannot update datafeed [feed] while its status is started",
    ]
    assert ask(cluster, f"DELETE {FEED}?force=true").status == 200


def test_end_time_closes_the_job() -> None:
    """A datafeed with an end time runs up to it, stops, and closes its job."""
    cluster = with_feed()
    end = NOW + timedelta(minutes=5)
    body = json.dumps({"start": "0", "end": end.isoformat()})

    assert ask(cluster, f"POST {FEED}/_start", body=body).status == 200
    (stats,) = ask(cluster, "GET /_ml/datafeeds/_stats", NOW).body["datafeeds"]
    assert stats["running_state"]["real_time_configured"] is False
    assert cluster.state_of("web", end - timedelta(seconds=1)) == "opened"
    assert cluster.state_of("web", end) == "closed"
    assert (cluster.jobs["web"].datafeed, cluster.jobs["web"].finished) == (
        "stopped",
        end,
    )


def test_other_jobs_feed() -> None:
    """A datafeed stays with its job."""
    body = json.dumps({"job_id": "other"})

    refused = ask(with_feed(), f"POST {FEED}/_update", body=body)

    assert refused.reason == "Datafeed's job_id cannot be changed"
