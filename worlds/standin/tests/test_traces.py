"""The stand-in says where an error arose to those who ask for it."""

from typing import Any

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import NOW, ask

JOBS = "/_ml/anomaly_detectors"


@pytest.mark.parametrize(
    ("line", "trace"),
    [
        (
            f"GET {JOBS}/nobody?error_trace",
            "ResourceNotFoundException[No known job with id 'nobody']\n",
        ),
        (
            f"POST {JOBS}/broken/_close?error_trace=true",
            (
                "ElasticsearchStatusException[cannot close job [broken] because it "
                "failed, use force close]\n"
            ),
        ),
        (
            f"GET {JOBS}?x&error_trace=true",
            (
                "java.lang.IllegalArgumentException: request [/_ml/anomaly_detectors] "
                "contains unrecognized parameter: [x]\n"
            ),
        ),
    ],
)
def test_trace(line: str, trace: str) -> None:
    """An error and its root cause carry their trace, and otherwise none."""
    cluster = Cluster()
    cluster.add_job("broken", now=NOW, state="failed")

    error: Any = ask(cluster, line).body["error"]
    plain = ask(cluster, line.replace("error_trace", "error_trace=false&human"))

    assert [error["stack_trace"], error["root_cause"][0]["stack_trace"]] == [trace] * 2
    assert "stack_trace" not in str(plain.body)


def test_nested_trace() -> None:
    """A trace names the causes of an error, and each cause has its own."""
    kind = {"Accept": "nonsense"}

    error: Any = ask(Cluster(), "GET /?error_trace=true", headers=kind).body["error"]

    assert error["caused_by"]["stack_trace"] == (
        "java.lang.IllegalArgumentException: invalid media-type [nonsense]\n"
    )
    assert error["stack_trace"].startswith("org.elasticsearch.rest.RestRequest$")


def test_bare_error() -> None:
    """An error that is a bare string has no trace."""
    asked = ask(Cluster(), "GET /_no/such/path?error_trace=true")

    assert list(asked.body) == ["error"]
