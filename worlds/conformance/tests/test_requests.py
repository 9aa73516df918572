"""What the runner of Elastic's format sends."""

import pytest

from conformance.apis import find_api
from conformance.requesting import build
from conformance.stash import Stash
from conformance.tests.test_runner import Double, outcome_of
from conformance.versions import read_version
from standin.cluster import Request

NOW = read_version("8.9.0")


def sent(name: str, **arguments: object) -> Request:
    """Build the request of an API."""
    api = find_api(name)
    assert api is not None
    return build(api, arguments, {}, Stash(), NOW)


@pytest.mark.parametrize(
    ("name", "arguments", "line"),
    [
        ("ping", {}, "HEAD /"),
        ("ml.get_jobs", {}, "GET /_ml/anomaly_detectors"),
        ("ml.get_jobs", {"job_id": "a,b*"}, "GET /_ml/anomaly_detectors/a,b*"),
        ("xpack.ml.get_jobs", {"job_id": ["a", "b"]}, "GET /_ml/anomaly_detectors/a,b"),
        ("ml.close_job", {"job_id": ""}, "POST /_ml/anomaly_detectors//_close"),
        (
            "ml.info",
            {"human": True, "filter_path": ["a", "b"]},
            "GET /_ml/info?human=true&filter_path=a%2Cb",
        ),
        ("security.has_privileges", {}, "GET /_security/user/_has_privileges"),
        (
            "security.has_privileges",
            {"user": "x", "body": {}},
            "POST /_security/user/x/_has_privileges",
        ),
        ("indices.exists", {"index": "a b"}, "HEAD /a%20b"),
    ],
)
def test_the_table_says_where_a_request_goes(
    name: str, arguments: dict[str, object], line: str
) -> None:
    """Method, path and query come from the arguments given."""
    request = sent(name, **arguments)

    assert line == f"{request.method} {request.path}"


@pytest.mark.parametrize(
    ("body", "written", "kind"),
    [
        ({"a": 1}, b'{"a":1}', "json"),
        ('{"a": 1}\n', b'{"a":1}', "json"),
        ("{broken\n", b"{broken", "json"),
        ([{"a": 1}], b'{"a":1}', "json"),
        ([{"a": 1}, '{"b": 2}'], b'{"a":1}\n{"b":2}\n', "x-ndjson"),
        ('{"a": 1}\n{"b": 2}\n', b'{"a":1}\n{"b":2}\n', "x-ndjson"),
    ],
)
def test_bodies_are_objects_texts_or_lists(
    body: object, written: bytes, kind: str
) -> None:
    """Several documents are sent with one on each line."""
    request = sent("ml.post_data", job_id="a", body=body)

    assert (written, f"application/{kind}") == (
        request.body,
        request.headers["Content-Type"],
    )


def test_a_raw_request_is_sent_as_the_case_writes_it() -> None:
    """Its method and path may hold stashed values, and any parameter goes with it."""
    server = Double()
    case = """"Case":
  - do: { info: {} }
  - set: { name: job }
  - do:
      raw:
        { method: POST, path: "_ml/datafeeds/${job}/_stop", colour: red, body: { a: 1 }}
"""

    assert outcome_of(case, server).kind == "passed"
    request = server.asked[-1]
    assert request.method == "POST"
    assert request.path == "/_ml/datafeeds/web-latency/_stop?colour=red"
    assert request.body == b'{"a":1}'
