"""The control adds, shows and ends faults, and refuses what is none."""

import json
from datetime import timedelta

import pytest

from standin.cluster.asking import ask
from standin.control.asking import Controlled, refuse

STATS = "GET /_ml/anomaly_detectors/web/_stats"
MOMENT = "an RFC 3339 time from 1970-01-02 to 3000-01-01"
SPAN = "a time value such as 90m, at most 365d"
KINDS = "status, status_after, refuse, hang, cut_before, cut_after, delay"
FAULT = {
    "path": "_close$",
    "method": "POST",
    "start": "2026-03-02T12:00:00Z",
    "until": "2026-03-02T12:00:01Z",
    "times": 1,
    "kind": "status",
    "status": 502,
    "body": "<p>Größe</p>",
    "headers": {"content-type": "text/html"},
    "delay": "1500ms",
}


def test_a_fault_strikes_as_told() -> None:
    """Every field of a fault is taken, and shown with how often it still strikes."""
    stage = Controlled()
    status, shown = stage.tell("POST /faults", FAULT)
    times = {"start": "2026-03-02T12:00:00+00:00", "until": "2026-03-02T12:00:01+00:00"}

    assert (status, shown) == (200, {"faults": [FAULT | times]})
    struck = ask(stage.cluster, "POST /_ml/anomaly_detectors/web/_close")
    assert (struck.status, struck.body.decode()) == (502, "<p>Größe</p>")
    assert struck.takes == timedelta(seconds=1.5)
    assert stage.tell("GET /faults")[1]["faults"][0]["times"] == 0


def test_faults_stand_in_line_and_end() -> None:
    """A fault has defaults, the next one stands behind it, and all end at once."""
    stage = Controlled()
    stage.tell("POST /faults", {})
    _, shown = stage.tell("POST /faults", {"kind": "hang"})

    assert [fault["kind"] for fault in shown["faults"]] == ["status", "hang"]
    assert shown["faults"][0]["start"] is None
    assert ask(stage.cluster, STATS).status == 503
    assert stage.tell("DELETE /faults") == (200, {"faults": []})
    assert ask(stage.cluster, STATS).status == 200


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"paths": "x"}, "field of request: expected one of path, method, start, "),
        ({"path": 1}, "path: expected a text, got 1"),
        ({"path": "(x"}, 'path: expected a regular expression, got "(x"'),
        ({"method": "BREW"}, "method: expected one of GET, HEAD, POST, PUT, "),
        ({"method": ["GET"]}, "method: expected one of GET, HEAD, POST, PUT, "),
        ({"start": "now"}, f"start: expected {MOMENT}"),
        ({"until": None}, f"until: expected {MOMENT}, got null"),
        ({"times": 0}, "times: expected an integer from 1 to 1000000, got 0"),
        ({"times": "1"}, "times: expected an integer from 1 to 1000000"),
        ({"kind": "cut"}, f"kind: expected one of {KINDS}, got "),
        ({"status": 99}, "status: expected an integer from 200 to 599, got 99"),
        ({"status": 503.0}, "status: expected an integer from 200 to 599"),
        ({"body": {"a": 1}}, "body: expected a text, got {"),
        ({"body": "\ud800"}, "body: expected a text, got "),
        ({"headers": "x: y"}, "headers: expected an object, got "),
        ({"headers": {"x": 1}}, "headers.x: expected a text, got 1"),
        ({"headers": {"x y": "z"}}, "headers.x y: expected a header in ASCII"),
        ({"headers": {"x": "y\r\nz: 1"}}, "headers.x: expected a header in ASCII"),
        ({"delay": 1.5}, f"delay: expected {SPAN}, got 1.5"),
    ],
)
def test_no_fault(body: object, why: str) -> None:
    """A fault has the fields of `Fault`, each of its own type."""
    assert refuse("POST /faults", json.dumps(body).encode()).startswith(why)
