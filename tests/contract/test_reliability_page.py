"""How docs/reliability.md is written anew: what is written by hand stays."""

import pytest

from reliability.__main__ import main
from reliability.marks import Mark
from reliability.matrix import read_rows
from reliability.page import PAGE, replaced, rows_table, shown_by

ROWS = read_rows(
    """
| Row | Fault | What it ends in | Where |
|---|---|---|---|
| 1 | Twice. | One outcome. | S |
| 2 | Never. | An alarm. | T L |
| 23 | Broken. | An alarm. | L |
"""
)
MARKS = [
    Mark(1, "tests/test_a.py", "test_any", "one"),
    Mark(1, "tests/test_a.py", "test_any", "two"),
    Mark(1, "tests/test_b.py", "test_row_01_one_outcome"),
]
PAGE_BEFORE = """By hand.
<!-- rows: written by make reliability -->
old
<!-- end: rows -->
By hand, too.
"""


def test_only_what_is_between_the_markers_is_replaced() -> None:
    """Text before and after stays, and a second time changes nothing."""
    once = replaced(PAGE_BEFORE, "rows", ["a new", "table\\1"])

    assert once.startswith("By hand.\n<!-- rows: written by make reliability -->\n\na ")
    assert once.endswith("table\\1\n\n<!-- end: rows -->\nBy hand, too.\n")
    assert once == replaced(once, "rows", ["a new", "table\\1"])


def test_a_page_without_the_markers_is_refused() -> None:
    """Nothing is written where it would replace nothing."""
    with pytest.raises(ValueError, match="markers of figures once, found 0"):
        replaced(PAGE_BEFORE, "figures", [])


def test_a_row_names_its_own_test_first_and_the_cases_of_others() -> None:
    """The test that is named after the row comes first, a case stands behind."""
    own = "[test_row_01_one_outcome](../tests/test_b.py)"
    other = "[test_any](../tests/test_a.py) (one, two)"

    assert f"{own}<br>{other}" == shown_by(ROWS[0], MARKS)


def test_a_result_is_what_the_tests_of_the_row_gave() -> None:
    """The table repeats what it is told, good or bad; no drill is told as run."""
    results = {1: "passed", 2: "failed", 23: ""}
    *_, first, second, third = rows_table(ROWS, MARKS, results.__getitem__)

    assert first.endswith("| passed |")
    assert second.endswith("| failed; drill by hand |")
    assert third.endswith("| drill by hand |")


def test_a_wrong_count_of_schedules_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is run or written then."""
    before = PAGE.read_bytes()

    assert 2 == main({"SCHEDULES": "many"})
    assert "SCHEDULES: expected a whole number, got 'many'" in capsys.readouterr().err
    assert before == PAGE.read_bytes()
