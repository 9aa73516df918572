"""The life of a job and its datafeed, as Elastic's own client of any version drives it.

It needs that client and nothing of this project: `python client_life.py URL`.
"""

import sys
import warnings
from typing import Any

import elasticsearch
from elasticsearch import ApiError, Elasticsearch, ElasticsearchWarning
from elasticsearch.exceptions import GeneralAvailabilityWarning

MAJOR = elasticsearch.__version__[0]
API_KEY = "dGVzdDp0ZXN0"
ANALYSIS = {"bucket_span": "1h", "detectors": [{"function": "count"}]}
TIME = {"time_field": "time", "time_format": "epoch"}
MAPPINGS = {"properties": {"time": {"type": "date"}}}


def live(client: Elasticsearch) -> None:
    """Go through both lives on an empty cluster of the client's own major version."""
    assert client.ping()
    assert client.info()["version"]["number"].startswith(f"{MAJOR}.")
    _live_job(client)
    _put(client)
    _look_around(client)
    _set(client)
    _refuse(client)
    _live_datafeed(client)
    _close(client)


def _live_job(client: Elasticsearch) -> None:
    ml = client.ml
    put = ml.put_job(job_id="web", analysis_config=ANALYSIS, data_description=TIME)
    assert put["analysis_limits"]["model_memory_limit"] == "1024mb"
    assert ml.open_job(job_id="web")["opened"] is True
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        posted = ml.post_data(job_id="web", data=[{"time": 0}, {"time": 3600}])
    assert [ElasticsearchWarning] == [each.category for each in told]
    assert (posted["processed_record_count"], posted["bucket_count"]) == (2, 1)
    assert ml.flush_job(job_id="web")["last_finalized_bucket_end"] == 3_600_000
    assert ml.close_job(job_id="web", timeout="30s")["closed"] is True
    (stats,) = ml.get_job_stats(job_id="web")["jobs"]
    assert (stats["state"], stats["timing_stats"]["bucket_count"]) == ("closed", 1)
    updated = ml.update_job(job_id="web", description="Visits.")
    assert updated["description"] == "Visits."
    assert ml.delete_job(job_id="web")["acknowledged"] is True
    assert ml.get_jobs()["count"] == 0


def _put(client: Elasticsearch) -> None:
    client.indices.create(index="logs", mappings=MAPPINGS)
    ml = client.ml
    ml.put_job(job_id="web", analysis_config=ANALYSIS, data_description=TIME)
    put = ml.put_datafeed(datafeed_id="feed", job_id="web", indices=["logs"])
    assert (put["job_id"], put["indices"]) == ("web", ["logs"])
    ml.open_job(job_id="web")


def _look_around(client: Elasticsearch) -> None:
    assert client.cluster.health(index="logs")["status"] == "green"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GeneralAvailabilityWarning)
        tasks = client.tasks.list(actions="xpack/ml/job[c]*", detailed=True)["nodes"]
    (node,) = tasks.values()
    assert [t["description"] for t in node["tasks"].values()] == ["job-web"]
    assert client.security.has_privileges(cluster=["manage_ml"])["has_all_requested"]
    assert client.options(opaque_id="me").ml.get_jobs(job_id="w*")["count"] == 1


def _set(client: Elasticsearch) -> None:
    client.cluster.put_settings(persistent={"xpack.ml.max_open_jobs": 7})
    settings = client.cluster.get_settings(flat_settings=True, include_defaults=True)
    assert settings["persistent"] == {"xpack.ml.max_open_jobs": "7"}
    # The built-in closer of idle jobs came with 9.4.
    idle = "xpack.ml.idle_job_auto_close_timeout"
    assert settings["defaults"].get(idle) == ("48h" if MAJOR > 8 else None)
    client.cluster.put_settings(persistent={"xpack.ml.max_open_jobs": None})
    client.ml.set_upgrade_mode(enabled=True)
    assert client.ml.info()["upgrade_mode"] is True
    client.ml.set_upgrade_mode(enabled=False)


def _refuse(client: Elasticsearch) -> None:
    status, reason = _refusal(client)
    assert (status, "opened" in reason) == (409, True)
    assert client.options(ignore_status=404).ml.get_jobs(job_id="x").meta.status == 404


def _refusal(client: Elasticsearch) -> tuple[int, str]:
    """Delete the job, which is open; return the status and the reason of a refusal."""
    try:
        client.ml.delete_job(job_id="web")
    except ApiError as refused:
        return refused.status_code, refused.body["error"]["reason"]
    return 200, ""


def _live_datafeed(client: Elasticsearch) -> None:
    ml = client.ml
    assert ml.start_datafeed(datafeed_id="feed", start=0)["started"] is True
    (stats,) = ml.get_datafeed_stats(datafeed_id="feed")["datafeeds"]
    assert stats["running_state"]["real_time_configured"] is True
    # `close_job` came with 9.3.
    closing: dict[str, Any] = {"close_job": True} if MAJOR > 8 else {}
    assert ml.stop_datafeed(datafeed_id="feed", **closing)["stopped"] is True
    (job,) = ml.get_job_stats(job_id="web")["jobs"]
    assert job["state"] == ("closed" if closing else "opened")
    assert ml.update_datafeed(datafeed_id="feed", scroll_size=5)["scroll_size"] == 5
    assert ml.get_datafeeds()["datafeeds"][0]["scroll_size"] == 5


def _close(client: Elasticsearch) -> None:
    ml = client.ml
    assert ml.close_job(job_id="web", force=True)["closed"] is True
    assert ml.delete_datafeed(datafeed_id="feed")["acknowledged"] is True
    ml.delete_job(job_id="web")
    client.indices.delete(index="logs")
    assert not client.indices.exists(index="logs")


if __name__ == "__main__":
    with Elasticsearch(sys.argv[1], api_key=API_KEY, http_compress=True) as it:
        live(it)
    print(*elasticsearch.__version__, sep=".")
