"""The stand-in counts what is posted to a job, and analyses nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import NOW, Asked, ask

JOB = "/_ml/anomaly_detectors/web"
MS = 1_772_452_800_000
HOUR = 3600


def open_job(**data: str) -> Cluster:
    """Make a cluster with an open job that reads two fields, an hour to a bucket."""
    cluster = Cluster()
    detector = {"function": "mean", "field_name": "size", "by_field_name": "host"}
    config = {
        "analysis_config": {"bucket_span": "1h", "detectors": [detector]},
        "data_description": {"time_format": "epoch"} | data,
    }
    ask(cluster, f"PUT {JOB}", body=json.dumps(config))
    ask(cluster, f"POST {JOB}/_open")
    return cluster


def post(cluster: Cluster, *records: Any) -> Asked:
    """Post records, one to a line."""
    body = "\n".join(map(json.dumps, records))
    return ask(cluster, f"POST {JOB}/_data", body=body)


def test_counts() -> None:
    """Records, fields, times and buckets are counted, and stats show them."""
    cluster = open_job()

    posted = post(
        cluster,
        {"time": 0, "size": 1, "host": "a", "other": 1},
        [{"time": 3 * HOUR, "size": 1, "in": {"side": 1}}],
        {"time": 1, "size": 1},
        {"time": "soon"},
    )
    counts = posted.body

    assert posted.status == 202
    assert {
        "processed_record_count": 2,
        "processed_field_count": 3,
        "input_field_count": 6,
        "missing_field_count": 1,
        "invalid_date_count": 1,
        "out_of_order_timestamp_count": 1,
        "input_record_count": 4,
        "bucket_count": 3,
        "empty_bucket_count": 2,
        "earliest_record_timestamp": 0,
        "latest_record_timestamp": 3 * HOUR * 1000,
        "last_data_time": MS,
    }.items() <= counts.items()
    (stats,) = ask(cluster, f"GET {JOB}/_stats").body["jobs"]
    assert (stats["data_counts"], stats["timing_stats"]["bucket_count"]) == (counts, 3)


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("epoch_ms", "3600000"),
        ("epoch", 3600.0),
        ("yyyy-MM-dd HH:mm:ssX", "1970-01-01 01:00:00+00"),
        ("yyyy-MM-dd'T'HH:mm:ssX", "1970-01-01T02:00:00+01:00"),
        ("yyyy-MM-dd HH:mm:ss", "1970-01-01 01:00:00"),
    ],
)
def test_time_formats(pattern: str, written: Any) -> None:
    """The time of a record is read as the job says."""
    cluster = open_job(time_format=pattern)

    counts = post(cluster, {"time": written}).body

    assert counts.get("latest_record_timestamp") == HOUR * 1000


def test_posting_is_deprecated() -> None:
    """Whoever posts is warned, whether it works or not."""
    cluster = open_job()

    answers = [post(cluster, {"time": 0}), post(Cluster(), {"time": 0})]

    assert [202, 404] == [answer.status for answer in answers]
    for answer in answers:
        assert answer.headers["Warning"].startswith("299 Elasticsearch-8.9.0-")


def test_flush() -> None:
    """A flush says where the newest bucket begins, and can skip some."""
    cluster = open_job()
    flush = f"POST {JOB}/_flush"

    assert ask(cluster, flush).body == {"flushed": True}
    post(cluster, {"time": 2 * HOUR + 5})
    assert ask(cluster, flush).body["last_finalized_bucket_end"] == 2 * HOUR * 1000
    skipped = ask(cluster, f"{flush}?skip_time={4 * HOUR - 1}")
    assert skipped.body["last_finalized_bucket_end"] == 4 * HOUR * 1000
    assert post(cluster, {"time": 3 * HOUR}).body["out_of_order_timestamp_count"] == 1


@pytest.mark.parametrize("what", ["_data", "_flush"])
def test_not_open(what: str) -> None:
    """A job that is not open takes nothing."""
    cluster = open_job()
    ask(cluster, f"POST {JOB}/_close", NOW - timedelta(days=1))

    body = "{}" if what == "_data" else ""
    refused = ask(cluster, f"POST {JOB}/{what}", body=body)

    assert (409, "Cannot perform requested action because job [web] is not open") == (
        refused.status,
        refused.reason,
    )


def test_bad_date() -> None:
    """A date that cannot be read is a parse error."""
    refused = ask(open_job(), f"POST {JOB}/_flush?start=not_a_date")

    assert (400, "parse_exception") == (refused.status, refused.body["error"]["type"])


def test_results_index_deleted() -> None:
    """Without its results index a job counts from zero."""
    cluster = open_job()
    post(cluster, {"time": 0})

    assert ask(cluster, "DELETE /.ml-anomalies-shared").status == 200

    (stats,) = ask(cluster, f"GET {JOB}/_stats").body["jobs"]
    assert stats["data_counts"]["processed_record_count"] == 0
    assert "last_data_time" not in stats["data_counts"]
