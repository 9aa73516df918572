"""`make cluster CONTROL_PORT=...` serves the control beside the cluster."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta

import pytest
import requests

from local import serve
from local.tests.test_serve import ask, free_port, started, words

pytestmark = pytest.mark.slow


@pytest.fixture
def control() -> str:
    """Return where the control shall be."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def told(control: str) -> Iterator[list[str]]:
    """Yield what a running cluster printed that has a control."""
    with started(CONTROL_PORT=control.rpartition(":")[2]) as process:
        assert process.stdout
        yield [process.stdout.readline() for _ in serve.introduction("", control)]


def test_a_held_answer_comes_when_the_clock_is_turned(
    told: list[str], control: str
) -> None:
    """The printed line ends a closing that would have taken more than an hour."""
    [close] = words(told, "POST")
    [turn] = words(told, f"{control}/clock")
    url = f"{control}/close-duration"
    assert requests.put(url, '{"fixed": "80m"}', timeout=5).status_code == 200
    with ThreadPoolExecutor() as pool:
        held = pool.submit(ask, close)
        early, _ = wait([held], timeout=0.3)
        turned = requests.put(turn[4], turn[6], timeout=5).json()

        assert (early, turned["stopped"]) == (set(), False)
        assert held.result() == {"closed": True}


def test_the_control_is_not_stopped_by_its_clock(told: list[str], control: str) -> None:
    """It answers at once, though the cluster's time was turned back."""
    assert told
    back = {"at": "2020-01-01T00:00:00Z"}
    shown = {"now": "2020-01-01T00:00:00+00:00", "stopped": True}

    for _ in range(2):
        assert requests.put(f"{control}/clock", json=back, timeout=5).json() == shown


def test_the_cluster_says_its_time_while_its_clock_is_turned(
    told: list[str], control: str
) -> None:
    """`GET /` has `simulated_time` from the turning until the clock is real (U14)."""
    [turn] = words(told, f"{control}/clock")
    info = words(told, "curl")[0]
    root = [*info[:-1], info[-1].partition("/_ml")[0]]
    before = ask(root)
    requests.put(turn[4], turn[6], timeout=5)
    turned = ask(root)
    ahead = datetime.fromisoformat(turned["simulated_time"]) - datetime.now(UTC)
    requests.put(turn[4], '{"real": true}', timeout=5)

    assert "simulated_time" not in before
    assert timedelta(minutes=89) < ahead < timedelta(minutes=91)
    assert turned["cluster_name"] == before["cluster_name"]
    assert before == ask(root)


def test_the_introduction_says_where_the_time_stands(told: list[str]) -> None:
    """Who turns the clock reads that a plan follows it (U14)."""
    assert "simulated_time" in "".join(told)


def test_the_control_has_a_port_of_its_own(told: list[str], control: str) -> None:
    """Neither port knows the paths of the other."""
    [close] = words(told, "POST")
    cluster = close[-1].partition("/_ml")[0]
    here = requests.get(f"{cluster}/clock", timeout=5)
    there = requests.get(f"{control}/_ml/info", timeout=5)

    assert (here.status_code, here.headers["X-elastic-product"]) == (
        401,
        "Elasticsearch",
    )
    assert (there.status_code, "X-elastic-product" in there.headers) == (404, False)


def test_no_control_unless_asked_for() -> None:
    """Without a port for it, no line speaks of a control."""
    with started() as process:
        assert process.stdout
        told = [process.stdout.readline() for _ in serve.introduction("")]

    assert words(told, "curl")
    assert not words(told, "PUT")
