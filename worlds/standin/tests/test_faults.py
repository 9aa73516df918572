"""The stand-in misbehaves as it is told to."""

from datetime import timedelta
from typing import Literal

import pytest

from standin.cluster import FOREVER, Cluster, Fault, Request
from standin.cluster.asking import KEY, NOW, ask

MINUTE = timedelta(minutes=1)
CLOSE = "POST /_ml/anomaly_detectors/web/_close"


@pytest.mark.parametrize(
    ("kind", "status", "answer_kind", "state"),
    [
        ("status", 502, "answered", "opened"),
        ("status_after", 502, "answered", "closed"),
        ("refuse", 0, "dropped", "opened"),
        ("cut_before", 0, "dropped", "opened"),
        ("cut_after", 0, "dropped", "closed"),
        ("delay", 200, "answered", "closed"),
    ],
)
def test_kinds(
    kind: Literal[
        "status", "status_after", "refuse", "cut_before", "cut_after", "delay"
    ],
    status: int,
    answer_kind: str,
    state: str,
) -> None:
    """Each fault spoils the answer, and some let the effect happen."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW)
    delay = MINUTE if kind == "delay" else timedelta()
    cluster.faults.append(Fault("_close", kind=kind, status=502, delay=delay))

    method, path = CLOSE.split(" ")
    answer, takes = cluster.handle(Request(method, path, KEY), NOW)

    assert (status, answer_kind, delay) == (answer.status, answer.kind, takes)
    assert cluster.state_of("web", NOW) == state
    assert len(cluster.log) == 1


@pytest.mark.parametrize(
    ("kind", "delay", "status", "takes"),
    [
        ("delay", 1, 409, 2),
        ("status_after", 3, 409, 1),
        ("status_after", 0.5, 502, 0.5),
        ("cut_after", 0.5, 0, 0.5),
    ],
)
def test_killed_behind_a_fault(
    kind: Literal["delay", "status_after", "cut_after"],
    delay: float,
    status: int,
    takes: float,
) -> None:
    """What stands between spoils the answer of a close that is killed, too (S1)."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, close_takes=9 * MINUTE)
    fault = Fault("_close", kind=kind, status=502, delay=delay * MINUTE, times=1)
    cluster.faults.append(fault)
    first = ask(cluster, CLOSE)

    ask(cluster, f"{CLOSE}?force=true", NOW + MINUTE)

    assert (status, takes * MINUTE) == (first.again().status, first.again().takes)


def test_hang() -> None:
    """A request that hangs is never answered and has no effect."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW)
    cluster.faults.append(Fault(kind="hang"))

    assert ask(cluster, CLOSE).takes == FOREVER
    assert cluster.state_of("web", NOW) == "opened"


@pytest.mark.parametrize(
    ("takes", "status", "after"), [(0.5, 200, 0.5), (4, 504, 1.0)], ids=["fast", "slow"]
)
def test_proxy_that_cuts(takes: float, status: int, after: float) -> None:
    """A proxy that cuts after a minute lets quicker answers through."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, close_takes=takes * MINUTE)
    cluster.faults.append(Fault(kind="status_after", status=504, delay=MINUTE))

    asked = ask(cluster, CLOSE)

    assert (status, after * MINUTE) == (asked.status, asked.takes)
    assert cluster.state_of("web", NOW) == "closing"


def test_when() -> None:
    """A fault strikes between two times, as often as it may, and where it matches."""
    cluster = Cluster()
    cluster.faults.append(
        Fault("^/_ml/info", method="GET", start=NOW, until=NOW + 3 * MINUTE, times=2)
    )

    def status(line: str, minute: int) -> int:
        return ask(cluster, line, NOW + minute * MINUTE).status

    assert status("GET /", 0) == 200
    assert status("POST /_ml/info", 0) == 405
    assert [status("GET /_ml/info", at) for at in (-1, 1, 3, 2, 2)] == [
        200,
        503,
        200,
        503,
        200,
    ]
