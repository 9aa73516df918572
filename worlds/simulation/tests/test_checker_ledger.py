"""The check of a simulated schedule: the ledger says what was closed (I9)."""

from datetime import timedelta

import pytest

from idle_jobs.times import rfc3339
from simulation.history import Left
from simulation.tale import JOB, NOON, Tale, kinds

UNWRITTEN = [("I9", "unwritten")]
UNTRUE = [("I9", "untrue_item")]


def closed_at(seconds: float) -> str:
    """Return when a job was closed, as an item has it."""
    return rfc3339(NOON + timedelta(seconds=seconds))


def closing(ended: str = "closed", closed_by: str = "us", at: float = 11) -> Tale:
    """Return a tale in which a Closer closes the job, and writes what it is told."""
    tale = Tale().sweep()
    number = tale.begin(10, "Closer", "CloseQueue")
    tale.post(11, number, "opened", "closed")
    tale.write(12, number, closed=closed_at(at), closed_by=closed_by, ended=ended)
    tale.tell(13, number, "closed", "requested", written=False)
    tale.finish(14, number)
    return tale


def test_a_closing_of_ours_has_its_item() -> None:
    """By us, or by nobody knows whom; at its own time, or at that of its request."""
    assert kinds(closing().check()) == []
    assert kinds(closing(closed_by="unknown").check()) == []
    assert kinds(closing(at=0).check()) == []


def test_what_is_told_was_written_before() -> None:
    """An outcome without an item is a closing that nobody will find."""
    tale = Tale().sweep()
    tale.write(1, 1, key=JOB._replace(job_id="another"), closed=closed_at(1))
    number = tale.begin(10, "Closer", "CloseQueue")
    tale.post(11, number, "opened", "closed")
    tale.tell(13, number, "closed", "requested", written=False)
    tale.finish(14, number)

    assert kinds(tale.check()) == UNWRITTEN * 2


def test_an_item_of_ours_needs_a_close_of_ours() -> None:
    """Somebody else closed the job, after a close of ours that never arrived."""
    tale = Tale().sweep()
    tale.lived(8, "closing")
    tale.lived(9, "closed")
    number = tale.begin(10, "Closer", "CloseQueue")
    tale.write(12, number, closed=closed_at(9), closed_by="us")
    tale.tell(13, number, "closed", "requested", written=False)
    tale.finish(14, number)

    assert kinds(tale.check()) == UNTRUE


def test_an_item_of_somebody_else_needs_no_close_of_ours() -> None:
    """Unless another message, which knows more, writes it anew; or still may."""
    wrong = closing(closed_by="somebody_else")
    right = closing(closed_by="elasticsearch")
    right.write(20, 99, closed=closed_at(11), closed_by="unknown")
    waiting = closing(closed_by="somebody_else")
    waiting.left = [Left("CloseQueue", JOB, NOON)]

    assert [kinds(tale.check()) for tale in (wrong, right, waiting)] == [UNTRUE, [], []]


def test_a_close_of_an_earlier_life_makes_no_item_true() -> None:
    """We closed it, somebody opened it, and somebody closed it again."""
    tale = closing()
    tale.lived(100, "opened")
    tale.lived(200, "closed")
    tale.write(300, 99, closed=closed_at(200), closed_by="us")

    assert kinds(tale.check()) == UNTRUE


def test_a_job_that_was_opened_before_anybody_looked_needs_no_item() -> None:
    """Its finish time is gone, and nothing is left to undo."""
    tale = Tale().sweep()
    tale.write(1, 1, key=JOB._replace(job_id="another"), closed=closed_at(1))
    number = tale.begin(10, "Closer", "CloseQueue")
    tale.post(11, number, "opened", "closed")
    tale.finish(12, number, "died")
    tale.lived(20, "opened")
    tale.look(30, "skipped", "reopened")

    assert kinds(tale.check()) == []


@pytest.mark.parametrize(
    ("minutes", "found"), [(20, []), (40, UNTRUE)], ids=["within", "after"]
)
def test_a_closing_may_hide_one_of_ours(
    minutes: float, found: list[tuple[str, str]]
) -> None:
    """It was opened and closed before we looked, in the time that a close may take."""
    tale = Tale().sweep()
    number = tale.begin(10, "Closer", "CloseQueue")
    tale.post(11, number, "opened", "closed")
    tale.finish(12, number)
    tale.lived(20, "opened")
    tale.lived(minutes * 60, "closed")
    at = closed_at(minutes * 60)
    look = tale.begin(3_000, "Closer", "CloseQueue")
    tale.write(3_001, look, closed=at, closed_by="us")
    tale.tell(3_002, look, "closed", "requested", written=False)
    tale.finish(3_003, look)

    assert kinds(tale.check()) == found
