"""The stand-in reads requests, and refuses them, as Elasticsearch does."""

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import NOW, ask

CLOSE = "/_ml/anomaly_detectors/web/_close"


@pytest.mark.parametrize(
    ("line", "body", "kind", "reason"),
    [
        (
            f"POST {CLOSE}?force=true",
            "{}",
            "illegal_argument_exception",
            f"request [{CLOSE}] contains unrecognized parameter: [force]",
        ),
        (
            f"POST {CLOSE}?b=1&a=1&pretty",
            "",
            "illegal_argument_exception",
            f"request [{CLOSE}] contains unrecognized parameters: [a], [b]",
        ),
        (
            "POST /_ml/datafeeds/x/_stop?close_job=true",
            "",
            "illegal_argument_exception",
            (
                "request [/_ml/datafeeds/x/_stop] contains unrecognized parameter: "
                "[close_job]"
            ),
        ),
        (
            f"POST {CLOSE}?force=yes",
            "",
            "illegal_argument_exception",
            "Failed to parse value [yes] as only [true] or [false] are allowed.",
        ),
        (
            f"POST {CLOSE}?timeout=abc",
            "",
            "illegal_argument_exception",
            (
                "failed to parse setting [timeout] with value [abc] as a time value: "
                "unit is missing or unrecognized"
            ),
        ),
        (
            f"POST {CLOSE}",
            '{"forse": true}',
            "x_content_parse_exception",
            "[1:2] [cluster:admin/xpack/ml/job/close] unknown field [forse]",
        ),
        (
            f"POST {CLOSE}",
            '{\n "timeout": 30}',
            "x_content_parse_exception",
            (
                "[2:2] [cluster:admin/xpack/ml/job/close] timeout doesn't support "
                "values of type: VALUE_NUMBER"
            ),
        ),
        (
            f"POST {CLOSE}",
            '{"force": "yes"}',
            "x_content_parse_exception",
            "[1:2] [cluster:admin/xpack/ml/job/close] failed to parse field [force]",
        ),
        (
            "GET /_ml/info",
            "{}",
            "illegal_argument_exception",
            "request [GET /_ml/info] does not support having a body",
        ),
    ],
)
def test_bad_parameters(line: str, body: str, kind: str, reason: str) -> None:
    """Parameters come in the query or the body, are known, and are well-formed."""
    asked = ask(Cluster(), line, body=body)
    root = asked.body["error"]["root_cause"]

    assert (400, [{"type": kind, "reason": reason}]) == (asked.status, root)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("nonsense", "Unexpected character"),
        ("[]", "Expected START_OBJECT"),
        ('{"timeout": null}', "timeout doesn't support values of type: VALUE_NULL"),
        ('{"timeout": true}', "timeout doesn't support values of type: VALUE_BOOLEAN"),
        ('{"force": []}', "force doesn't support values of type: START_ARRAY"),
        ('{"force": {}}', "force doesn't support values of type: START_OBJECT"),
        ('{"timeout": "1.5h"}', "failed to parse field [timeout]"),
    ],
)
def test_bad_bodies(given: str, complaint: str) -> None:
    """A body that cannot be read is refused before anything is done."""
    asked = ask(Cluster(), f"POST {CLOSE}", body=given)

    assert asked.status == 400
    assert asked.reason.endswith(f" [cluster:admin/xpack/ml/job/close] {complaint}")


@pytest.mark.parametrize(
    "body",
    ['{"job_id": "other", "force": true, "timeout": "5m"}', '{"force": "true"}', "{}"],
)
def test_body(body: str) -> None:
    """Parameters in a body work, and the id of the path wins."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW)

    assert ask(cluster, f"POST {CLOSE}", body=body).body == {"closed": True}
