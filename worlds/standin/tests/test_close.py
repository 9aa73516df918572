"""The stand-in closes jobs as the close API does."""

from datetime import timedelta
from typing import Literal

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import NOW, ask

CLOSE = "POST /_ml/anomaly_detectors/{}/_close"


MINUTES = timedelta(minutes=1)


def close(job_id: str, query: str = "") -> str:
    """Write the request line of a close."""
    return CLOSE.format(job_id) + query


@pytest.mark.parametrize("state", ["opened", "opening", "closed"])
@pytest.mark.parametrize("query", ["", "?force=true"])
def test_closes_at_once(
    state: Literal["opened", "opening", "closed"], query: str
) -> None:
    """A close that takes no time leaves the job closed, with and without force."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, state=state)

    assert (200, {"closed": True}, timedelta()) == ask(cluster, close("web", query))[:3]
    assert cluster.state_of("web", NOW) == "closed"


@pytest.mark.parametrize(
    ("ids", "reason"),
    [
        ("broken", "cannot close job [broken] because it failed, use force close"),
        ("broken,web", "one or more jobs have state failed, use force close"),
    ],
)
def test_failed_needs_force(ids: str, reason: str) -> None:
    """A failed job refuses all jobs of the request until they are forced."""
    cluster = Cluster()
    cluster.add_job("broken", now=NOW, state="failed")
    cluster.add_job("web", now=NOW, datafeed="started")

    asked = ask(cluster, close(ids))

    assert (409, reason) == (asked.status, asked.reason)
    assert cluster.jobs["web"].datafeed == "started"
    assert ask(cluster, close(ids, "?force=true")).body == {"closed": True}
    assert cluster.state_of("broken", NOW) == "closed"


def test_unassigned_goes_at_once() -> None:
    """A job without a node loses its task at once and gets no finish time."""
    cluster = Cluster()
    job = cluster.add_job(
        "lazy", now=NOW, state="opening", assigned=False, close_takes=MINUTES
    )

    assert ask(cluster, close("lazy")).takes == timedelta()
    assert (job.state, job.finished) == ("closed", None)


@pytest.mark.parametrize("version", ["8.9.0", "9.5.0"])
def test_force_refused(version: str) -> None:
    """A force that fails has stopped the datafeed before, and names its cause (S2)."""
    cluster = Cluster(version)
    cluster.add_job("web", now=NOW, force_works=False, datafeed="started")

    asked = ask(cluster, close("web", "?force=true"))

    error = asked.body["error"]
    cause = error["caused_by"]
    assert (500, [cause]) == (asked.status, error["root_cause"])
    assert asked.reason.startswith("Failed to force close job [web] with [1] failures")
    assert cause["type"] == "process_cluster_event_timeout_exception"
    assert cause["reason"] in asked.reason
    assert cluster.state_of("web", NOW) == "opened"
    assert cluster.jobs["web"].datafeed == "stopped"


def test_force_refused_for_one_of_two() -> None:
    """The others of a force that fails are closed, all datafeeds stopped (S2)."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, force_works=False, datafeed="started")
    cluster.add_job("app", now=NOW, datafeed="started", datafeed_stops=False)

    asked = ask(cluster, close("web,app", "?force=true"))

    assert asked.reason.startswith("Failed to force close job [web] with [1] failures")
    assert {"web": ("opened", "stopped"), "app": ("closed", "stopped")} == {
        job_id: (job.state, job.datafeed) for job_id, job in cluster.jobs.items()
    }


def test_force_refused_without_a_datafeed() -> None:
    """A failed job stays failed where its force is refused (S2)."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, state="failed", force_works=False)

    assert ask(cluster, close("web", "?force=true")).status == 500
    assert (cluster.jobs["web"].state, cluster.jobs["web"].datafeed) == ("failed", None)


def test_orphan() -> None:
    """A task without configuration is unknown to a close, unless it is forced."""
    cluster = Cluster()
    cluster.add_job("lost", now=NOW, config=False)

    asked = ask(cluster, close("lost"))

    assert (404, "No known job with id 'lost'") == (asked.status, asked.reason)
    assert ask(cluster, close("lost", "?force=true")).status == 200
    assert ask(cluster, "GET /_ml/anomaly_detectors/_stats").body["count"] == 0


@pytest.mark.parametrize("line", [close("web"), "POST /_ml/datafeeds/_all/_stop"])
def test_upgrade_mode(line: str) -> None:
    """Upgrade mode refuses what would change a job, until it is off."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, datafeed="started")
    enable = "POST /_ml/set_upgrade_mode?enabled="

    assert ask(cluster, enable + "true").body == {"acknowledged": True}
    asked = ask(cluster, line)
    assert (429, "status_exception") == (asked.status, asked.body["error"]["type"])
    assert asked.reason.endswith(" action while upgrade mode is enabled")
    ask(cluster, enable + "false")
    assert ask(cluster, line).status == 200


@pytest.mark.parametrize(
    ("version", "job_id", "status", "state"),
    [
        ("8.9.0", "", 200, "closed"),
        ("8.9.0", "%20", 200, "closed"),
        ("8.19.21", "%20", 200, "closed"),
        ("8.19.22", "", 400, "opened"),
        ("9.3.9", "", 200, "closed"),
        ("9.4.6", "", 200, "closed"),
        ("9.4.7", "", 400, "opened"),
        ("9.5.2", "", 200, "closed"),
        ("9.5.3", "%20", 400, "opened"),
        ("9.6.0", "%09", 400, "opened"),
        ("9.5.3", "_all", 200, "closed"),
        ("9.5.3", ",", 200, "closed"),
    ],
)
def test_blank_id(version: str, job_id: str, status: int, state: str) -> None:
    """A blank id closes every job; the backports of the fix refuse it, too (S6)."""
    cluster = Cluster(version)
    cluster.add_job("web", now=NOW)

    assert ask(cluster, close(job_id)).status == status
    assert cluster.state_of("web", NOW) == state
