"""The check of a simulated schedule: each finding fires, and not on its neighbour."""

import ast
import time
from pathlib import Path
from typing import Any

import pytest

from simulation.checker import check
from simulation.history import (
    Expired,
    Key,
    Left,
    Redriven,
    Turned,
)
from simulation.tale import JOB, NOON, WHOLE, Tale, idle_tale, kinds
from simulation.timeline import timeline

CHECKER = [
    *("checker", "findings", "forces", "indexing", "invocations", "lives", "owed"),
    *("posts", "repeats", "statements", "timeline", "truth"),
]


def test_a_plain_close_is_ok() -> None:
    """One request, one close, one outcome: nothing to say."""
    findings = Tale().sweep().close().check()

    assert kinds(findings) == []
    assert (set(findings.ok), set(findings.duplicated)) == ({JOB}, set())
    assert findings.counts == {"requests": 1, "posts": 1, "forces": 0, "closed": 1}


def test_what_has_no_outcome_is_lost_unless_it_waits() -> None:
    """A request without an outcome is fine only as long as a queue holds it."""
    lost, waits = Tale().sweep(), Tale().sweep()
    waits.left = [Left("CloseQueue", JOB, NOON)]

    assert kinds(lost.check()) == [("I1", "lost")]
    assert kinds(waits.check(end=3_600)) == []


def test_an_expired_message_is_lost() -> None:
    """What SQS threw away is lost, unless it had its outcome."""
    expired = {"queue": "CloseQueue", "message_id": "m", "key": JOB}
    lost, ended = Tale().sweep(), Tale().sweep().close()
    lost.add(Expired, 50, **expired)
    ended.add(Expired, 50, **expired)

    assert "expired in CloseQueue" in lost.check().lost[0].what
    assert kinds(ended.check()) == []


@pytest.mark.parametrize(
    ("told", "found"), [(WHOLE, []), (Key("r", "b"), [("I1", "lost")])]
)
def test_one_outcome_may_end_a_request_as_a_whole(
    told: Key, found: list[tuple[str, str]]
) -> None:
    """A request that is parked as a whole owes its jobs nothing more."""
    tale = Tale(expression="a,b", jobs={"a"})
    number = tale.begin(1, "Sweeper", "RequestQueue", WHOLE)
    tale.send(2, number, "ParkingQueue", told, "")
    tale.tell(2, number, "parked", "bad_request", told)

    assert kinds(tale.check()) == found


@pytest.mark.parametrize("lived", ["closed", "data"])
def test_a_patterns_closed_jobs_stay_a_number(lived: str) -> None:
    """A job that is closed when the pattern is answered may be left out."""
    tale = idle_tale(expression="*")
    tale.lived(-5, lived)
    tale.finish(2, tale.begin(1, "Sweeper", "RequestQueue", WHOLE))

    assert bool(tale.check().lost) == (lived == "data")


@pytest.mark.parametrize(("expression", "lost"), [("group", 0), ("a", 1)])
def test_a_deleted_job_of_a_group_may_be_left_out(expression: str, lost: int) -> None:
    """Who names a job hears that it is gone; who names its group does not."""
    tale = Tale(expression=expression)
    tale.lived(1, "deleted")
    tale.finish(3, tale.begin(2, "Sweeper", "RequestQueue", WHOLE))

    assert len(tale.check().lost) == lost


def test_a_request_for_nothing_is_owed_an_outcome() -> None:
    """An expression that matches no job is answered all the same."""
    lost, told = Tale(expression="x", jobs=()), Tale(expression="x", jobs=())
    number = told.begin(1, "Sweeper", "RequestQueue", WHOLE)
    told.tell(2, number, "skipped", "no_such_job", Key("r", "x"))

    assert kinds(lost.check()) == [("I1", "lost")]
    assert kinds(told.check()) == []


