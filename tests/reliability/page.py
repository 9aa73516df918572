"""What docs/reliability.md says between its markers; the rest is written by hand."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from markdown import anchor, headings
from reliability.marks import ROOT, Mark
from reliability.matrix import Row
from simulation.report import Sums, table
from simulation.seeds import JOBS

PAGE = ROOT / "docs" / "reliability.md"
DRILLS = ROOT / "docs" / "drills.md"
DRILL = "drill by hand"
PASSED = "passed"


def replaced(page: str, name: str, lines: Iterable[str]) -> str:
    """Return the page with these lines between the markers of this name."""
    begin = f"<!-- {name}: written by make reliability -->"
    end = f"<!-- end: {name} -->"
    pattern = re.compile(f"{re.escape(begin)}\n.*{re.escape(end)}", re.DOTALL)
    text = "\n".join([begin, "", *lines, "", end])
    page, count = pattern.subn(lambda _: text, page)
    if count != 1:
        raise ValueError(f"expected the markers of {name} once, found {count}")
    return page


def rows_table(
    rows: Sequence[Row], marks: Sequence[Mark], result: Callable[[int], str]
) -> Iterator[str]:
    """Yield the matrix with the tests that show each row, and how they went."""
    yield "| # | Fault | What it ends in | Shown by | Result |"
    yield "|---|---|---|---|---|"
    for row in rows:
        shown = shown_by(row, marks)
        told = result_of(row, result(row.number))
        yield f"| {row.number} | {row.fault} | {row.ends} | {shown} | {told} |"


def result_of(row: Row, tests: str) -> str:
    """Return the cell with what the tests of a row gave, and what no test ran."""
    parts = [tests] * row.is_tested + [DRILL] * row.is_drilled
    return "; ".join(parts)


def shown_by(row: Row, marks: Iterable[Mark]) -> str:
    """Return the cell with a row's tests, its own first, and its drill."""
    cases: dict[tuple[str, str], list[str]] = defaultdict(list)
    for mark in sorted(m for m in marks if m.row == row.number):
        cases[mark.path, mark.test].append(mark.case)
    own_first = sorted(cases, key=lambda test: f"_row_{row.number:02}_" not in test[1])
    links = [_link(path, test, cases[path, test]) for path, test in own_first]
    if row.is_drilled:
        links.append(f"[drill](drills.md#{drill_anchor(row)})")
    return "<br>".join(links)


def _link(path: str, test: str, cases: Iterable[str]) -> str:
    named = ", ".join(filter(None, cases))
    return f"[{test}](../{path})" + (f" ({named})" if named else "")


def drill_anchor(row: Row) -> str:
    """Return where a row's drill begins; LookupError if there is none."""
    begins = f"Row {row.number}: "
    for heading in headings(DRILLS.read_text(encoding="utf-8"), "##"):
        if heading.startswith(begins):
            return anchor(heading)
    raise LookupError(f"{DRILLS.name}: expected a heading {begins}...")


def figures(ours: Sums, naive: Sums, seeds: range) -> Iterator[str]:
    """Yield what the simulation shows, and the command that shows it again."""
    first, last = seeds[0], seeds[-1]
    yield f"{len(seeds):,} schedules of {JOBS} jobs, seeds {first} to {last}:"
    yield ""
    yield "```text"
    yield from (line.rstrip() for line in table(ours, naive))
    yield "```"
    yield ""
    yield f"`make simulate SCHEDULES={len(seeds)}` prints them again."
