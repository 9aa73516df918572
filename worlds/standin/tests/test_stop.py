"""The stand-in stops datafeeds, on their own and before a close."""

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import NOW, ask

CLOSE = "POST /_ml/anomaly_detectors/{}/_close"


def close(job_id: str, query: str = "") -> str:
    """Write the request line of a close."""
    return CLOSE.format(job_id) + query


def test_stops_datafeed_first() -> None:
    """A running datafeed is stopped as part of the close."""
    cluster = Cluster()
    job = cluster.add_job("web", now=NOW, datafeed="started")

    assert ask(cluster, close("web")).status == 200
    assert (job.state, job.datafeed) == ("closed", "stopped")


def test_datafeed_that_will_not_stop() -> None:
    """A datafeed that refuses to stop keeps every job open, unless forced."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, datafeed="started", datafeed_stops=False)
    cluster.add_job("app", now=NOW, datafeed="started")

    asked = ask(cluster, close("web,app"))

    assert asked.status == 409
    assert asked.reason.startswith(
        "failed to close jobs as one or more had started datafeeds that could not be "
        "stopped: started datafeeds [datafeed-app, datafeed-web], error stopping them "
        "[Failed to stop datafeed [datafeed-web] after 10 due to"
    )
    assert asked.body["error"]["caused_by"]["type"] == "exception"
    assert ["opened", "opened"] == [job.state for job in cluster.jobs.values()]
    assert cluster.jobs["app"].datafeed == "stopped"
    assert ask(cluster, close("web", "?force=true")).status == 200
    assert cluster.jobs["web"].datafeed == "stopped"


@pytest.mark.parametrize(
    ("real_time", "query", "version", "state"),
    [
        (True, "", "8.9.0", "opened"),
        (False, "", "8.9.0", "closed"),
        (True, "?close_job=true", "9.3.0", "closed"),
    ],
)
def test_stop(real_time: bool, query: str, version: str, state: str) -> None:
    """Stopping a datafeed closes its job if it has an end time, or if told so."""
    cluster = Cluster(version)
    cluster.add_job("web", now=NOW, datafeed="started", real_time=real_time)

    asked = ask(cluster, f"POST /_ml/datafeeds/datafeed-web/_stop{query}")

    assert (200, {"stopped": True}) == (asked.status, asked.body)
    assert (state, "stopped") == (
        cluster.state_of("web", NOW),
        cluster.jobs["web"].datafeed,
    )


def test_stop_refused() -> None:
    """A datafeed that refuses to stop answers 500; force stops it."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, datafeed="started", datafeed_stops=False)
    stop = "POST /_ml/datafeeds/datafeed-web/_stop"

    assert (500, "started") == (ask(cluster, stop).status, cluster.jobs["web"].datafeed)
    assert ask(cluster, f"{stop}?force=true").status == 200
    assert cluster.jobs["web"].datafeed == "stopped"


def test_blank_id_stops_everything() -> None:
    """A blank id stops every datafeed, unless the version has the fix (S6)."""
    for version, status, state in (
        ("8.9.0", 200, "stopped"),
        ("8.19.22", 400, "started"),
        ("9.4.7", 400, "started"),
        ("9.5.0", 200, "stopped"),
        ("9.5.3", 400, "started"),
    ):
        cluster = Cluster(version)
        cluster.add_job("web", now=NOW, datafeed="started")

        assert ask(cluster, "POST /_ml/datafeeds//_stop").status == status
        assert cluster.jobs["web"].datafeed == state
