"""The check of a simulated schedule: invocations and their calls (I4, I6-I8)."""

import pytest

from simulation.history import HungUp, Key, Read
from simulation.tale import JOB, WHOLE, Tale, idle_tale, kinds


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
    ("own", "meanwhile", "new", "found"),
    [
        (True, "closed", "", 1),
        (True, "failed", "", 0),
        (False, "closed", "", 0),
        (True, "closed", "unblocked", 0),
    ],
)
def test_a_sweep_that_runs_twice_closes_no_more(
    own: bool, meanwhile: str, new: str, found: int
) -> None:
    """What it has posted keeps its place, unless that failed or another closed it.

    Only what became closable in between comes on top.
    """
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
    if new:
        tale.lived(-60, "blocked", keys[20].job_id)
        tale.lived(30, new, keys[20].job_id)

    assert len(tale.check().of("I8")) == found
