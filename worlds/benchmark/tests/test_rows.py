"""Each row at a small size, with what was built, so that none of them rots."""

import pytest

from benchmark.__main__ import ROWS, measure
from benchmark.about import about
from benchmark.measures import LINES
from benchmark.sizes import TINY

# The packages of a peer are compiled first, on a machine that may be busy.
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.mark.parametrize("rows", [["1"], ["2"], ["3", "4"], ["5"], ["6"], ["7"], ["8"]])
def test_a_row_measures_what_the_table_shows(rows: list[str]) -> None:
    """All names of its lines, ours and the peers'."""
    values = measure(rows, TINY).values
    lines = [line for line in LINES if line.row in rows]
    names = {name for x in lines for name in (x.ours, *(n for _, n in x.peers))}

    assert lines
    assert names - values.keys() == set()


def test_every_row_is_tried() -> None:
    """A new row has to be added to the list above."""
    assert {"1", "2", "3", "4", "5", "6", "7", "8"} == ROWS.keys()


def test_the_page_names_the_versions() -> None:
    """Of all that takes part."""
    assert all(about().values())
