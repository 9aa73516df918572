"""The check of a simulated schedule: each request is owed one outcome (I1)."""

import pytest

from simulation.history import Expired, Key, Left, Redriven, Turned
from simulation.tale import JOB, NOON, WHOLE, Tale, idle_tale, kinds


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