def test_an_unreadable_body_is_owed_a_parked_outcome() -> None:
    """A body that cannot be read is parked under its own id."""
    lost, parked = Tale(readable=False), Tale(readable=False)
    number = parked.begin(1, "Sweeper", "RequestQueue", WHOLE)
    parked.send(2, number, "ParkingQueue", WHOLE, "")
    parked.tell(2, number, "parked", "unreadable", WHOLE)

    assert kinds(lost.check()) == [("I1", "lost")]
    assert kinds(parked.check()) == []


def test_what_a_schedule_sends_is_owed_an_outcome() -> None:
    """A schedule asks for nothing by name, but each of its messages has to end."""
    idle, sent = idle_tale(scheduled=True), idle_tale(scheduled=True).sweep()

    assert kinds(idle.check()) == []
    assert kinds(sent.check()) == [("I1", "lost")]


def test_a_redriven_message_is_owed_an_outcome_again() -> None:
    """A person who redrives a parked message hears what became of it."""
    tale = Tale().sweep().spoil(0)
    number = tale.begin(10, "Closer", "CloseQueue")
    tale.send(11, number, "ParkingQueue")
    tale.tell(11, number, "parked", "bad_request")
    tale.add(Redriven, 100, message_id="m", key=JOB)

    assert kinds(tale.check()) == [("I1", "lost")]
    assert kinds(tale.close(200).check()) == []


def test_a_message_parked_in_silence_is_stranded() -> None:
    """A message in ParkingQueue that no outcome speaks of is lost to everybody."""
    tale = Tale().sweep().close()
    tale.left = [Left("ParkingQueue", JOB, NOON)]

    assert kinds(tale.check()) == [("I1", "lost")]

    number = tale.begin(8, "Closer", "CloseQueue")
    tale.send(8, number, "ParkingQueue")
    tale.finish(9, number, "died")

    assert kinds(tale.check()) == []


@pytest.mark.parametrize(("paused", "found"), [(0, [("I1", "overdue")]), (40_000, [])])
def test_a_message_does_not_wait_for_ever(
    paused: int, found: list[tuple[str, str]]
) -> None:
    """A message older than all ages allow is overdue; a pause stops the clock."""
    tale = Tale().sweep()
    tale.left = [Left("CloseQueue", JOB, NOON)]
    tale.add(Turned, 100, what="mode", value="paused")
    tale.add(Turned, 100 + paused, what="mode", value="close")

    assert kinds(tale.check(end=29 * 3_600 + 60)) == found


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
    tale = Tale().sweep()
    tale.lived(9, before)
    tale.look(10, ended, reason)

    assert kinds(tale.check()) == [("I1", "false")] * untrue


@pytest.mark.parametrize(
    ("what", "value", "reason"),
    [("mode", "observe", "observed"), ("upgrade_mode", "on", "upgrade_mode")],
)
def test_a_mode_must_be_on_to_be_a_reason(what: Any, value: str, reason: str) -> None:
    """An outcome that blames a mode is true only while that mode is on."""
    off, on = Tale().sweep().look(10, "skipped", reason), Tale().sweep()
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


def test_a_second_outcome_needs_an_excuse() -> None:
    """Two outcomes deduplicate to one if SQS delivered twice; else it is a bug."""
    bug, spoiled = Tale().sweep().close(), Tale().sweep().spoil(9).close()
    bug.look(50, "closed", "requested")
    findings = spoiled.look(50, "closed", "requested").check()

    assert kinds(bug.check()) == [("I1", "repeated")]
    assert kinds(findings) == []
    assert (set(findings.ok), set(findings.duplicated)) == (set(), {JOB})
    assert findings.counts["closed"] == 1


@pytest.mark.parametrize(("how", "found"), [("died", 0), ("failed", 1)])
def test_a_death_excuses_one_repetition(how: str, found: int) -> None:
    """Who dies after telling is run again; who fails a whole batch has no excuse."""
    tale = Tale().sweep().close(how=how).look(50, "closed", "requested")

    assert len(tale.check().problems) == found


