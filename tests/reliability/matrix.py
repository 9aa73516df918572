"""The rows of the fault matrix, as `matrix.md` lists them; knows no test."""

from dataclasses import dataclass
from pathlib import Path

from markdown import table

MATRIX = Path(__file__).with_name("matrix.md")


@dataclass(frozen=True, slots=True)
class Row:
    """One fault; `where` has one letter for each way in which its end is shown.

    S: the simulation. H: HTTP or the built functions. T: the template or the code.
    L: a drill on a live account.
    """

    number: int
    fault: str
    ends: str
    where: frozenset[str]

    @property
    def is_tested(self) -> bool:
        """Tell whether a test has to show it; a drill alone is run by a person."""
        return self.where != {"L"}

    @property
    def is_drilled(self) -> bool:
        """Tell whether docs/drills.md has to say how to try it."""
        return "L" in self.where


def read_rows(text: str) -> list[Row]:
    """Return the rows in their order."""
    return [
        Row(
            int(row["Row"]),
            row["Fault"],
            row["What it ends in"],
            frozenset(row["Where"].split()),
        )
        for row in table(text, "Row")
    ]


ROWS = read_rows(MATRIX.read_text(encoding="utf-8"))
