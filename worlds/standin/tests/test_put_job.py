"""The stand-in creates, changes and deletes jobs as the server does."""

import json
from typing import Any

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import NOW, Asked, ask

COUNT = {"detectors": [{"function": "count"}]}
JOB = "/_ml/anomaly_detectors/"


def put(cluster: Cluster, job_id: str = "web", **fields: Any) -> Asked:
    """Put a job that counts, but for what is said."""
    config = {"analysis_config": COUNT, "data_description": {}} | fields
    said = {name: value for name, value in config.items() if value != "absent"}
    return ask(cluster, f"PUT {JOB}{job_id}", body=json.dumps(said))


def test_put() -> None:
    """What is not said is filled in, and the answer is what can be read later."""
    cluster = Cluster()

    job = put(cluster, groups=["b", "a"], datafeed_config={"indices": "logs"}).body

    assert ("5m", "1024mb", "epoch_ms") == (
        job["analysis_config"]["bucket_span"],
        job["analysis_limits"]["model_memory_limit"],
        job["data_description"]["time_format"],
    )
    assert (["a", "b"], "web") == (job["groups"], job["datafeed_config"]["datafeed_id"])
    assert ask(cluster, f"GET {JOB}web").body["jobs"] == [job]
    assert cluster.state_of("web", NOW) == "closed"


@pytest.mark.parametrize(
    ("job_id", "accepted"),
    [
        ("a", True),
        ("a-b_c.d9", True),
        ("A", False),
        ("-a", False),
        ("a.", False),
        ("a b", False),
        ("a" * 64, True),
        ("a" * 65, False),
    ],
)
def test_ids(job_id: str, accepted: bool) -> None:
    """An id is short, in lower case, and begins and ends with a letter or digit."""
    status = put(Cluster(), job_id.replace(" ", "%20")).status

    assert status == (200 if accepted else 400)


@pytest.mark.parametrize(
    ("fields", "kind", "reason"),
    [
        ({"analysis_config": "absent"}, "illegal_argument", "An analysis_config must"),
        ({"data_description": "absent"}, "illegal_argument", "A data_description must"),
        ({"groups": ["A"]}, "illegal_argument", "Invalid group id 'A'; must be"),
        (
            {"nonsense": 1},
            "x_content_parse",
            "] [job_details] unknown field [nonsense]",
        ),
        ({"groups": 1}, "x_content_parse", "groups doesn't support values of type:"),
        ({"model_snapshot_id": "1"}, "illegal_argument", "fields [model_snapshot_id]"),
        (
            {"analysis_limits": {"model_memory_limit": 0}},
            "illegal_argument",
            "model_memory_limit must be at least 1 MiB. Value = 0",
        ),
        (
            {"data_description": {"nonsense": 1}},
            "x_content_parse",
            "[job_details] failed to parse field [data_description]",
        ),
        (
            {"analysis_config": {"detectors": []}},
            "x_content_parse",
            "[job_details] failed to parse field [analysis_config]",
        ),
        (
            {"analysis_config": {"detectors": [{"function": "count"}] * 2}},
            "illegal_argument",
            "Duplicate detectors are not allowed",
        ),
        (
            {"daily_model_snapshot_retention_after_days": 11},
            "illegal_argument",
            "[11] cannot be greater than model_snapshot_retention_days [10]",
        ),
        ({"groups": ["web"]}, "resource_already_exists", "job and group names must be"),
    ],
)
def test_refused(fields: dict[str, Any], kind: str, reason: str) -> None:
    """A configuration that makes no sense is refused with a reason."""
    refused = put(Cluster(), **fields)

    assert refused.status == 400
    assert refused.body["error"]["type"] == f"{kind}_exception"
    assert reason in refused.reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "request body is required"),
        (
            '{"job_id": "app"}',
            (
                "Inconsistent job_id; 'app' specified in the body differs from 'web' "
                "specified as a URL argument"
            ),
        ),
    ],
)
def test_bodies(body: str, reason: str) -> None:
    """A job is not made of nothing, and its body names it as the path does."""
    refused = ask(Cluster(), f"PUT {JOB}web", body=body)

    assert (400, reason) == (refused.status, refused.reason)


def test_innermost_cause_is_the_root() -> None:
    """What is wrong deep inside a body is named as the root cause."""
    error = put(Cluster(), data_description={"nonsense": 1}).body["error"]

    assert "unknown field [nonsense]" in error["root_cause"][0]["reason"]
    assert "unknown field [nonsense]" in error["caused_by"]["reason"]


def test_names_are_used_once() -> None:
    """An id is used once, and never as the name of a group."""
    cluster = Cluster()
    put(cluster, groups=["front"])

    again, group, taken = (
        put(cluster),
        put(cluster, "front"),
        put(cluster, "x", groups=["web"]),
    )

    assert [400, 400, 400] == [again.status, group.status, taken.status]
    assert again.reason == (
        "The job cannot be created with the Id 'web'. The Id is already used."
    )
    assert "job [front] and group [front]" in group.reason
    assert "job [web] and group [web]" in taken.reason


def test_memory_limit_of_the_cluster() -> None:
    """No job may have more memory than the cluster allows to one."""
    cluster = Cluster()
    setting = {"persistent": {"xpack.ml.max_model_memory_limit": "9g"}}
    ask(cluster, "PUT /_cluster/settings", body=json.dumps(setting))

    refused = put(cluster, analysis_limits={"model_memory_limit": "10g"})

    assert "[10gb] must be less than the value of the xpack" in refused.reason
    limits = ask(cluster, "GET /_ml/info").body["limits"]
    assert limits["max_model_memory_limit"] == "9gb"
