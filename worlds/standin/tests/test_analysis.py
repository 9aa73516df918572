"""The stand-in checks the analysis of a job that is put as the server does."""

import json
from typing import Any

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import Asked, ask

COUNT = {"detectors": [{"function": "count"}]}


def put(analysis: dict[str, Any]) -> Asked:
    """Put a job with an analysis."""
    body = json.dumps({"analysis_config": analysis, "data_description": {}})
    return ask(Cluster(), "PUT /_ml/anomaly_detectors/web", body=body)


@pytest.mark.parametrize(
    ("analysis", "reason"),
    [
        (
            {"bucket_span": "0s"},
            "bucket_span cannot be less or equal than 0. Value = 0s",
        ),
        ({"model_prune_window": "7m"}, "must be a multiple of bucket_span [5m]"),
        ({"model_prune_window": "5m"}, "must be at least 2 times greater than"),
        ({"detectors": [{"function": "fly"}]}, "Unknown function 'fly'"),
        (
            {"detectors": [{"function": "mean"}]},
            "field_name must be set when the 'mean'",
        ),
        ({"detectors": [{"function": "rare"}]}, "by_field_name must be set when the"),
        (
            {"categorization_filters": ["a"]},
            "require setting categorization_field_name",
        ),
        (
            {"detectors": [{"function": "count", "by_field_name": "mlcategory"}]},
            "categorization_field_name must be set for mlcategory",
        ),
        (
            {"categorization_field_name": "a"},
            "is set but mlcategory is not used in any detector",
        ),
        (
            {"per_partition_categorization": {"enabled": True}},
            "must be set when per-partition categorization is enabled",
        ),
        (
            {"influencers": ["host", "host.name"]},
            "Fields [host] and [host.name] cannot both be used",
        ),
        (
            {
                "summary_count_field_name": "n",
                "detectors": [{"function": "metric", "field_name": "a"}],
            },
            "The 'metric' function cannot be used in jobs that will take pre-",
        ),
    ],
)
def test_analysis_refused(analysis: dict[str, Any], reason: str) -> None:
    """An analysis that makes no sense is refused while it is parsed."""
    refused = put(COUNT | analysis)

    assert refused.status == 400
    assert refused.body["error"]["type"] == "x_content_parse_exception"
    assert reason in refused.body["error"]["caused_by"]["reason"]


CATEGORY = {"function": "count", "by_field_name": "mlcategory"}
OTHER = {"function": "count", "partition_field_name": "b"}


@pytest.mark.parametrize(
    ("analysis", "reason"),
    [
        ({"categorization_filters": ["a", "a"]}, "contain duplicates"),
        ({"categorization_filters": [""]}, "not allowed to contain empty strings"),
        (
            {"categorization_filters": ["a"], "categorization_analyzer": "standard"},
            "cannot be used with categorization_analyzer",
        ),
        (
            {"per_partition_categorization": {"enabled": True}},
            "must be set for detectors that reference mlcategory",
        ),
        (
            {
                "detectors": [CATEGORY | {"partition_field_name": "a"}, OTHER],
                "per_partition_categorization": {"enabled": True},
            },
            "cannot vary between detectors",
        ),
        (
            {
                "detectors": [CATEGORY | {"partition_field_name": "mlcategory"}],
                "per_partition_categorization": {"enabled": True},
            },
            "mlcategory cannot be used as a partition_field_name",
        ),
    ],
)
def test_categories_refused(analysis: dict[str, Any], reason: str) -> None:
    """What is said of categories must fit the detectors."""
    wanted = {"categorization_field_name": "text", "detectors": [CATEGORY]}

    refused = put(wanted | analysis)

    assert refused.status == 400
    assert reason in refused.body["error"]["caused_by"]["reason"]


def test_detectors() -> None:
    """A detector is described, its function written in full, its rules filled in."""
    detector = {
        "function": "nzc",
        "by_field_name": "host",
        "custom_rules": [{"scope": {"host": {"filter_id": "safe"}}}],
    }

    put_job = put({"detectors": [detector]}).body

    (shown,) = put_job["analysis_config"]["detectors"]
    scope = {"host": {"filter_type": "include", "filter_id": "safe"}}
    assert shown == {
        "detector_description": "non_zero_count by host",
        "function": "non_zero_count",
        "by_field_name": "host",
        "custom_rules": [{"actions": ["skip_result"], "scope": scope}],
        "detector_index": 0,
    }
