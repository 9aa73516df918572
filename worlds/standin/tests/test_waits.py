"""The stand-in takes its time to close jobs."""

from datetime import timedelta
from typing import Any

import pytest

from standin.cluster import FOREVER, Cluster
from standin.cluster.asking import NOW, ask

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


KILLED = "Close job interrupted by kill request"


@pytest.mark.parametrize("how", ["closed", "failed", "hangs"])
@pytest.mark.parametrize(
    "line",
    [close("web", "?force=true"), "DELETE /_ml/anomaly_detectors/web?force=true"],
)
def test_killed_while_closing(how: Any, line: str) -> None:
    """A force ends the wait of the close that it comes into, with a 409 (S1)."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, close_ends=how, close_takes=4 * MINUTES)
    first = ask(cluster, close("web"))

    before = first.again()
    assert ask(cluster, line, NOW + MINUTES).status == 200
    after = first.again()

    assert first[:3] == before[:3]
    assert (409, KILLED, MINUTES) == (after.status, after.reason, after.takes)
    assert after.body["error"]["type"] == "status_exception"


@pytest.mark.parametrize("how", ["closed", "failed", "hangs"])
def test_killed_while_others_wait(how: Any) -> None:
    """Who only waits for a closing that is killed has its 200 at once (S1)."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, close_ends=how, close_takes=4 * MINUTES)
    ask(cluster, close("web"))
    second = ask(cluster, close("web"), NOW + MINUTES)

    ask(cluster, close("web", "?force=true"), NOW + 3 * MINUTES)

    assert (200, {"closed": True}, 2 * MINUTES) == second.again()[:3]


def test_killed_after_it_failed() -> None:
    """Who waits for a job that failed as it closed is served by its force (S1)."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, close_ends="failed", close_takes=MINUTES)
    first = ask(cluster, close("web"))
    second = ask(cluster, close("web"), NOW)

    ask(cluster, close("web", "?force=true"), NOW + 2 * MINUTES)

    assert (500, MINUTES) == (first.again().status, first.again().takes)
    assert (200, 2 * MINUTES) == (second.again().status, second.again().takes)


def test_killed_after_its_end() -> None:
    """A force that comes when the close has ended takes nothing back (S1)."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, close_takes=MINUTES)
    first = ask(cluster, close("web"))

    ask(cluster, close("web", "?force=true"), NOW + MINUTES)

    assert (200, {"closed": True}, MINUTES) == first.again()[:3]


def test_killed_once_more() -> None:
    """A force ends only the closing of the process that it kills (S1)."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, close_takes=4 * MINUTES)
    ask(cluster, close("web"))
    ask(cluster, close("web", "?force=true"), NOW + MINUTES)
    ask(cluster, "POST /_ml/anomaly_detectors/web/_open", NOW + 2 * MINUTES)

    again = ask(cluster, close("web"), NOW + 3 * MINUTES)

    assert (200, 4 * MINUTES) == (again.again().status, again.again().takes)


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
