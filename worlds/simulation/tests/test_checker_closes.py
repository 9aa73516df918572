"""The check of a simulated schedule: no live job is closed (I2)."""

import pytest

from simulation.history import Read, Turned
from simulation.tale import Tale, idle_tale, kinds

LIVE = [("I2", "live_closed")]


@pytest.mark.parametrize(
    ("at", "what", "found"),
    [
        (-3_600, "data", LIVE),
        (-45, "data", []),
        (-49 * 3_600, "data", []),
        (-3_600, "opened", LIVE),
        (-25 * 3_600, "opened", []),
        (-3_600, "feed_started", LIVE),
        (-45, "feed_started", []),
        (-3_600, "protected", LIVE),
        (-45, "protected", []),
        (-3_600, "blocked", LIVE),
        (-45, "blocked", []),
    ],
)
def test_a_live_job_is_not_closed_only_if_idle(
    at: int, what: str, found: list[tuple[str, str]]
) -> None:
    """Work, grace and protection count once they could be known, 60 s before."""
    tale = idle_tale()
    tale.lived(at, what)

    assert kinds(tale.sweep().close().check()) == found


def test_a_problem_says_for_how_long() -> None:
    """A span in a finding is written as those in the product's own lines are."""
    tale = idle_tale()
    tale.lived(-26 * 3_600, "data")
    (problem,) = tale.sweep().close().check().kind("live_closed")

    assert "it got data 1d 2h before" in problem.what


@pytest.mark.parametrize(
    ("at", "path", "found"),
    [
        (-58, "/_ml/anomaly_detectors/b%2Ca/_stats", []),
        (-70, "/_ml/anomaly_detectors/a/_stats", [("I2", "unchecked")]),
        (-1, "/_ml/anomaly_detectors/ab/_stats", [("I2", "unchecked")]),
        (-1, "/_ml/anomaly_detectors/a", [("I2", "unchecked")]),
    ],
)
def test_what_is_closed_was_read_within_the_last_minute(
    at: int, path: str, found: list[tuple[str, str]]
) -> None:
    """A close follows a read of this very job's state, at most 60 s old."""
    tale = Tale().sweep()
    number = tale.begin(200, "Closer", "CloseQueue")
    tale.events.pop()
    tale.add(Read, 300 + at, invocation=number, path=path, ok=True)
    tale.post(300, number, "opened", "closed")
    tale.tell(301, number, "closed", "requested")
    tale.finish(302, number)

    assert kinds(tale.check()) == found


@pytest.mark.parametrize("what", ["feed_stopped", "unprotected", "unblocked"])
def test_what_ended_in_the_last_minute_does_not_count(what: str) -> None:
    """A job that was let go since may have been read as free."""
    begun = {"feed_stopped": "feed_started", "unprotected": "protected"}
    tale = idle_tale()
    tale.lived(-3_600, begun.get(what, "blocked"))
    tale.lived(5, what)

    assert kinds(tale.sweep().close().check()) == []


@pytest.mark.parametrize(("days", "found"), [(-3, LIVE), (-8, [])])
def test_a_young_job_that_was_never_fed_is_live(
    days: int, found: list[tuple[str, str]]
) -> None:
    """A job without data is idle only after a week."""
    tale = idle_tale()
    del tale.events[:3]
    tale.lived(days * 86_400, "created")
    tale.lived(days * 86_400, "opened")

    assert kinds(tale.sweep().close().check()) == found


def test_nothing_idle_is_closed_in_upgrade_mode() -> None:
    """The cluster is not to be touched while it is upgraded."""
    tale, over = idle_tale(), idle_tale()
    tale.add(Turned, -3_600, what="upgrade_mode", value="on")
    over.add(Turned, -3_600, what="upgrade_mode", value="on")
    over.add(Turned, -600, what="upgrade_mode", value="off")

    assert kinds(tale.sweep().close().check()) == LIVE
    assert kinds(over.sweep().close().check()) == []


@pytest.mark.parametrize(("what", "found"), [("data", []), ("protected", LIVE)])
def test_an_explicit_request_overrides_work_but_not_protection(
    what: str, found: list[tuple[str, str]]
) -> None:
    """A person may close a busy job, and not a protected one."""
    tale = Tale()
    tale.lived(-3_600, what)

    assert kinds(tale.sweep().close().check()) == found


@pytest.mark.parametrize(
    ("at", "found"), [(4, []), (60, LIVE), (580, [])], ids=["before", "after", "unseen"]
)
def test_an_explicit_request_is_spent_once_the_job_is_reopened(
    at: int, found: list[tuple[str, str]]
) -> None:
    """A job that somebody opened after the request is wanted again."""
    tale = Tale()
    tale.lived(at, "opened")

    assert kinds(tale.sweep().close(600).check()) == found


@pytest.mark.parametrize(("hours", "found"), [(23, []), (25, LIVE)])
def test_an_old_request_is_judged_as_only_if_idle(
    hours: int, found: list[tuple[str, str]]
) -> None:
    """What was asked for more than a day ago closes no busy job."""
    tale = Tale()
    tale.lived((hours - 1) * 3_600, "data")

    assert kinds(tale.sweep().close(hours * 3_600).check()) == found
