"""The stand-in shows jobs and datafeeds with just the fields of their state."""

from datetime import timedelta
from typing import Any

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import NOW, ask
from standin.cluster.job import JobFields

HOUR = timedelta(hours=1)


MS = 1_772_452_800_000


UPGRADING = "persistent task cannot be assigned while upgrade mode is enabled."


RESETTING = "persistent task will not be assigned as a feature reset is in progress."


def stats(cluster: Cluster, what: str = "anomaly_detectors") -> Any:
    """Read the stats of the only job or datafeed."""
    body = ask(cluster, f"GET /_ml/{what}/_stats").body
    assert body["count"] == 1
    return body["jobs" if what == "anomaly_detectors" else what][0]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"state": "opened"}, {"node", "assignment_explanation", "open_time"}),
        (
            {"state": "closing", "close_ends": "hangs"},
            {"node", "assignment_explanation", "open_time"},
        ),
        ({"state": "opening", "assigned": False}, {"assignment_explanation"}),
        ({"state": "failed"}, {"assignment_explanation"}),
        ({"state": "closed"}, set()),
    ],
    ids=["opened", "closing", "waiting", "failed", "closed"],
)
def test_fields_of_states(fields: JobFields, expected: set[str]) -> None:
    """Only a live process has node and open time, only a task an explanation."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, **fields)
    optional = {"node", "assignment_explanation", "open_time"}

    assert expected == optional & stats(cluster).keys()


def test_opened() -> None:
    """An opened job that was fed shows its clocks and what it holds."""
    cluster = Cluster()
    cluster.add_job(
        "web",
        now=NOW,
        opened=NOW - 2 * HOUR,
        created=NOW - 3 * HOUR,
        last_data=NOW,
        latest_record=NOW - HOUR,
        memory="1gb",
    )

    job = stats(cluster)

    assert ("opened", "7200s", "") == (
        job["state"],
        job["open_time"],
        job["assignment_explanation"],
    )
    assert job["data_counts"]["last_data_time"] == MS
    assert job["data_counts"]["latest_record_timestamp"] == MS - 3_600_000
    assert job["data_counts"]["processed_record_count"] == 1000
    assert job["model_size_stats"]["model_bytes_memory_limit"] == 1 << 30
    assert job["forecasts_stats"] == {"total": 0, "forecasted_jobs": 0}


def test_never_fed() -> None:
    """A job that never got data shows no times and no model."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW)

    job = stats(cluster)

    assert set() == {
        "earliest_record_timestamp",
        "latest_record_timestamp",
        "last_data_time",
        "log_time",
    } & set(job["data_counts"])
    assert (0, 0.0) == (
        job["model_size_stats"]["model_bytes"],
        job["timing_stats"]["total_bucket_processing_time_ms"],
    )


UNREPORTED = {
    "peak_model_bytes",
    "model_bytes_exceeded",
    "model_bytes_memory_limit",
    "assignment_memory_basis",
}


@pytest.mark.parametrize(
    ("version", "fields", "missing"),
    [
        ("8.9.0", {}, UNREPORTED),
        ("8.18.9", {"state": "closed"}, UNREPORTED),
        ("8.9.0", {"last_data": NOW}, set()),
        ("8.19.0", {}, set()),
        ("9.5.0", {"state": "opening", "assigned": False}, UNREPORTED),
        ("9.5.0", {"state": "closed"}, UNREPORTED),
    ],
)
def test_model_that_was_not_reported(
    version: str, fields: JobFields, missing: set[str]
) -> None:
    """A model that no process reported yet lacks what only a process knows (S3)."""
    cluster = Cluster(version)
    cluster.add_job("web", now=NOW, **fields)

    assert missing == UNREPORTED - stats(cluster)["model_size_stats"].keys()


@pytest.mark.parametrize(
    ("fields", "age"),
    [
        ({}, 2 * HOUR),
        ({"state": "failed"}, timedelta()),
        ({"state": "opening"}, timedelta()),
        ({"last_data": NOW - HOUR, "state": "failed"}, HOUR),
    ],
)
def test_age_of_the_model(fields: JobFields, age: timedelta) -> None:
    """What stands for a model is as old as its process, or as the answer (S3)."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW - 2 * HOUR, **fields)

    told = stats(cluster)["model_size_stats"]["log_time"]

    assert MS - age // timedelta(milliseconds=1) == told


def test_forecast() -> None:
    """A running forecast is counted as started."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, forecast=True)

    assert stats(cluster)["forecasts_stats"]["status"] == {"started": 1}


@pytest.mark.parametrize(
    ("mode", "expected"), [("upgrade_mode", UPGRADING), ("reset_mode", RESETTING)]
)
def test_modes(mode: str, expected: str) -> None:
    """In upgrade and reset mode tasks keep their state and lose their node."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, datafeed="started")
    setattr(cluster, mode, True)

    for what, state in (("anomaly_detectors", "opened"), ("datafeeds", "started")):
        shown = stats(cluster, what)
        assert (state, expected) == (shown["state"], shown["assignment_explanation"])
        assert not {"node", "open_time", "running_state"} & shown.keys()
    assert ask(cluster, "GET /_ml/info").body["upgrade_mode"] == (
        mode == "upgrade_mode"
    )


def test_orphan_and_deleting() -> None:
    """Stats show a task without configuration, and hide a job being deleted."""
    cluster = Cluster()
    cluster.add_job("lost", now=NOW, config=False)
    cluster.add_job("going", now=NOW, deleting=True)

    assert stats(cluster)["job_id"] == "lost"
    (config,) = ask(cluster, "GET /_ml/anomaly_detectors").body["jobs"]
    assert ("going", True, "delete") == (
        config["job_id"],
        config["deleting"],
        config["blocked"]["reason"],
    )


def test_at_most_ten_thousand() -> None:
    """No list names more than 10,000 jobs, and nothing pages."""
    cluster = Cluster()
    for number in range(10_001):
        cluster.add_job(f"job-{number:05}", now=NOW, state="closed")

    path = "GET /_ml/anomaly_detectors/_stats?filter_path=count"

    assert ask(cluster, path).body == {"count": 10_000}


def test_node_failures() -> None:
    """Stats say which nodes did not answer, and go on without them."""
    cluster = Cluster()
    failure: dict[str, object] = {"type": "failed_node_exception", "node_id": "n"}
    cluster.node_failures.append(failure)

    body = ask(cluster, "GET /_ml/anomaly_detectors/_stats").body

    assert body == {"node_failures": [failure], "count": 0, "jobs": []}


def test_no_jobs() -> None:
    """A cluster without jobs answers with an empty list."""
    body = ask(Cluster(), "GET /_ml/anomaly_detectors/_stats").body

    assert body == {"count": 0, "jobs": []}