def test_one_excuse_is_good_for_one_repetition() -> None:
    """Three outcomes need two causes."""
    tale = Tale().sweep().spoil(9).close()
    tale.look(50, "closed", "requested").look(60, "closed", "requested")

    assert kinds(tale.check()) == [("I1", "repeated")]


@pytest.mark.parametrize("how", ["failed", "answered"])
def test_a_sweeper_that_told_nothing_may_be_run_again(how: str) -> None:
    """SQS may have refused one of its sends; once it told an outcome, it is done."""
    tale = Tale().sweep(how=how).sweep(5).close().look(50, "closed", "requested")

    assert kinds(tale.check()) == []

    tale.tell(1.5, 1, "skipped", "active")

    assert ("I1", "contradicting") in kinds(tale.check())


def test_two_ends_contradict_each_other() -> None:
    """Closed and skipped cannot both be right, if nothing was delivered twice."""
    bug = Tale().sweep().close().look(50, "skipped", "active")
    spoiled = Tale().sweep().close().spoil(20).look(50, "skipped", "active")

    assert kinds(bug.check()) == [("I1", "contradicting")]
    assert kinds(spoiled.check()) == []


@pytest.mark.parametrize("reopened", [False, True])
def test_no_force_after_closed(reopened: bool) -> None:
    """A closed job is not forced, whatever was delivered twice."""
    tale = Tale(force=True).sweep().spoil(0).close()
    if reopened:
        tale.lived(20, "opened")
    found = tale.force(30, "opened").check()

    assert bool(found.contradicting) != reopened


def test_closed_is_not_already_closed() -> None:
    """The same request cannot have closed the job and found it closed before."""
    tale = Tale().sweep().spoil(0).close().look(50, "skipped", "already_closed")

    assert kinds(tale.check()) == [("I1", "contradicting")]


def test_a_job_without_a_node_is_closed_without_a_time() -> None:
    """Its second delivery cannot know that it was closed since the request."""
    tale = Tale().sweep().spoil(0)
    number = tale.begin(10, "Closer", "CloseQueue")
    tale.post(11, number, "opening", "closed")
    tale.tell(12, number, "closed", "requested")
    tale.finish(13, number)

    assert kinds(tale.look(50, "skipped", "already_closed").check()) == []


@pytest.mark.parametrize(("state", "found"), [("opened", 1), ("closed", 0)])
def test_a_history_must_explain_the_end(state: str, found: int) -> None:
    """Where the events do not lead to the cluster's last state, the check is blind."""
    assert len(Tale().sweep().close().check(a=state).of("history")) == found


def test_a_timeline_tells_of_one_job() -> None:
    """All about a job is told in order, and nothing about another."""
    tale = Tale().sweep().close()
    tale.lived(5, "created", "other")
    lines = timeline(tale.history(), "a")

    assert "asked request_id=r" in "\n".join(lines)
    assert any("Closer#2" in x and "posted r|a before=opened" in x for x in lines)
    assert not any("other" in line for line in lines)
    assert lines[-1].endswith("a is closed")
    assert timeline(tale.history(), JOB)[-1] == lines[-1]


@pytest.mark.parametrize("name", CHECKER)
def test_the_check_does_not_know_how_the_product_decides(name: str) -> None:
    """No module of the check imports the product, whose word it would take."""
    source = Path(__file__).parent / "simulation" / f"{name}.py"
    imports = [
        node.module
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module
    ]

    assert [module for module in imports if module.startswith("idle_jobs")] == []


def test_a_schedule_is_checked_quickly() -> None:
    """Three thousand events take a few hundredths of a second, on a busy machine."""
    tale = Tale()
    for nth in range(300):
        key = Key("r", f"j{nth}")
        number = tale.begin(nth, "Closer", "CloseQueue", key)
        tale.post(nth + 1, number, "opened", "closed", key=key)
        for look in range(5):
            tale.deliver(nth + look, number, "CloseQueue", key)
        tale.tell(nth + 2, number, "closed", "requested", key)
    history = tale.history()
    began = time.process_time()
    check(history)

    assert time.process_time() - began < 0.15
