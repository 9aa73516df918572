"""docs/performance.md is what this code writes of the values of its run."""

import re

from benchmark.__main__ import (
    BEFORE,
    MEASURED,
    PAGE,
    README,
    ROWS,
    document,
    main,
    read,
    with_summary,
)
from benchmark.charts import CHARTS, svg
from benchmark.measures import LINES
from benchmark.page import figure

_, VALUES = read(MEASURED)
_, WAS = read(BEFORE)


def test_the_document_is_of_its_values() -> None:
    """Whoever changes the table measures again, or writes it anew from the values."""
    assert document() == PAGE.read_text("utf-8")


def test_the_charts_are_of_their_values() -> None:
    """Each chart of the document, and no other."""
    drawn = {f"{chart.name}.svg": svg(chart, VALUES, WAS, figure) for chart in CHARTS}
    there = {path.name: path.read_text("utf-8") for path in PAGE.parent.glob("*/*.svg")}

    assert drawn == there


def test_every_measure_was_measured() -> None:
    """In the document, and for the version before."""
    names = {line.ours for line in LINES}

    assert names - VALUES.keys() == set()
    assert {line.row for line in LINES} == ROWS.keys()


def test_the_readme_has_the_figures_of_the_document() -> None:
    """They are those of the table."""
    readme = README.read_text("utf-8")

    assert with_summary(readme, VALUES) == readme
    assert re.search(r"1,000 jobs of 200 ms are closed in [\d.]+ s", readme)


def test_a_row_that_is_none_is_refused() -> None:
    """Before anything is measured."""
    assert main({"ROWS": "1,9"}) == 2
