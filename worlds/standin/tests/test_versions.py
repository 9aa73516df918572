"""The stand-in behaves as the version that it is told to be."""

import random
from datetime import timedelta

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import NOW, ask
from standin.cluster.durations import lognormal
from standin.cluster.job import JobFields

DAY = timedelta(days=1)
CLOSE = "POST /_ml/anomaly_detectors/web*/_close"
IDLE = "xpack.ml.idle_job_auto_close_timeout"


@pytest.mark.parametrize(
    ("version", "fields", "state"),
    [
        ("9.4.0", {}, "closed"),
        ("9.3.0", {}, "opened"),
        ("9.5.0", {"datafeed": "started"}, "opened"),
        ("9.5.0", {"datafeed": None}, "opened"),
        ("9.5.0", {"last_data": None}, "opened"),
        ("9.5.0", {"last_data": NOW}, "opened"),
        ("9.5.0", {"last_data": NOW, "latest_record": NOW - 9 * DAY}, "closed"),
    ],
)
def test_idle_closer(version: str, fields: JobFields, state: str) -> None:
    """New versions close at night what has a stopped datafeed and old records."""
    cluster = Cluster(version)
    idle: JobFields = {"datafeed": "stopped", "last_data": NOW - 9 * DAY}
    idle.update(fields)
    cluster.add_job("web", now=NOW - 10 * DAY, **idle)
    ask(cluster, "GET /", NOW)

    ask(cluster, "GET /", NOW + DAY)

    assert cluster.state_of("web", NOW + DAY) == state


@pytest.mark.parametrize(("timeout", "state"), [("-1", "opened"), ("1h", "closed")])
def test_idle_closer_is_set(timeout: str, state: str) -> None:
    """The idle closer has a setting, and can be turned off."""
    cluster = Cluster("9.5.0")
    cluster.add_job("web", now=NOW, datafeed="stopped", last_data=NOW - DAY)
    body = f'{{"persistent": {{"{IDLE}": "{timeout}"}}}}'
    assert ask(cluster, "PUT /_cluster/settings", NOW, body=body).status == 200

    ask(cluster, "GET /", NOW + DAY)

    assert cluster.state_of("web", NOW + DAY) == state


@pytest.mark.parametrize(("version", "status"), [("7.17.9", 200), ("8.9.0", 400)])
@pytest.mark.parametrize("where", ["query", "body"])
def test_old_names(version: str, status: int, where: str) -> None:
    """Version 7 takes an old name of a parameter, and warns."""
    query = "?allow_no_jobs=true" if where == "query" else ""
    body = '{"allow_no_jobs": true}' if where == "body" else ""

    asked = ask(Cluster(version), CLOSE + query, body=body)

    assert asked.status == status
    assert ("Warning" in asked.headers) == (status == 200)
    if status == 200:
        assert "Deprecated field [allow_no_jobs] used" in asked.headers["Warning"]


@pytest.mark.parametrize(("version", "status"), [("7.17.9", 200), ("8.9.0", 400)])
def test_old_paths(version: str, status: int) -> None:
    """Version 7 takes the paths of version 6."""
    asked = ask(Cluster(version), "GET /_xpack/ml/anomaly_detectors")

    assert asked.status == status


@pytest.mark.parametrize(
    ("version", "compatible", "status"),
    [("7.17.9", 6, 400), ("7.17.9", 7, 200), ("8.9.0", 7, 200), ("9.5.0", 7, 400)],
)
def test_media_types(version: str, compatible: int, status: int) -> None:
    """A version speaks as itself or as the one before."""
    kind = f"application/vnd.elasticsearch+json; compatible-with={compatible}"

    asked = ask(Cluster(version), "GET /", headers={"Accept": kind})

    assert asked.status == status


def test_plain_media_type() -> None:
    """Version 7 says its character set."""
    asked = ask(Cluster("7.17.9"), "GET /")

    assert asked.headers["content-type"] == "application/json; charset=UTF-8"


def test_durations() -> None:
    """How long closings take is fixed, or spread around a median."""
    cluster = Cluster()
    cluster.close_duration = lognormal(random.Random(7), timedelta(minutes=1), 0.5)  # noqa: S311 - a test

    took = [cluster.add_job(f"web-{n}", now=NOW).close_takes for n in range(101)]

    assert timedelta(seconds=40) < sorted(took)[50] < timedelta(seconds=90)
    assert len(set(took)) == 101
