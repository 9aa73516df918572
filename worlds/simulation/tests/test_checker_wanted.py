"""The check of a simulated schedule: what is closed was wanted (I2)."""

import pytest

from idle_jobs.policy.rules import Rules
from simulation.history import Key, Turned
from simulation.tale import JOB, Tale, kinds


@pytest.mark.parametrize(
    ("key", "found"), [(JOB, []), (Key("r", "b"), [("I2", "unasked")])]
)
def test_a_close_names_the_job_of_its_message(
    key: Key, found: list[tuple[str, str]]
) -> None:
    """No close goes to a job that the invocation had no message for."""
    tale = Tale().sweep()
    tale.lived(-99_999, "opened", "b")
    number = tale.begin(10, "Closer", "CloseQueue")
    tale.post(11, number, "opened", "closed", key=key)
    tale.tell(12, number, "skipped", "task_without_job")

    assert kinds(tale.check()) == found


def test_a_close_stays_within_its_expression() -> None:
    """A message for a job that the request did not stand for closes nothing."""
    tale = Tale(jobs={"z"}, expression="z")
    tale.lived(-9, "deleted", "z")
    tale.tell(9, tale.begin(8, "Sweeper"), "skipped", "no_such_job", Key("r", "z"))

    assert kinds(tale.sweep().close().check()) == [("I2", "unasked")]


@pytest.mark.parametrize(("at", "found"), [(-60, [("I2", "unasked")]), (5, [])])
def test_a_close_names_a_job_that_exists(at: int, found: list[tuple[str, str]]) -> None:
    """The id of a deleted job may be a group's name by now."""
    tale = Tale().sweep()
    tale.lived(at, "deleted")
    number = tale.begin(10, "Closer", "CloseQueue")
    tale.post(11, number, "", "", answer=404)
    tale.tell(12, number, "skipped", "gone")

    assert kinds(tale.check()) == found


@pytest.mark.parametrize("kind", ["watch", "close"])
def test_a_watch_closes_nothing(kind: str) -> None:
    """A message that looks after somebody else's closing posts no close."""
    found = kinds(Tale().sweep(kind=kind).close().check())

    assert (("I2", "unasked") in found) == (kind == "watch")


@pytest.mark.parametrize("mode", ["paused", "observe"])
@pytest.mark.parametrize(("ago", "found"), [(40, [("I2", "forbidden")]), (20, [])])
def test_no_close_while_the_mode_forbids_it(
    mode: str, ago: int, found: list[tuple[str, str]]
) -> None:
    """A mode counts once its cache of 30 s has run out."""
    tale = Tale().sweep()
    tale.add(Turned, 101 - ago, what="mode", value=mode)

    assert kinds(tale.close(100).check()) == found


def test_before_a_force_the_mode_is_fresh() -> None:
    """A force does not rest on a cached mode."""
    tale, seen = Tale(force=True).sweep(), Tale(force=True).sweep()
    tale.rules = seen.rules = Rules(force_orders="allowed")
    tale.add(Turned, 95, what="mode", value="paused")
    seen.add(Turned, 100.5, what="mode", value="paused")

    assert kinds(tale.force(100, "opened").check()) == [("I2", "forbidden")]
    assert kinds(seen.force(100, "opened").check()) == []


@pytest.mark.parametrize(("until", "found"), [(50, [("I2", "forbidden")]), (-9, [])])
def test_what_was_born_in_observe_is_never_closed(
    until: int, found: list[tuple[str, str]]
) -> None:
    """A message keeps the mode it was born in."""
    tale = Tale()
    tale.add(Turned, -900, what="mode", value="observe")
    tale.add(Turned, until, what="mode", value="close")

    assert kinds(tale.sweep().close(100).check()) == found
