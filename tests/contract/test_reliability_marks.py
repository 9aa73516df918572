"""How the rows' marks are found in the tests' source, and their results in reports."""

import pytest

from reliability.marks import Mark, Unattributed, read_marks
from reliability.results import Results

FOUND = {
    "a mark on a test": (
        """
@pytest.mark.row(7)
@pytest.mark.slow
def test_one() -> None: ...
def test_other() -> None: ...
""",
        {Mark(7, "t.py", "test_one")},
    ),
    "several on one test": (
        """
@pytest.mark.row(7)
@pytest.mark.row(8)
def test_one() -> None: ...
""",
        {Mark(7, "t.py", "test_one"), Mark(8, "t.py", "test_one")},
    ),
    "one on a parameter": (
        """
@pytest.mark.parametrize("x", [1, pytest.param(2, id="two", marks=pytest.mark.row(7))])
def test_one(x: int) -> None: ...
""",
        {Mark(7, "t.py", "test_one", "two")},
    ),
    "some in a constant that a constant names": (
        """
SOME: dict[str, object] = {"a": pytest.param(1, marks=[pytest.mark.row(7)])}
every = pytest.mark.parametrize("x", SOME.values(), ids=SOME)
@every
def test_one(x: int) -> None: ...
""",
        {Mark(7, "t.py", "test_one")},
    ),
    "one for a whole file": (
        """
pytestmark = [pytest.mark.e2e, pytest.mark.row(7)]
def test_one() -> None: ...
def test_other() -> None: ...
def add() -> None: ...
""",
        {Mark(7, "t.py", "test_one"), Mark(7, "t.py", "test_other")},
    ),
}
UNTOLD = {
    "a number that is computed": "@pytest.mark.row(ROW)\ndef test_one() -> None: ...",
    "no number": "@pytest.mark.row()\ndef test_one() -> None: ...",
    "a function that is no test": "@pytest.mark.row(7)\ndef add() -> None: ...",
    "a constant that no test names": "SOME = pytest.mark.row(7)",
}


@pytest.mark.parametrize(("text", "found"), FOUND.values(), ids=FOUND)
def test_a_mark_is_found_where_pytest_finds_it(text: str, found: set[Mark]) -> None:
    """On a test, on its parameters, in what they name, or on the whole file."""
    assert found == read_marks(text, "t.py")


@pytest.mark.parametrize("text", UNTOLD.values(), ids=UNTOLD)
def test_a_mark_without_a_test_is_told(text: str) -> None:
    """What the source does not say is an error, never left out."""
    with pytest.raises(Unattributed, match="row"):
        read_marks(text, "t.py")


def report(
    outcome: str, when: str = "call", row: int = 7, name: str = "one"
) -> pytest.TestReport:
    """Return a report of a test that shows a row."""
    return pytest.TestReport(
        nodeid=f"tests/t.py::test_{name}[a]",
        location=("tests/t.py", 1, f"test_{name}[a]"),
        keywords={},
        outcome=outcome,  # type: ignore[arg-type]
        longrepr=None,
        when=when,  # type: ignore[arg-type]
        user_properties=[("row", row)],
    )


def results(*reports: pytest.TestReport) -> Results:
    """Return what is noted of reports."""
    noted = Results()
    for each in reports:
        noted.pytest_runtest_logreport(each)
    return noted


def test_a_row_has_the_worst_result_of_its_tests() -> None:
    """One case that failed or was skipped is a row that is not shown."""
    passed, skipped = report("passed"), report("skipped", "setup", name="other")

    assert "passed" == results(passed, report("passed", "teardown")).of_row(7)
    assert "skipped" == results(passed, skipped).of_row(7)
    assert "failed" == results(skipped, report("failed")).of_row(7)
    assert "error" == results(passed, report("failed", "teardown")).of_row(7)


def test_a_row_without_a_test_has_no_result() -> None:
    """A set-up that went well shows nothing yet, and another row's test shows that."""
    noted = results(report("passed", "setup"), report("passed", row=8))

    assert "" == noted.of_row(7)
    assert {(8, "tests/t.py", "test_one")} == set(noted.of_test)
