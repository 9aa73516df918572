"""The control refuses what it does not know as a whole, and says what it takes."""

import json

import pytest

from standin.control.asking import Controlled, refuse

MOMENT = "an RFC 3339 time from 1970-01-02 to 3000-01-01"
SPAN = "a time value such as 90m, at most 365d"
ONE = "expected exactly one of at, advance, real"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, f"request: {ONE}, got []"),
        ({"at": "2026-03-02T12:00:00Z", "real": True}, f"request: {ONE}, got "),
        ({"to": 1}, 'field of request: expected one of at, advance, real, got "to"'),
        ({"at": 1}, f"at: expected {MOMENT}, got 1"),
        ({"at": "2026-03-02T12:00:00"}, f"at: expected {MOMENT}"),
        ({"at": "2026-02-30T12:00:00Z"}, f"at: expected {MOMENT}"),
        ({"at": "0001-01-01T00:00:00+01:00"}, f"at: expected {MOMENT}"),
        ({"at": "1970-01-01T00:00:00Z"}, f"at: expected {MOMENT}"),
        ({"at": "3000-01-01T00:00:01Z"}, f"at: expected {MOMENT}"),
        ({"advance": 90}, f"advance: expected {SPAN}, got 90"),
        ({"advance": "-1m"}, f"advance: expected {SPAN}"),
        ({"advance": "٩m"}, f"advance: expected {SPAN}"),
        ({"advance": "366d"}, f"advance: expected {SPAN}"),
        ({"real": False}, "real: expected true, got false"),
        ({"real": 1}, "real: expected true or false, got 1"),
    ],
)
def test_no_clock(body: object, why: str) -> None:
    """A clock is turned in one of three ways, to a time that it can show."""
    assert refuse("PUT /clock", json.dumps(body).encode()).startswith(why)


def test_the_clock_stays_within_the_calendar() -> None:
    """It is not advanced to where the cluster could no longer add to its time."""
    stage = Controlled()
    stage.tell("PUT /clock", {"at": "2999-12-31T23:00:00Z"})
    status, shown = stage.tell("PUT /clock", {"advance": "61m"})

    assert (status, shown["error"][:24]) == (400, "advance: expected a time")
    assert stage.tell("PUT /clock", {"advance": "60m"})[0] == 200


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"mean": 1}, "field of lognormal: expected one of median, sigma, seed"),
        ({"median": 8}, f"lognormal.median: expected {SPAN}, got 8"),
        ({"median": "0s"}, "lognormal.median: expected a time value above zero"),
        ({"median": None}, f"lognormal.median: expected {SPAN}, got null"),
        ({"sigma": "1"}, "lognormal.sigma: expected a number from 0 to 10"),
        ({"sigma": True}, "lognormal.sigma: expected a number from 0 to 10"),
        ({"sigma": -0.1}, "lognormal.sigma: expected a number from 0 to 10"),
        ({"sigma": float("nan")}, "lognormal.sigma: expected a number from 0 to 10"),
        ({"sigma": None}, "lognormal.sigma: expected a number from 0 to 10"),
        ({"seed": 1.0}, "lognormal.seed: expected an integer from 0 to "),
        ({"seed": True}, "lognormal.seed: expected an integer from 0 to "),
        ({"seed": -1}, "lognormal.seed: expected an integer from 0 to "),
        ({"seed": None}, "lognormal.seed: expected an integer from 0 to "),
    ],
)
def test_no_lognormal(change: dict[str, object], why: str) -> None:
    """What is drawn from has a median, a spread and a seed, all within bounds."""
    fields = {"median": "8s", "sigma": 1.6, "seed": 1} | change
    body = json.dumps({"lognormal": fields}).encode()

    assert refuse("PUT /close-duration", body).startswith(why)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "request: expected exactly one of fixed, lognormal, got []"),
        ({"mean": "8s"}, "field of request: expected one of fixed, lognormal, got "),
        ({"fixed": 8}, f"fixed: expected {SPAN}, got 8"),
        ({"fixed": "8"}, f"fixed: expected {SPAN}"),
        ({"lognormal": 8}, "lognormal: expected an object, got 8"),
    ],
)
def test_no_close_duration(body: object, why: str) -> None:
    """Closings take what is fixed or what is drawn."""
    assert refuse("PUT /close-duration", json.dumps(body).encode()).startswith(why)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "request: expected exactly one of forecast, got []"),
        ({"forecast": 1}, "forecast: expected true or false, got 1"),
        ({"state": "opened"}, "field of request: expected one of forecast, got "),
    ],
)
def test_no_state(body: object, why: str) -> None:
    """Only what no request sets is set."""
    assert refuse("PUT /jobs/web/state", json.dumps(body).encode()).startswith(why)
