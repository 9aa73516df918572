"""The stand-in takes a body out of the query where a server does."""

from urllib.parse import quote

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import NOW, ask

CLOSE = "/_ml/anomaly_detectors/web/_close"


def source(body: str, kind: str = "application/json") -> str:
    """Write a body as a query."""
    return f"source={quote(body)}&source_content_type={quote(kind)}"


def test_source() -> None:
    """A body may come in the query, where it shuts out other parameters."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, state="failed")
    force, asked = source('{"force": true}'), source('{"cluster": ["manage_ml"]}')

    closed = ask(cluster, f"POST {CLOSE}?{force}&pretty")
    known = ask(cluster, f"GET /_security/user/_has_privileges?{asked}")
    refused = ask(cluster, f"POST {CLOSE}?{source('{}')}&force=true")

    assert closed.body == {"closed": True}
    assert known.body["cluster"] == {"manage_ml": True}
    assert refused.reason.endswith("contains unrecognized parameter: [force]")


@pytest.mark.parametrize(
    ("query", "body", "reason"),
    [
        ("source={}", "", "source and source_content_type parameters are required"),
        (source("{}", "json"), "", "invalid Content-Type header [json]"),
        (
            source("{}", "text/plain"),
            "",
            "Unknown value for source_content_type [text/plain]",
        ),
        (source("nonsense"), "", "Unexpected character"),
        (
            source("{}"),
            "{}",
            "unrecognized parameters: [source], [source_content_type]",
        ),
    ],
)
def test_bad_source(query: str, body: str, reason: str) -> None:
    """A body in the query has a type that is read, and is none beside another."""
    cluster = Cluster("9.5.0")

    asked = ask(cluster, f"POST {CLOSE}?{query}", body=body)

    assert asked.status == 400
    assert reason in asked.reason


def test_old_source() -> None:
    """Before version 9 a body of no type was a fault of the server's state."""
    asked = ask(Cluster(), f"POST {CLOSE}?source={{}}")

    assert (asked.status, asked.body["error"]["type"]) == (
        500,
        "illegal_state_exception",
    )


def test_no_source() -> None:
    """A document comes in a body, and its source is no parameter."""
    asked = ask(Cluster(), f"PUT /_ml/anomaly_detectors/web?{source('{}')}")

    assert "unrecognized parameters: [source]" in asked.reason
