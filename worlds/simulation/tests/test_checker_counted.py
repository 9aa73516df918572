"""The check of a simulated schedule: requests that say their number of jobs (R15)."""

import pytest

from simulation.history import Key, Told
from simulation.tale import Tale

ALL = Key("r", "*")
WRONG = [("I2", "unexpected")]


def three(expected: int) -> Tale:
    """Return a tale of three open jobs, and a request that expects so many."""
    tale = Tale(expression="*", jobs=["a", "b", "c"], expected=expected)
    for job in ("b", "c"):
        for what in ("created", "opened"):
            tale.lived(-99_999, what, job)
    return tale


def found(tale: Tale) -> list[tuple[str, str]]:
    """Return what is found of the number where the Sweeper sends the first job."""
    problems = tale.sweep(5).check().problems
    assert {"lost"} >= {p.kind for p in problems if p.kind != "unexpected"}
    return [(p.invariant, p.kind) for p in problems if p.kind == "unexpected"]


@pytest.mark.parametrize(
    ("expected", "problems"), [(2, WRONG), (3, []), (4, WRONG)], ids=str
)
def test_a_number_is_right_or_nothing_is_closed(
    expected: int, problems: list[tuple[str, str]]
) -> None:
    """One too few is as wrong as one too many."""
    assert found(three(expected)) == problems


@pytest.mark.parametrize("state", ["closed", "deleted"])
@pytest.mark.parametrize(
    ("at", "right"),
    [(-60, {2}), (-3, {2, 3}), (3, {2, 3}), (5.5, {2, 3}), (8, {3})],
    ids=str,
)
def test_a_number_that_changes_may_be_either(
    state: str, at: float, right: set[int]
) -> None:
    """From the sending on, as far as clocks agree, to the reading."""
    for expected in range(1, 5):
        tale = three(expected)
        tale.lived(at, state, "c")

        assert found(tale) == ([] if expected in right else WRONG)


@pytest.mark.parametrize("state", ["failed", "closing"])
def test_what_is_not_closed_counts(state: str) -> None:
    """A job that failed, or that closes, is not closed."""
    tale = three(3)
    tale.lived(-60, state, "c")

    assert found(tale) == []


@pytest.mark.parametrize(
    ("expected", "detail", "problems"),
    [
        (2, "3 jobs are not closed yet, expected 2", 0),
        (2, "4 jobs are not closed yet, expected 2", 1),
        (2, "3 jobs are not closed yet", 1),
        (2, "expected 2", 1),
        (3, "4 jobs are not closed yet, expected 3", 1),
    ],
)
def test_a_wrong_number_is_parked_with_both(
    expected: int, detail: str, problems: int
) -> None:
    """A right one is not parked, and whoever is told hears the true number."""
    tale = three(expected)
    number = tale.begin(5, "Sweeper", "RequestQueue", ALL)
    tale.send(6, number, "ParkingQueue", ALL, "")
    told = {"ended": "parked", "reason": "unexpected_number", "detail": detail}
    tale.add(Told, 6.5, invocation=number, key=ALL, **told)
    tale.finish(7, number)

    assert len(tale.check().problems) == problems
