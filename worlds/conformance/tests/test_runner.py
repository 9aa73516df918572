"""The runner of Elastic's format: every demand can be met, and can fail."""

import json
from typing import Any

import pytest

from conformance.loading import load
from conformance.running import Outcome, run
from conformance.versions import read_version
from standin.cluster import Answer, Request

BODY = {
    "count": 2,
    "zero": 0,
    "name": "web-latency",
    "no": False,
    "empty": "",
    "none": None,
    "list": [{"id": "a", "n": 1}, {"id": "b", "n": 2}],
    "a.b": {"c": 1.5},
    "at": "2026-03-02T12:00:00Z",
}
CLOSE_TO = "close_to: {{ count: {{ value: {}, error: 0.2 }} }}"


class Double:
    """A server that says the same to everything, and keeps what it was asked."""

    def __init__(self, status: int = 200, body: Any = BODY, *warnings: str) -> None:
        self.asked: list[Request] = []
        text = body if isinstance(body, str) else json.dumps(body)
        lines = ", ".join(f'299 Elasticsearch-8.9.0-abc "{each}"' for each in warnings)
        self.answer = Answer(status, {"Warning": lines}, text.encode())

    def __call__(self, request: Request) -> Answer:
        """Answer as ever."""
        self.asked.append(request)
        return self.answer


def outcome_of(text: str, server: Double | None = None) -> Outcome:
    """Run the one case of a file."""
    (case,) = load(text, "file.yml")
    return run(case, server or Double(), read_version("8.9.0"))


def after_info(step: str) -> Outcome:
    """Run one step after a response with the body above."""
    return outcome_of(f'"Case":\n  - do: {{ info: {{}} }}\n  - {step}\n')


@pytest.mark.parametrize(
    ("met", "unmet"),
    [
        ("match: { count: 2 }", "match: { count: 3 }"),
        ("match: { count: 2.0 }", "match: { count: '2' }"),
        ("match: { no: false }", "match: { zero: false }"),
        ("match: { none: null }", "match: { zero: null }"),
        ("match: { missing: null }", "match: { missing: '' }"),
        ("match: { list.0: { n: 1, id: a } }", "match: { list.0: { id: a } }"),
        ("match: { list.1.id: b }", "match: { list.2.id: b }"),
        ("match: { a\\.b.c: 1.5 }", "match: { a.b.c: 1.5 }"),
        ("match: { name: /^web-/ }", "match: { name: /^cdn-/ }"),
        ("match: { name: '/ web - latency # x /' }", "match: { name: '/web- x/' }"),
        ("match: { name: '/[ w ]eb/' }", "match: { count: /2/ }"),
        ("match: { $body: '/\"count\"/' }", "match: { $body: '/\"sum\"/' }"),
        ("is_true: count", "is_true: zero"),
        ("is_true: list", "is_true: missing"),
        ("is_false: no", "is_false: name"),
        ("is_false: empty", "is_false: list"),
        ("is_false: none", "is_false: at"),
        ("exists: none", "exists: missing"),
        ("not_exists: missing", "not_exists: none"),
        ("length: { list: 2 }", "length: { list: 3 }"),
        ("length: { name: 11 }", "length: { name: 12 }"),
        ("length: { a\\.b: 1 }", "length: { count: 1 }"),
        ("gt: { count: 1 }", "gt: { count: 2 }"),
        ("gte: { count: 2 }", "gte: { count: 3 }"),
        ("lt: { count: 3 }", "lt: { count: 2 }"),
        ("lte: { count: 2 }", "lte: { missing: 2 }"),
        ("gt: { name: web }", "gt: { no: -1 }"),
        ("contains: { list: { id: a } }", "contains: { list: { id: c } }"),
        ("contains: { name: laten }", "contains: { name: lately }"),
        (CLOSE_TO.format(1.9), CLOSE_TO.format(1)),
        ("is_after: { at: 2026-03-01T00:00Z }", "is_after: { at: 2026-03-03T00:00Z }"),
        ("set: { list.0.id: name }", "set: { missing: name }"),
    ],
)  # fmt: skip
def test_each_assertion_can_hold_and_can_fail(met: str, unmet: str) -> None:
    """The first of a pair passes, and the second fails for what it says."""
    assert ("passed", "") == (after_info(met).kind, after_info(met).reason)

    failed = after_info(unmet)
    assert failed.kind == "failed"
    assert failed.reason.startswith(f"test, step 2: {unmet.partition(':')[0]}")


def test_stashed_values_go_into_paths_bodies_headers_and_keys() -> None:
    """`$name` and `${name}` are replaced wherever they stand."""
    server = Double()
    outcome = outcome_of(STASHING, server)

    asked = server.asked[1]
    assert ("passed", "") == (outcome.kind, outcome.reason)
    assert asked.path == "/_ml/anomaly_detectors/a-1/_close"
    assert asked.body == b'{"force":true,"a":"a"}'
    assert asked.headers["X-Opaque-Id"] == "run-a"


STASHING = """
"Case":
  - do: { info: {} }
  - set: { list.0.id: id, list.0._arbitrary_key_: key }
  - transform_and_set: { login: "#base64EncodeCredentials(name,count)" }
  - match: { $login: d2ViLWxhdGVuY3k6Mg== }
  - do:
      headers: { X-Opaque-Id: "run-${id}" }
      ml.close_job: { job_id: "${id}-1", body: { force: true, $id: "$id" } }
  - is_true: list.0.$key
  - match: { list.0: { id: $id, n: 1 } }
"""
