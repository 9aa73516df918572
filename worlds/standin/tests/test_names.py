"""The stand-in finds jobs by id, group, wildcard and list."""

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import NOW, ask


def ids(cluster: Cluster, path: str) -> list[str] | int:
    """Read which jobs a path names, or the status of the refusal."""
    asked = ask(cluster, f"GET {path}")
    if asked.status != 200:
        return asked.status
    return [job["job_id"] for job in asked.body["jobs"]]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", ["api-1", "web-1", "web-2"]),
        ("/_all", ["api-1", "web-1", "web-2"]),
        ("/*", ["api-1", "web-1", "web-2"]),
        ("/,", ["api-1", "web-1", "web-2"]),
        ("/web-1", ["web-1"]),
        ("/%20web-2%20,,web-1,web-2", ["web-1", "web-2"]),
        ("/front", ["web-1", "web-2"]),
        ("/fr*", ["web-1", "web-2"]),
        ("/web-%2A", ["web-1", "web-2"]),
        ("/web-%3F", 404),
        ("/web.1", 404),
        ("/web-3", 404),
        ("/web-1,web-3", 404),
        ("/web-1,_all", 404),
        ("/x*", []),
        ("/web-1,x*", ["web-1"]),
        ("/x*?allow_no_match=false", 404),
        ("/web-1,x*?allow_no_match=false", 404),
    ],
)
@pytest.mark.parametrize("stats", ["", "/_stats"])
def test_names_jobs(expression: str, expected: list[str] | int, stats: str) -> None:
    """Ids, groups, wildcards and lists of them name jobs, sorted and each once."""
    cluster = Cluster()
    for job_id, groups in (("web-2", ["front"]), ("web-1", ["front"]), ("api-1", [])):
        cluster.add_job(job_id, now=NOW, groups=groups)
    path, mark, query = expression.partition("?allow")

    assert expected == ids(cluster, f"/_ml/anomaly_detectors{path}{stats}{mark}{query}")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("GET /_ml/anomaly_detectors/a,b,x*", "No known job with id 'a,b'"),
        (
            "GET /_ml/anomaly_detectors/_all/_stats?allow_no_match=false",
            "No known job with id '*'",
        ),
        ("POST /_ml/anomaly_detectors/a/_close?force=true", "No known job with id 'a'"),
        ("GET /_ml/datafeeds/a/_stats", "No datafeed with id [a] exists"),
        ("POST /_ml/datafeeds/a/_stop", "No datafeed with id [a] exists"),
    ],
)
def test_not_found(line: str, reason: str) -> None:
    """What does not exist is a 404 that names the pieces without a match."""
    cause = {"type": "resource_not_found_exception", "reason": reason}

    asked = ask(Cluster(), line)

    assert asked.body == {"error": {"root_cause": [cause], **cause}, "status": 404}
