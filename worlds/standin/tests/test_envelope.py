"""The stand-in answers in the envelope of Elasticsearch."""

import gzip

import pytest

from standin.cluster import Cluster, Request
from standin.cluster.asking import KEY, NOW, ask

CLOSE = "/_ml/anomaly_detectors/web/_close"


@pytest.mark.parametrize(
    ("line", "status", "error"),
    [
        (
            "GET /_ml/nothing?x=1",
            400,
            "no handler found for uri [/_ml/nothing?x=1] and method [GET]",
        ),
        (
            "PUT /_ml/info",
            405,
            (
                "Incorrect HTTP method for uri [/_ml/info] and method [PUT], allowed: "
                "[GET]"
            ),
        ),
        (
            "GET /_ml/anomaly_detectors/web/_close",
            405,
            (
                "Incorrect HTTP method for uri [/_ml/anomaly_detectors/web/_close] and "
                "method [GET], allowed: [POST]"
            ),
        ),
    ],
)
def test_no_route(line: str, status: int, error: str) -> None:
    """A path or method that leads nowhere is answered with a bare string."""
    asked = ask(Cluster(), line)

    assert (status, error) == (asked.status, asked.body["error"])


@pytest.mark.parametrize(("length", "status"), [(4096, 404), (4097, 400)])
def test_long_line(length: int, status: int) -> None:
    """A request line may have 4,096 bytes and not one more."""
    rest = len("GET /_ml/anomaly_detectors/ HTTP/1.1")

    asked = ask(Cluster(), f"GET /_ml/anomaly_detectors/{'a' * (length - rest)}")

    assert asked.status == status
    assert ("too_long" in asked.body["error"]["type"]) == (status == 400)


def test_envelope() -> None:
    """Every answer names the product, echoes the opaque id and the media type."""
    kind = "application/vnd.elasticsearch+json; compatible-with=8"

    good = ask(Cluster(), "GET /", headers={"Accept": kind, "x-opaque-id": "me"})
    bad = ask(Cluster(), "GET /nothing", headers={"X-Opaque-Id": "me"})

    for asked in (good, bad):
        assert asked.headers["X-elastic-product"] == "Elasticsearch"
        assert asked.headers["X-Opaque-Id"] == "me"
    assert good.headers["content-type"] == kind.replace(" ", "")
    assert bad.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("version", "asked_for", "status"), [("8.9.0", 9, 400), ("9.5.0", 8, 200)]
)
def test_media_type(version: str, asked_for: int, status: int) -> None:
    """A server speaks its own version and the one before it."""
    kind = f"application/vnd.elasticsearch+json; compatible-with={asked_for}"

    assert ask(Cluster(version), "GET /", headers={"Accept": kind}).status == status


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_content_type(kind: str) -> None:
    """A body that is not said to be JSON is not read."""
    asked = ask(Cluster(), f"POST {CLOSE}", body="{}", headers={"Content-Type": kind})

    assert asked.status == 406


def test_log() -> None:
    """Requests are written down as they came."""
    cluster = Cluster()

    ask(cluster, f"POST {CLOSE}?x=%20", body="{}")

    (line,) = cluster.log
    assert (line.method, line.path) == ("POST", f"{CLOSE}?x=%20")
    assert (line.body, line.now) == (b"{}", NOW)
    assert "Authorization" in line.headers


@pytest.mark.parametrize(("packed", "status"), [(True, 200), (False, 400)])
def test_compressed_body(packed: bool, status: int) -> None:
    """A body may come compressed, and is refused if it only says so."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW)
    body = gzip.compress(b"{}") if packed else b"{}"
    headers = {**KEY, "Content-Type": "application/json", "Content-Encoding": "gzip"}

    answer, _ = cluster.handle(Request("POST", CLOSE, headers, body), NOW)

    assert answer.status == status


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("OPTIONS /_ml/info", "GET"),
        ("OPTIONS /logs", "DELETE,GET,HEAD,PUT"),
        ("OPTIONS /_ml/nothing/at/all", None),
    ],
)
def test_options(line: str, allowed: str | None) -> None:
    """Whoever asks what a path allows is told, even if it allows nothing."""
    asked = ask(Cluster(), line, key={})

    assert (asked.status, asked.body, asked.headers.get("Allow")) == (200, b"", allowed)
    assert asked.headers["content-type"] == "text/plain; charset=UTF-8"


def test_method_not_allowed() -> None:
    """A method that a path has not is refused with those that it has."""
    asked = ask(Cluster(), "POST /logs")

    assert (asked.status, asked.headers["Allow"]) == (405, "DELETE,GET,HEAD,PUT")
    assert asked.body == {
        "error": (
            "Incorrect HTTP method for uri [/logs] and method [POST], allowed: "
            "[DELETE, GET, HEAD, PUT]"
        ),
        "status": 405,
    }
