"""The control turns the clock, closings, faults, log and state of the stand-in."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from standin.cluster import Request
from standin.cluster.asking import NOW, ask
from standin.control.asking import Controlled

STATS = "GET /_ml/anomaly_detectors/web/_stats"
LOGNORMAL = {"median": "8s", "sigma": 1.6, "seed": 1}


@pytest.fixture
def stage() -> Iterator[Controlled]:
    """Stop the machine's clock, and set the stage."""
    with time_machine.travel(NOW, tick=False):
        yield Controlled()


def test_the_clock_is_that_of_the_machine(stage: Controlled) -> None:
    """Nobody has turned it, and it is told."""
    shown = {"now": "2026-03-02T12:00:00+00:00", "stopped": False}

    assert stage.tell("GET /clock") == (200, shown)


def test_the_clock_is_stopped(stage: Controlled) -> None:
    """It stands at the time that was given, with its offset, until it is advanced."""
    shown = {"now": "2020-02-29T22:30:00+00:00", "stopped": True}

    assert stage.tell("PUT /clock", {"at": "2020-02-29T23:30:00+01:00"}) == (200, shown)
    assert stage.tell("PUT /clock", {"advance": "90m"})[1]["now"][11:16] == "00:00"
    assert stage.clock.stopped


def test_the_clock_is_advanced(stage: Controlled) -> None:
    """It runs on from a later time, and is real again when it is let run."""
    ahead = stage.tell("PUT /clock", {"advance": "90m"})
    real = stage.tell("PUT /clock", {"real": True})

    assert (ahead[1]["now"][11:16], ahead[1]["stopped"]) == ("13:30", False)
    assert (real[1]["now"][11:16], real[1]["stopped"]) == ("12:00", False)


@pytest.mark.parametrize(("by", "turned"), [("1s", False), ("2s", True)])
def test_a_clock_is_turned_by_more_than_a_second(
    stage: Controlled, by: str, *, turned: bool
) -> None:
    """Two reads of one clock differ a little: that is no other time (U14)."""
    assert stage.tell("PUT /clock", {"advance": by})[0] == 200
    assert turned == stage.clock.turned


def test_closings_take_what_is_fixed(stage: Controlled) -> None:
    """The jobs that are there take that long, and so do those put later."""
    assert stage.tell("PUT /close-duration", {"fixed": "8s"}) == (200, {"fixed": "8s"})
    stage.cluster.add_job("new", now=NOW)

    for name in ("web", "new"):
        closed = ask(stage.cluster, f"POST /_ml/anomaly_detectors/{name}/_close")
        assert (closed.status, closed.takes) == (200, timedelta(seconds=8))


def test_closings_take_what_is_drawn(stage: Controlled) -> None:
    """Each job draws its own duration, the same ones for the same seed."""
    for number in range(20):
        stage.cluster.add_job(f"job-{number}", now=NOW)
    drawn = []
    for _ in range(2):
        stage.tell("PUT /close-duration", {"lognormal": LOGNORMAL})
        drawn.append([job.close_takes for job in stage.cluster.jobs.values()])

    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) == 21
    assert min(drawn[0]) < timedelta(seconds=8) < max(drawn[0])


def test_no_draw_leads_beyond_the_calendar(stage: Controlled) -> None:
    """However wide the spread, the cluster can add what is drawn to its time."""
    wide = {"median": "365d", "sigma": 10, "seed": 1}
    for number in range(20):
        stage.cluster.add_job(f"job-{number}", now=NOW)
    stage.tell("PUT /close-duration", {"lognormal": wide})

    takes = [job.close_takes for job in stage.cluster.jobs.values()]
    assert max(takes) == timedelta(days=365)


def test_wipes(stage: Controlled) -> None:
    """The cluster is empty then; its faults and its log are left."""
    stage.tell("POST /faults", {"path": "nothing"})
    ask(stage.cluster, STATS)

    assert stage.tell("POST /wipe") == (200, {"wiped": True})
    assert ask(stage.cluster, STATS).status == 404
    assert (len(stage.cluster.faults), len(stage.cluster.log)) == (1, 2)


def test_tells_the_requests_as_received(stage: Controlled) -> None:
    """The log has each request's time, line, headers and body, until it is deleted."""
    for body in (b'{"a":1}', b"\x1f\x8b"):
        stage.cluster.handle(Request("POST", "/a%2Fb?c", {"X-Y": "z"}, body), NOW)
    same = {
        "now": "2026-03-02T12:00:00+00:00",
        "method": "POST",
        "path": "/a%2Fb?c",
        "headers": {"X-Y": "z"},
    }

    log = [same | {"body": '{"a":1}'}, same | {"body_base64": "H4s="}]
    assert stage.tell("GET /log") == (200, {"log": log})
    assert stage.tell("DELETE /log") == (200, {"log": []})
    assert stage.cluster.log == []


def test_a_forecast_runs(stage: Controlled) -> None:
    """What no request sets is set on a job, whose id may be escaped, and shown."""
    for forecast, shown in ((True, 1), (False, 0)):
        body = {"forecast": forecast}

        assert stage.tell("PUT /jobs/w%65b/state", body) == (200, body)
        (stats,) = ask(stage.cluster, STATS).body["jobs"]
        assert stats["forecasts_stats"]["total"] == shown
