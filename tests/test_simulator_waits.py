"""The stand-in takes its time to close jobs."""

from datetime import timedelta

import pytest

from simulator.cluster import FOREVER, Cluster
from simulator.cluster.asking import NOW, ask

CLOSE = "POST /_ml/anomaly_detectors/{}/_close"


MINUTES = timedelta(minutes=1)


def close(job_id: str, query: str = "") -> str:
    """Write the request line of a close."""
    return CLOSE.format(job_id) + query


def test_takes_time() -> None:
    """A job is closing from the request on, and finished when its time is up."""
    cluster = Cluster()
    job = cluster.add_job("web", now=NOW, close_takes=4 * MINUTES, forecast=True)

    asked = ask(cluster, close("web", "?timeout=5s"))

    assert (200, 4 * MINUTES) == (asked.status, asked.takes)
    assert cluster.state_of("web", NOW) == "closing"
    assert cluster.state_of("web", NOW + 9 * MINUTES) == "closed"
    assert (job.finished, job.forecast) == (NOW + 4 * MINUTES, False)


@pytest.mark.parametrize(
    ("timeout", "status", "takes"),
    [("30s", 500, 0.5), ("5m", 200, 3), ("0", 500, 0), ("-1", 500, 0)],
)
def test_second_close_obeys_timeout(timeout: str, status: int, takes: float) -> None:
    """A close of a closing job only waits, and no longer than it was told."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, close_takes=4 * MINUTES)
    ask(cluster, close("web"))

    asked = ask(cluster, close("web", f"?timeout={timeout}"), NOW + MINUTES)

    assert (status, takes * MINUTES) == (asked.status, asked.takes)
    assert cluster.state_of("web", NOW + 4 * MINUTES) == "closed"


def test_timeout_wording() -> None:
    """A wait that ends too early is an illegal state, and says after how long."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, state="closing", close_ends="hangs")
    reason = "Timed out when waiting for persistent tasks after 30s"
    cause = {"type": "illegal_state_exception", "reason": reason}

    asked = ask(cluster, close("web", "?timeout=30s"))

    assert asked.body == {"error": {"root_cause": [cause], **cause}, "status": 500}


@pytest.mark.parametrize(
    ("timeout", "told"),
    [
        ("1100ms", "1.1s"),
        ("90s", "1.5m"),
        ("65s", "1m"),
        ("119s", "1.9m"),
        ("60m", "1h"),
        ("1000h", "41.6d"),
        ("999999999d", "106751.9d"),
        ("1500%20micros", "1.5ms"),
        ("5nanos", "5nanos"),
        ("0ms", "0s"),
        ("0", "0s"),
        ("-1", "-1"),
    ],
)
def test_told_timeout(timeout: str, told: str) -> None:
    """A timeout is told in its largest unit and with one digit, cut (S5)."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, state="closing", close_ends="hangs")

    asked = ask(cluster, close("web", f"?timeout={timeout}"))

    expected = f"Timed out when waiting for persistent tasks after {told}"
    assert expected == asked.reason


def test_hangs() -> None:
    """A close that hangs never answers; force ends it."""
    cluster = Cluster()
    job = cluster.add_job("web", now=NOW, close_ends="hangs")

    assert ask(cluster, close("web")).takes == FOREVER
    assert cluster.state_of("web", NOW + 9999 * MINUTES) == "closing"
    assert ask(cluster, close("web", "?force=true"), NOW + MINUTES).status == 200
    assert (job.state, job.finished) == ("closed", NOW + MINUTES)


def test_fails_while_closing() -> None:
    """A close that breaks answers 500 when it does and leaves the job failed."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, close_ends="failed", close_takes=MINUTES)

    first = ask(cluster, close("web"))
    second = ask(cluster, close("web", "?timeout=5m"), NOW + MINUTES / 2)

    assert (500, MINUTES) == (first.status, first.takes)
    assert first.reason == "Exception closing autodetect process"
    assert (500, 5 * MINUTES) == (second.status, second.takes)
    assert cluster.state_of("web", NOW + MINUTES) == "failed"


def test_changes_by_hand() -> None:
    """A test may delete, reopen and feed jobs while they close."""
    cluster = Cluster()
    job = cluster.add_job("web", now=NOW, close_takes=MINUTES)
    ask(cluster, close("web"))

    cluster.reopen_job("web", NOW)
    cluster.give_data("web", NOW)

    assert cluster.state_of("web", NOW + MINUTES) == "opened"
    assert (job.opened, job.last_data, job.records) == (NOW, NOW, 100)
    cluster.delete_job("web")
    assert ask(cluster, close("web")).status == 404
