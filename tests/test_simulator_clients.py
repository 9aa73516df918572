"""Elastic's own client drives the stand-in through the life of a job."""

from collections.abc import Iterator

import pytest
from elasticsearch import ApiError, Elasticsearch

from simulator.cluster import Cluster, serve

ANALYSIS = {"bucket_span": "1h", "detectors": [{"function": "count"}]}
TIME = {"time_field": "time", "time_format": "epoch"}
MAPPINGS = {"properties": {"time": {"type": "date"}}}
POSTING = "ignore:Posting data directly"
PREVIEW = "ignore:This API is in technical preview"


@pytest.fixture
def client() -> Iterator[Elasticsearch]:
    """Speak to a cluster of the client's own major version."""
    with (
        serve(Cluster("9.5.1")) as url,
        Elasticsearch(url, api_key="dGVzdDp0ZXN0", http_compress=True) as client,
    ):
        yield client


@pytest.fixture
def fed(client: Elasticsearch) -> Elasticsearch:
    """Put an index, a job, and the job's datafeed."""
    client.indices.create(index="logs", mappings=MAPPINGS)
    client.ml.put_job(job_id="web", analysis_config=ANALYSIS, data_description=TIME)
    client.ml.put_datafeed(datafeed_id="feed", job_id="web", indices=["logs"])
    return client


@pytest.mark.filterwarnings(POSTING)
def test_life_of_a_job(client: Elasticsearch) -> None:
    """A job is put, opened, fed, flushed, closed and deleted."""
    ml = client.ml
    put = ml.put_job(job_id="web", analysis_config=ANALYSIS, data_description=TIME)
    assert put["analysis_limits"]["model_memory_limit"] == "1024mb"
    assert ml.open_job(job_id="web")["opened"] is True
    posted = ml.post_data(job_id="web", data=[{"time": 0}, {"time": 3600}])
    assert (posted["processed_record_count"], posted["bucket_count"]) == (2, 1)
    assert ml.flush_job(job_id="web")["last_finalized_bucket_end"] == 3_600_000
    assert ml.close_job(job_id="web")["closed"] is True
    (stats,) = ml.get_job_stats(job_id="web")["jobs"]
    assert (stats["state"], stats["timing_stats"]["bucket_count"]) == ("closed", 1)
    assert ml.delete_job(job_id="web")["acknowledged"] is True
    assert ml.get_jobs()["count"] == 0


def test_life_of_a_datafeed(fed: Elasticsearch) -> None:
    """A datafeed is started, stops and closes its job, and goes with it."""
    ml = fed.ml
    ml.open_job(job_id="web")
    assert ml.start_datafeed(datafeed_id="feed", start=0)["started"] is True
    (stats,) = ml.get_datafeed_stats(datafeed_id="feed")["datafeeds"]
    assert stats["running_state"]["real_time_configured"] is True
    assert ml.stop_datafeed(datafeed_id="feed", close_job=True)["stopped"] is True
    assert ml.get_job_stats(job_id="web")["jobs"][0]["state"] == "closed"
    assert ml.update_datafeed(datafeed_id="feed", scroll_size=5)["scroll_size"] == 5
    assert ml.delete_datafeed(datafeed_id="feed")["acknowledged"] is True
    ml.delete_job(job_id="web")
    fed.indices.delete(index="logs")
    assert not fed.indices.exists(index="logs")


@pytest.mark.filterwarnings(PREVIEW)
def test_looks_around(fed: Elasticsearch) -> None:
    """The client asks for health, tasks, settings and privileges."""
    fed.ml.open_job(job_id="web")

    assert fed.ping()
    assert fed.cluster.health(index="logs")["status"] == "green"
    tasks = fed.tasks.list(actions="xpack/ml/job[c]*", detailed=True)["nodes"]
    (node,) = tasks.values()
    assert [t["description"] for t in node["tasks"].values()] == ["job-web"]
    defaults = fed.cluster.get_settings(include_defaults=True)["defaults"]
    assert defaults["xpack"]["ml"]["idle_job_auto_close_timeout"] == "48h"
    assert fed.security.has_privileges(cluster=["manage_ml"])["has_all_requested"]


def test_errors_are_the_clients_own(fed: Elasticsearch) -> None:
    """The client reads the stand-in's errors as those of a server."""
    with pytest.raises(ApiError) as refused:
        fed.ml.start_datafeed(datafeed_id="feed")

    assert refused.value.status_code == 409
    assert refused.value.error == "status_exception"
