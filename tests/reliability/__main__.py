"""`make reliability`: runs what shows the rows, and writes docs/reliability.md.

With SCHEDULES=0 the simulation's figures stay as they are: they take minutes.
"""

import os
import sys
from collections.abc import Iterable, Mapping

from reliability.marks import scan
from reliability.matrix import ROWS
from reliability.page import PAGE, PASSED, figures, replaced, rows_table
from reliability.results import Results, run_tests
from simulation.seeds import compared

SCHEDULES = "1000"


def main(environ: Mapping[str, str]) -> int:
    """Write the page; 1 if a row is not shown or a schedule fails, 2 for bad input."""
    schedules = environ.get("SCHEDULES") or SCHEDULES
    if not (schedules.isascii() and schedules.isdigit()):
        told = f"SCHEDULES: expected a whole number, got {schedules!r:.60}"
        print(told, file=sys.stderr)
        return 2
    results = run_tests()
    problems = wrong(results)
    write("rows", rows_table(ROWS, scan(), results.of_row))
    if seeds := range(int(schedules)):
        ours, naive = compared(seeds)
        problems += [f"seed {seed} fails" for seed in ours.failing]
        write("figures", figures(ours, naive, seeds))
    print(*problems, f"{PAGE.name}: written", sep="\n")
    return 1 if problems else 0


def write(name: str, lines: Iterable[str]) -> None:
    """Replace one part of the page, and leave the rest as it is by then."""
    page = replaced(PAGE.read_text(encoding="utf-8"), name, lines)
    PAGE.write_text(page, encoding="utf-8")


def wrong(results: Results) -> list[str]:
    """Say which rows are not shown, and which tests were not run that should be."""
    told = {
        f"row {row.number}: {results.of_row(row.number) or 'no test'}"
        for row in ROWS
        if row.is_tested and results.of_row(row.number) != PASSED
    }
    marked = {(mark.row, mark.path, mark.test) for mark in scan()}
    told |= {
        f"row {row}: {path}::{test} was run or read, but not both"
        for row, path, test in marked ^ results.of_test.keys()
    }
    return sorted(told)


if __name__ == "__main__":
    # Taken out, since the tests that are run have a number of schedules of their own.
    sys.exit(main({"SCHEDULES": os.environ.pop("SCHEDULES", "")}))
