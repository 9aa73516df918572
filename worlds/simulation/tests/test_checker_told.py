"""The check of a simulated schedule: what is told is true (I1, I5)."""

from typing import Any

import pytest

from simulation.history import Key, Turned
from simulation.tale import Tale, idle_tale, kinds


@pytest.mark.parametrize(
    ("ended", "reason", "before", "untrue"),
    [
        ("closed", "requested", "opened", True),
        ("closed", "requested", "closed", False),
        ("force_closed", "failed", "closed", True),
        ("skipped", "already_closed", "opened", True),
        ("skipped", "already_closed", "closed", False),
        ("skipped", "gone", "closed", True),
        ("skipped", "gone", "deleted", False),
        ("skipped", "no_such_job", "closed", True),
        ("skipped", "no_such_job", "deleted", False),
        ("skipped", "no_match", "closed", True),
        ("skipped", "no_match", "deleted", False),
        ("skipped", "reopened", "data", True),
        ("skipped", "reopened", "opened", False),
        ("skipped", "kept_by_owner", "data", True),
        ("skipped", "kept_by_owner", "protected", False),
        ("skipped", "blocked", "data", True),
        ("skipped", "blocked", "blocked", False),
    ],
)
def test_an_outcome_must_be_true(
    ended: str, reason: str, before: str, untrue: bool
) -> None:
    """What an outcome says of its job was so when its teller looked."""
    tale = idle_tale().sweep()
    tale.lived(9, before)
    tale.look(10, ended, reason)

    assert kinds(tale.check()) == [("I1", "false")] * untrue


@pytest.mark.parametrize(
    ("what", "value", "reason"),
    [("mode", "observe", "mode_is_observe"), ("upgrade_mode", "on", "upgrade_mode")],
)
def test_a_mode_must_be_on_to_be_a_reason(what: Any, value: str, reason: str) -> None:
    """An outcome that blames a mode is true only while that mode is on."""
    off, on = idle_tale().sweep().look(10, "skipped", reason), idle_tale().sweep()
    on.add(Turned, 5, what=what, value=value)
    on.look(10, "skipped", reason)

    assert kinds(off.check()) == [("I1", "false")]
    assert kinds(on.check()) == []


@pytest.mark.parametrize("kind", ["watch", "close"])
def test_a_watch_claims_no_closing(kind: str) -> None:
    """What only looks on cannot say that it closed the job."""
    tale = Tale().sweep(kind=kind)
    tale.lived(5, "closed")
    tale.look(10, "closed", "requested")

    assert kinds(tale.check()) == [("I1", "false")] * (kind == "watch")


@pytest.mark.parametrize(("hours", "untrue"), [(1.9, True), (2.1, False)])
def test_what_followed_a_closing_may_have_forced_it(hours: float, untrue: bool) -> None:
    """No message shows whether it was forced, so it counts once that was allowed."""
    tale = Tale().sweep(kind="watch")
    tale.lived(5, "closing")
    tale.lived(hours * 3_600, "closed")
    number = tale.begin(10_000, "ForceCloser", "ForceQueue")
    tale.tell(10_001, number, "closed", "requested")
    tale.finish(10_002, number)

    assert kinds(tale.check()) == [("I1", "false")] * untrue


def test_what_was_forced_is_closed_by_its_request() -> None:
    """Not only the look that forced a job may claim its closing."""
    tale = Tale().sweep(kind="watch")
    tale.lived(5, "failed")
    forced = tale.begin(10, "ForceCloser", "ForceQueue")
    tale.post(11, forced, "failed", "closed", force=True)
    tale.finish(12, forced)
    number = tale.begin(30, "ForceCloser", "ForceQueue")
    tale.tell(31, number, "closed", "requested")
    tale.finish(32, number)

    assert kinds(tale.check()) == []


def test_closed_means_since_the_request() -> None:
    """A job that was closed before anybody asked was not closed by the request."""
    tale = Tale().sweep()
    tale.lived(-60, "closed")
    tale.look(10, "closed", "requested")

    assert "closed before the request" in tale.check().problems[0].what


def test_nobody_asked_for_an_outcome() -> None:
    """An outcome of a wish that nobody had is false."""
    tale = Tale().sweep().close()
    tale.tell(12, 2, "skipped", "active", Key("other", "a"))

    assert kinds(tale.check()) == [("I1", "false")]


def parking_tale(*, sent: bool = True, told: bool = True, late: float = 0) -> Tale:
    """Return a tale of a message that is parked, or said to be."""
    tale = Tale().sweep()
    number = tale.begin(10, "Closer", "CloseQueue")
    if sent:
        tale.send(11, number, "ParkingQueue")
    if told:
        tale.tell(11 + late, number, "parked", "bad_request")
    tale.finish(12 + late, number)
    return tale


def test_parked_means_in_the_parking_queue() -> None:
    """An alarm rings within 5 minutes of a parked outcome, and nothing is parked dumb.

    The depth of ParkingQueue is what rings.
    """
    assert kinds(parking_tale().check()) == []
    assert kinds(parking_tale(sent=False).check()) == [("I5", "silent")]
    assert kinds(parking_tale(late=301).check()) == [("I5", "silent")]
    assert ("I5", "silent") in kinds(parking_tale(told=False).check())
