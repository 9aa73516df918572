"""Whatever is asked, the stand-in answers in form and never breaks."""

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standin.cluster import Cluster, Request
from standin.cluster.asking import KEY, NOW
from standin.cluster.routes import ROUTES
from standin.cluster.shapes import FEED, JOB, JOB_UPDATE

IDS = st.sampled_from(
    [
        "web",
        "lazy",
        "feed",
        "logs",
        "*",
        "_all",
        "",
        "%20",
        "A!",
        "a,b*",
        "%C3",
        "x" * 70,
    ]
) | st.text("ab*,%/?.\u00e9", max_size=6)
VALUES = st.sampled_from(
    [
        *("true", "false", "", "5m", "-1", "now", "0", "x", "2026-03-01T00:00:00Z"),
        *("-a,*", "yaml", "application/json", "{}"),
    ]
)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"])
ALWAYS = ["filter_path", "human", "pretty", "format", "error_trace"]
SOURCE = ["source", "source_content_type"]
FIELDS = sorted({*JOB.fields, *JOB_UPDATE.fields, *FEED.fields, "cluster", "transient"})
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
INNER = st.sampled_from(
    [
        {"detectors": [{"function": "count"}]},
        {"detectors": [{"function": "mean", "field_name": "time"}]},
        {"detectors": [{"custom_rules": [1]}], "bucket_span": "x"},
        {"model_memory_limit": "10gb"},
        {"model_memory_limit": -1},
        {},
        {"match_all": {}},
        {"time_field": "time"},
        {"xpack.ml.max_open_jobs": "0"},
        {"time": 1},
        ["logs"],
    ]
)
BODIES = (
    st.dictionaries(st.sampled_from(FIELDS), SCALARS | INNER, max_size=5).map(
        json.dumps
    )
    | st.sampled_from(
        ["", "", "{", "[]", "null", '{"time":1}\n{"time":"x"}', "[" * 3000]
    )
    | st.text(max_size=9)
)


def some_cluster(version: str) -> Cluster:
    """Build a cluster with a job in each state that matters."""
    cluster = Cluster(version)
    cluster.add_job("web", now=NOW, datafeed="started", datafeed_id="feed")
    cluster.add_job("lazy", now=NOW, state="opening", assigned=False)
    cluster.add_job("broken", now=NOW, state="failed", groups=["a"])
    cluster.add_job("ab", now=NOW, state="closed", last_data=NOW, datafeed="stopped")
    cluster.indices["logs"] = {}
    return cluster


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Ask mostly what there is, and now and then what there is not."""
    route = draw(st.sampled_from(ROUTES))
    method = draw(METHODS) if draw(st.integers(0, 9)) == 0 else route.method
    path = route.path.replace("{id}", draw(IDS))
    names = [*route.params, *ALWAYS, *SOURCE]
    query = draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=2))
    if draw(st.integers(0, 9)) == 0:
        query["unknown"] = "1"
    takes_body = route.document or bool(route.parser)
    body = draw(BODIES) if takes_body or draw(st.integers(0, 9)) == 0 else ""
    pairs = "&".join(f"{name}={value}" for name, value in query.items())
    headers = {**KEY, "Content-Type": "application/json"}
    line = path + (f"?{pairs}" if pairs else "")
    return Request(method, line, headers, body.encode(errors="replace"))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(asked=requests(), version=st.sampled_from(["7.17.9", "8.9.0", "9.5.1"]))
def test_any_request_is_answered(asked: Request, version: str) -> None:
    """A request of any kind gets a well-formed answer, and so does the next one."""
    cluster = some_cluster(version)

    answer, takes = cluster.handle(asked, NOW)

    # Elasticsearch itself answers 500 to a sort key that is none, and the like.
    assert 200 <= answer.status <= 500
    assert takes >= timedelta()
    assert answer.headers["X-elastic-product"] == "Elasticsearch"
    if "json" in answer.headers["content-type"]:
        read = json.loads(answer.body, parse_constant=pytest.fail)
        assert ("error" in read) == (answer.status >= 400) or answer.status == 408
    later = Request("GET", "/_ml/anomaly_detectors/_stats", KEY)
    assert cluster.handle(later, NOW + timedelta(days=3))[0].status == 200
