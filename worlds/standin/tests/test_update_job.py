"""The stand-in changes, resets and deletes jobs as the server does."""

import json
from typing import Any

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import NOW, Asked, ask

JOB = "/_ml/anomaly_detectors/"


def put(cluster: Cluster) -> None:
    """Put the job."""
    analysis = {"detectors": [{"function": "count"}]}
    config = {"analysis_config": analysis, "data_description": {}}
    body = json.dumps({"description": "before", **config})
    assert ask(cluster, f"PUT {JOB}web", body=body).status == 200


def update(cluster: Cluster, **fields: Any) -> Asked:
    """Update the job."""
    return ask(cluster, f"POST {JOB}web/_update", body=json.dumps(fields))


def test_update() -> None:
    """What is given is changed, and the rest stays."""
    cluster = Cluster()
    put(cluster)

    job = update(
        cluster,
        groups=["g"],
        custom_settings={"a": 1},
        detectors=[{"detector_index": 0, "description": "said"}],
        analysis_limits={"model_memory_limit": "20mb"},
    ).body

    assert ("before", ["g"], {"a": 1}) == (
        job["description"],
        job["groups"],
        job["custom_settings"],
    )
    (detector,) = job["analysis_config"]["detectors"]
    assert detector["detector_description"] == "said"
    assert cluster.jobs["web"].memory == "20mb"


def test_update_of_an_open_job() -> None:
    """An open job keeps its memory limit."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW)

    refused = update(cluster, analysis_limits={"model_memory_limit": "1gb"})

    assert (409, "Cannot update analysis_limits while the job is open") == (
        refused.status,
        refused.reason,
    )


@pytest.mark.parametrize("state", ["opened", "closing", "failed"])
def test_delete(state: Any) -> None:
    """A job that is not closed is deleted by force alone, with its datafeed."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, state=state, datafeed="started", close_ends="hangs")

    refused = ask(cluster, f"DELETE {JOB}web")

    assert (409, f"Cannot delete job [web] because the job is {state}") == (
        refused.status,
        refused.reason,
    )
    assert ask(cluster, f"DELETE {JOB}web?force=true").body == {"acknowledged": True}
    assert ask(cluster, f"DELETE {JOB}web?force=true").status == 404
    assert ask(cluster, "GET /_ml/datafeeds").body["count"] == 0


@pytest.mark.parametrize("force", ["false", "true"])
def test_delete_before_the_datafeed(force: str) -> None:
    """Until 7.15 the datafeed had to be deleted first; no force helped."""
    cluster = Cluster("7.14.2")
    cluster.add_job("web", now=NOW, state="closed", datafeed="stopped")

    refused = ask(cluster, f"DELETE {JOB}web?force={force}")

    reason = "Cannot delete job [web] because datafeed [datafeed-web] refers to it"
    assert (409, reason) == (refused.status, refused.reason)
    cluster.version = "7.15.0"
    assert ask(cluster, f"DELETE {JOB}web?force={force}").status == 200


def test_delete_with_a_datafeed_that_runs() -> None:
    """The datafeed is deleted with no more force than the job."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, state="closed", datafeed="stopping")

    refused = ask(cluster, f"DELETE {JOB}web")

    reason = "Cannot delete datafeed [datafeed-web] while its status is stopping"
    assert (409, reason) == (refused.status, refused.reason)


def test_reset() -> None:
    """A closed job can be made to forget, an open one cannot."""
    cluster = Cluster()
    job = cluster.add_job("web", now=NOW, last_data=NOW)

    assert ask(cluster, f"POST {JOB}web/_reset").status == 409
    ask(cluster, f"POST {JOB}web/_close")
    assert ask(cluster, f"POST {JOB}web/_reset").body == {"acknowledged": True}
    assert (None, 0) == (job.last_data, job.records)
