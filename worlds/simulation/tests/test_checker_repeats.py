"""The check of a simulated schedule: what is told twice (I1, I4, I7)."""

import pytest

from simulation.tale import JOB, Tale, idle_tale, kinds


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


@pytest.mark.parametrize(("held", "found"), [(2, []), (1, [("I1", "repeated")])])
def test_a_death_excuses_each_message_that_was_told(
    held: int, found: list[tuple[str, str]]
) -> None:
    """Two copies that one dead function held may both come again, and no third one."""
    tale = Tale().sweep().spoil(1)
    number = tale.begin(50, "Closer", "CloseQueue")
    tale.post(51, number, "opened", "closed")
    for _ in range(held):
        tale.tell(52, number, "closed", "requested")
    tale.finish(53, number, "died")
    for again in range(4 - held):
        tale.look(60 + 10 * again, "closed", "requested")

    assert kinds(tale.check()) == found


@pytest.mark.parametrize("how", ["failed", "answered"])
def test_a_sweeper_that_told_nothing_may_be_run_again(how: str) -> None:
    """SQS may have refused one of its sends; once it told an outcome, it is done."""
    tale = Tale().sweep(how=how).sweep(5).close().look(50, "closed", "requested")

    assert kinds(tale.check()) == []

    tale.tell(1.5, 1, "skipped", "active")

    assert ("I1", "contradicting") in kinds(tale.check())


def test_two_ends_contradict_each_other() -> None:
    """Closed and skipped cannot both be right, if nothing was delivered twice."""
    bug = idle_tale().sweep().close().look(50, "skipped", "active")
    spoiled = idle_tale().sweep().close().spoil(20).look(50, "skipped", "active")

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


def test_a_copy_that_had_read_before_may_force_too() -> None:
    """Of two workers with one message, the slower cannot know of the other."""
    tale = Tale(force=True).sweep().spoil(0)
    slow = tale.begin(10, "ForceCloser", "ForceQueue")
    quick = tale.begin(11, "ForceCloser", "ForceQueue")
    tale.post(12, quick, "closing", "closed", force=True)
    tale.tell(13, quick, "force_closed", "still_closing")
    tale.finish(13, quick)
    tale.post(20, slow, "closed", "closed", force=True)
    tale.tell(21, slow, "force_closed", "still_closing")
    tale.finish(21, slow)

    assert ("I1", "contradicting") not in kinds(tale.check())


@pytest.mark.parametrize("opened", [1, 4, 30])
def test_a_job_opened_with_its_request_may_be_closed_by_a_copy(opened: int) -> None:
    """Within the tolerance of clocks nobody can tell which of the two came first."""
    tale = Tale().sweep().spoil(0).look(0.5, "skipped", "already_closed")
    tale.lived(opened, "opened")
    number = tale.begin(60, "Closer", "CloseQueue")
    tale.post(61, number, "opened", "closed")
    tale.lived(90, "opened")  # As in seed 55905: what comes later says nothing.
    found = kinds(tale.check())

    assert (("I7", "after_end") in found) == (opened == 30)
