"""The check of a simulated schedule: what is posted, by whom, and how many (I2-I8)."""

from typing import Any

import pytest

from simulation.history import (
    HungUp,
    Key,
    Read,
    Turned,
)
from simulation.tale import JOB, WHOLE, Tale, idle_tale, kinds

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
    tale.tell(12, number, "skipped", "active")

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


NEEDLESS = [("I3", "needless_force")]


@pytest.mark.parametrize(
    ("state", "since", "found"),
    [
        ("failed", 9_000, []),
        ("closing", 0, []),
        ("closing", 5_000, NEEDLESS),
        ("opened", -99_999, NEEDLESS),
    ],
)
def test_a_force_needs_evidence(
    state: str, since: int, found: list[tuple[str, str]]
) -> None:
    """Failed, or closing for two hours on end: anything less is needless."""
    tale = Tale().sweep()
    tale.lived(since, state)

    assert kinds(tale.force(10_000, state).check()) == found


def test_a_reopened_job_begins_to_close_anew() -> None:
    """The age of the request is no evidence: the closing must go on without a break."""
    tale = Tale().sweep()
    for at, state in ((1, "closing"), (4, "opened"), (9_000, "closing")):
        tale.lived(at, state)

    assert kinds(tale.force(10_000, "closing").check()) == NEEDLESS


@pytest.mark.parametrize(
    ("wish", "at", "found"),
    [
        ({"force": True}, 10, False),
        ({"force": True, "only_if_idle": True}, 10, True),
        ({"force": True, "expression": "a*"}, 10, True),
        ({"force": True}, 90_000, True),
    ],
    ids=["ordered", "only if idle", "pattern", "expired"],
)
def test_an_order_names_one_job_and_does_not_expire(
    wish: dict[str, Any], at: int, found: bool
) -> None:
    """Only for one exact id, and only for a day, is `force` an order."""
    findings = Tale(**wish).sweep().force(at, "opened").check()

    assert bool(findings.needless_force) == found


@pytest.mark.parametrize(("handed", "found"), [(100, []), (9_000, NEEDLESS)])
def test_a_measured_try_counts_two_hours_after_the_hand_over(
    handed: int, found: list[tuple[str, str]]
) -> None:
    """A datafeed that would not stop is evidence only late enough."""
    tale = Tale().sweep()
    tale.send(handed + 1, tale.begin(handed, "Closer", "CloseQueue"), "ForceQueue")
    number = tale.begin(9_999, "ForceCloser", "ForceQueue")
    tale.post(9_999, number, "opened", "opened", answer=409, measured_409=True)

    assert kinds(tale.force(10_000, "opened").check()) == found


def test_only_the_force_closer_forces() -> None:
    """No evidence lets the Closer force."""
    tale = Tale(force=True).sweep()
    number = tale.begin(10, "Closer", "CloseQueue")
    tale.post(11, number, "opened", "closed", force=True)
    tale.tell(12, number, "force_closed")

    assert kinds(tale.check()) == NEEDLESS


@pytest.mark.parametrize(("at", "found"), [(12.5, []), (14, [("I4", "again")])])
def test_the_dead_do_nothing(at: float, found: list[tuple[str, str]]) -> None:
    """No effect comes from an invocation that is over."""
    tale = Tale().sweep().close()
    tale.add(Read, at, invocation=2, path="/", ok=True)

    assert kinds(tale.check()) == found


@pytest.mark.parametrize(("at", "found"), [(10, "not_broken_off"), (11.5, "")])
def test_a_failed_read_ends_the_batch(at: float, found: str) -> None:
    """The read that a batch begins with is the breaker; a proof read is none."""
    tale = Tale().sweep().close()
    tale.add(Read, at, invocation=2, path="/", ok=False)

    assert [p.kind for p in tale.check().of("I6")] == [found] * bool(found)


@pytest.mark.parametrize(
    ("reason", "spoiled", "found"),
    [("active", 1, 0), ("active", 0, 1), ("reopened", 1, 1)],
)
def test_a_delivery_after_the_outcome_is_no_op(
    reason: str, spoiled: int, found: int
) -> None:
    """Only a skip for now lets a message that came again act."""
    tale = Tale().sweep().look(5, "skipped", reason)
    for _ in range(spoiled):
        tale.spoil(3)
    number = tale.begin(20, "Closer", "CloseQueue")
    tale.post(21, number, "opened", "closing")
    findings = tale.check(a="closing")

    assert len(findings.of("I7")) == found
    assert (JOB in findings.duplicated) == (not found)


@pytest.mark.parametrize(("at", "found"), [(11, 0), (20, 1)])
def test_a_closed_job_gets_no_close_again(at: int, found: int) -> None:
    """A copy that began before the outcome could not know; any later one does."""
    tale = Tale().sweep().spoil(0).close()
    number = tale.begin(at, "Closer", "CloseQueue")
    tale.lived(25, "opened")
    tale.post(30, number, "opened", "closing")

    assert len(tale.check().of("I7")) == found


@pytest.mark.parametrize(("hung_up", "found"), [(True, 0), (False, 1)])
def test_at_most_32_closes_are_in_flight(hung_up: bool, found: int) -> None:
    """The 33rd close waits until one of the others has its answer."""
    jobs = [f"j{n}" for n in range(33)]
    tale = Tale()
    number = tale.begin(1, "Closer")
    for nth, job in enumerate(jobs):
        key = Key("r", job)
        tale.post(2 + nth, number, "opened", "closing", key=key)
    if hung_up:
        tale.add(HungUp, 3.5, invocation=number, key=Key("r", "j1"))

    assert len(tale.check().of("I8")) == found


@pytest.mark.parametrize(("jobs", "found"), [(20, 0), (21, 1)])
@pytest.mark.parametrize("queue", ["CloseQueue", "ForceQueue"])
def test_a_sweep_closes_so_many_and_no_more(queue: str, jobs: int, found: int) -> None:
    """What one sweep sends to be closed is limited, whichever queue it takes."""
    tale = idle_tale(scheduled=True)
    number = tale.begin(1, "Sweeper")
    for nth in range(jobs):
        tale.send(2, number, queue, Key("r", f"j{nth}"))
        tale.send(2, number, queue, Key("r/watch", f"w{nth}"), "watch")

    assert len(tale.check().of("I8")) == found


@pytest.mark.parametrize(
    ("own", "meanwhile", "found"),
    [(True, "closed", 1), (True, "failed", 0), (False, "closed", 0)],
)
def test_a_sweep_that_runs_twice_closes_no_more(
    own: bool, meanwhile: str, found: int
) -> None:
    """What it has posted keeps its place, unless that failed or another closed it."""
    keys = [Key("r", f"j{n:02}") for n in range(21)]
    tale = idle_tale(expression="*", jobs=[key.job_id for key in keys])
    for at, some in ((0, keys[:20]), (90, keys[20:])):
        number = tale.begin(at, "Sweeper", "RequestQueue", WHOLE)
        for key in some:
            tale.send(at + 1, number, key=key)
        tale.finish(at + 2, number)
    for key in keys[:20]:
        post = key if own else key._replace(request_id="other")
        tale.post(10, tale.begin(5, "Closer"), "opened", "closing", key=post)
        tale.lived(20, meanwhile, key.job_id)

    assert len(tale.check().of("I8")) == found
