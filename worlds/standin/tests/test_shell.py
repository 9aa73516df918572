"""The shell puts the stand-in on a socket, and holds answers until they are due."""

import gzip
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import time_machine
from elasticsearch import Elasticsearch

from standin.cluster import Cluster, Fault, serve
from standin.cluster.asking import KEY, NOW

CLOSE = "/_ml/anomaly_detectors/web/_close"


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """Keep connections alive as the application does."""
    with requests.Session() as session:
        session.headers.update(KEY)
        yield session


def test_official_client() -> None:
    """Elastic's own client reads, closes, and finds the product it expects."""
    cluster = Cluster("9.5.1")
    cluster.add_job("web", now=datetime.now(UTC), datafeed="started")

    with serve(cluster) as url, Elasticsearch(url, api_key="dGVzdDp0ZXN0") as client:
        assert client.info()["version"]["number"] == "9.5.1"
        assert client.ml.info()["upgrade_mode"] is False
        assert client.ml.get_jobs()["jobs"][0]["job_id"] == "web"
        assert client.ml.close_job(job_id="web", timeout="30s").body == {"closed": True}
        assert client.ml.get_job_stats(job_id="web")["jobs"][0]["state"] == "closed"
        assert client.ml.get_datafeed_stats()["datafeeds"][0]["state"] == "stopped"


def test_keeps_alive(session: requests.Session) -> None:
    """Many requests travel on one connection, raw path and body as sent."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW)

    with serve(cluster) as url:
        path = "/_ml/anomaly_detectors/web%2C%2A/_stats"
        first = session.get(f"{url}{path}", stream=True)
        second = session.post(f"{url}{CLOSE}", json={"force": True})

    assert [200, 200] == [first.status_code, second.status_code]
    assert cluster.log[0].path == path
    assert json.loads(cluster.log[1].body) == {"force": True}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_gzip_and_head(method: str) -> None:
    """An answer is compressed if asked for, and a HEAD has no body."""
    with serve(Cluster()) as url:
        connection = HTTPConnection(urlsplit(url).netloc)
        connection.request(method, "/", headers={**KEY, "Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()

    assert answer.getheader("content-encoding") == "gzip"
    assert int(answer.getheader("content-length") or 0) > 100
    assert (method == "HEAD") == (body == b"")
    assert not body or b"You Know" in gzip.decompress(body)


def test_hanging_up_does_not_stop_a_close(session: requests.Session) -> None:
    """A client that hangs up on a held answer leaves the close going on."""
    cluster = Cluster()

    with time_machine.travel(NOW, tick=False) as clock, serve(cluster) as url:
        cluster.add_job("web", now=NOW, close_takes=timedelta(minutes=4))
        with pytest.raises(requests.ReadTimeout):
            session.post(f"{url}{CLOSE}", timeout=0.05)
        assert cluster.state_of("web", NOW) == "closing"
        clock.shift(timedelta(minutes=4))
        stats = session.get(f"{url}/_ml/anomaly_detectors/web/_stats").json()

    assert stats["jobs"][0]["state"] == "closed"


def test_answers_when_the_clock_is_turned(session: requests.Session) -> None:
    """A held answer comes as soon as the turned clock says so."""
    cluster = Cluster()
    answers: list[Any] = []

    with time_machine.travel(NOW, tick=False) as clock, serve(cluster) as url:
        cluster.add_job("web", now=NOW, close_takes=timedelta(minutes=4))
        ask = threading.Thread(
            target=lambda: answers.append(session.post(f"{url}{CLOSE}").json())
        )
        ask.start()
        ask.join(0.05)
        held = not answers
        clock.shift(timedelta(minutes=4))
        ask.join()

    assert (held, answers) == (True, [{"closed": True}])


def test_a_force_ends_a_held_answer(session: requests.Session) -> None:
    """A close that is held when its job is forced ends with a 409, at once (S1)."""
    cluster = Cluster()
    answers: list[int] = []

    with serve(cluster) as url:
        cluster.add_job("web", now=NOW, close_ends="hangs")
        ask = threading.Thread(
            target=lambda: answers.append(session.post(f"{url}{CLOSE}").status_code)
        )
        ask.start()
        while not cluster.log:
            time.sleep(0.001)
        forced = requests.post(f"{url}{CLOSE}?force=true", headers=KEY, timeout=5)
        ask.join()

    assert (200, [409]) == (forced.status_code, answers)


@pytest.mark.parametrize("kind", ["refuse", "cut_after"])
def test_drops(session: requests.Session, kind: Any) -> None:
    """A dropped connection gives the client an error and no answer."""
    cluster = Cluster()
    cluster.faults.append(Fault(kind=kind))

    with serve(cluster) as url, pytest.raises(requests.ConnectionError):
        session.get(url)


def test_tells_its_own_bugs(session: requests.Session) -> None:
    """What breaks inside the stand-in breaks the test that serves it."""

    def broken() -> datetime:
        raise ZeroDivisionError

    with (
        pytest.raises(ZeroDivisionError),
        serve(Cluster(), broken) as url,
        pytest.raises(requests.ConnectionError),
    ):
        session.get(url)


def test_stops_cleanly(session: requests.Session) -> None:
    """Stopping ends kept connections and held answers at once, and every thread."""
    cluster = Cluster()
    cluster.faults.append(Fault("_close", kind="hang"))
    before = threading.active_count()

    with serve(cluster) as url:
        session.get(url)
        with pytest.raises(requests.ReadTimeout):
            session.post(f"{url}{CLOSE}", timeout=0.02)
        began = time.monotonic()

    assert time.monotonic() - began < 2
    while threading.active_count() > before and time.monotonic() - began < 10:
        time.sleep(0.01)  # A thread that has ended may be counted for a moment.
    assert threading.active_count() <= before


def test_ten_thousand_jobs_are_answered_whole() -> None:
    """A sweep's look at a large cluster is complete, and carries what is asked for."""
    cluster = Cluster()
    for number in range(10_000):
        state: Any = "opened" if number < 300 else "closed"
        cluster.add_job(f"job-{number}", now=NOW, state=state, last_data=NOW)
    fields = "count,jobs.job_id,jobs.state,jobs.node.id,jobs.data_counts.last_data_time"

    with serve(cluster) as url:
        path = f"{url}/_ml/anomaly_detectors/_stats?filter_path={fields}"
        body = requests.get(path, headers=KEY, timeout=5).json()

    assert body["count"] == len(body["jobs"]) == 10_000
