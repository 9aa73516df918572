"""Tables that fit: an id is never folded or cut, and a row of a list is one line.

If a terminal is narrow, columns are dropped, and then each row becomes a short block
that begins with its id. A pipe gets every column, unboxed and uncut.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from idle_jobs_cli.output.lines import one_line

GAP = 2
LEAST = 12  # columns for a text that is cut


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `drop` is its turn to be left out (0: never), `cut` that it may be cut.

    A text column that `wraps` is never cut; it takes more lines instead.
    """

    name: str
    drop: int = 0
    cut: bool = False
    wraps: bool = False
    right: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row, untrusted texts, and the style of all of them."""

    cells: Sequence[str]
    style: str = ""


def show(console: Console, columns: Sequence[Column], rows: Iterable[Row]) -> None:
    """Print a table in the width of the console."""
    rows = [Row([one_line(cell) for cell in row.cells], row.style) for row in rows]
    kept = list(range(len(columns)))
    for turn in sorted({column.drop for column in columns} - {0}):
        if _width(columns, rows, kept) <= console.width:
            break
        kept = [n for n in kept if columns[n].drop != turn]
    if _width(columns, rows, kept) <= console.width:
        _print_table(console, _table(console, columns, rows, kept))
    else:
        _print_blocks(console, rows, kept)


def _width(columns: Sequence[Column], rows: Sequence[Row], kept: list[int]) -> int:
    """Return the least width of a table of these columns."""
    widths = (_natural(columns[n], n, rows) for n in kept)
    least = (
        min(LEAST, width) if columns[n].cut or columns[n].wraps else width
        for n, width in zip(kept, widths, strict=True)
    )
    return sum(least) + GAP * (len(kept) - 1)


def _natural(column: Column, number: int, rows: Sequence[Row]) -> int:
    return max(len(column.name), *(len(row.cells[number]) for row in rows), 0)


def _table(
    console: Console, columns: Sequence[Column], rows: Sequence[Row], kept: list[int]
) -> Table:
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
    taken = _width(columns, rows, kept) - sum(
        min(LEAST, _natural(columns[n], n, rows))
        for n in kept
        if columns[n].cut or columns[n].wraps
    )
    for n in kept:
        column, natural = columns[n], _natural(columns[n], n, rows)
        soft = column.cut or column.wraps
        table.add_column(
            column.name,
            justify="right" if column.right else "left",
            no_wrap=not column.wraps,
            overflow="fold" if column.wraps else "ellipsis",
            width=min(natural, console.width - taken) if soft else natural,
        )
    for row in rows:
        table.add_row(*(Text(row.cells[n], row.style) for n in kept))
    return table


def _print_table(console: Console, table: Table) -> None:
    """Print a table; in a pipe, without the blanks at the ends of lines."""
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    lines = map(str.rstrip, captured.get().splitlines())
    console.print(Text("\n".join(lines)), soft_wrap=True)


def _print_blocks(console: Console, rows: Sequence[Row], kept: list[int]) -> None:
    """Print the id of each row by itself, and its other cells below."""
    for row in rows:
        first, *others = (row.cells[n] for n in kept)
        console.print(Text(first, row.style), soft_wrap=True)
        told = Text("  " + "  ".join(filter(None, others)), row.style)
        console.print(told, no_wrap=True, overflow="ellipsis", crop=True)
