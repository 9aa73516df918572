"""Tables that fit: an id is never folded or cut, and a row of a list is one line.

If a terminal is narrow, columns are dropped, and then each row becomes a short block
that begins with its id. A pipe gets every column, unboxed and uncut.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from idle_jobs_cli.output.lines import one_line

GAP = "  "
LEAST = 12  # columns for a text that is cut or wrapped


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `drop` is its turn to be left out (0: never), `cut` that it may be cut.

    A text column that `wraps` is never cut; it takes more lines instead, and only
    blanks part its words.
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
    """Print a table in the width of the console; in a pipe, in the width it takes."""
    rows = [Row([one_line(cell) for cell in row.cells], row.style) for row in rows]
    if not rows:
        return
    heading = Row([column.name for column in columns], "bold")
    needs = [_need(each, n, [heading, *rows]) for n, each in enumerate(columns)]
    kept = range(len(columns)) if console.soft_wrap else _kept(console, columns, needs)
    if kept:
        widths = _widths(kept, needs, None if console.soft_wrap else console.width)
        shown = [_table_row(row, columns, widths) for row in [heading, *rows]]
    else:
        shown = [_block(row, columns, console.width) for row in rows]
    # Row by row it would take ten times as long.
    console.print(Text("\n").join(shown), no_wrap=True, overflow="ignore", crop=False)


@dataclass(frozen=True, slots=True)
class _Need:
    """The columns of a terminal that a column of a table takes."""

    least: int
    most: int


def _need(column: Column, number: int, rows: Sequence[Row]) -> _Need:
    cells = [row.cells[number] for row in rows]
    most = max(map(cell_len, cells))
    if not column.cut and not column.wraps:
        return _Need(most, most)
    words = [word for cell in cells for word in cell.split()] if column.wraps else []
    return _Need(max([min(LEAST, most), *map(cell_len, words)]), most)


def _kept(
    console: Console, columns: Sequence[Column], needs: Sequence[_Need]
) -> Sequence[int]:
    """Return the columns that fit, after dropping some; none if the rest does not."""
    for turn in range(max(column.drop for column in columns) + 1):
        kept = [n for n, column in enumerate(columns) if not 0 < column.drop <= turn]
        gaps = len(GAP) * (len(kept) - 1)
        if sum(needs[n].least for n in kept) + gaps <= console.width:
            return kept
    return []


def _widths(
    kept: Sequence[int], needs: Sequence[_Need], width: int | None
) -> Mapping[int, int]:
    """Return the width of each column; what can be spared goes to those that lack."""
    if width is None:
        return {n: needs[n].most for n in kept}
    widths = {n: needs[n].least for n in kept}
    spare = width - sum(widths.values()) - len(GAP) * (len(kept) - 1)
    lacking = sorted(kept, key=lambda n: needs[n].most - needs[n].least)
    for sharing, n in zip(range(len(lacking), 0, -1), lacking, strict=True):
        more = min(needs[n].most - needs[n].least, spare // sharing)
        widths[n] += more
        spare -= more
    return widths


def _table_row(row: Row, columns: Sequence[Column], widths: Mapping[int, int]) -> Text:
    """Return a row as one line, or as more if one of its cells wraps."""
    cells = [
        [*_wrapped(row.cells[n], width)]
        if columns[n].wraps
        else [_cut(row.cells[n], width)]
        for n, width in widths.items()
    ]
    lines = []
    for line in range(max(map(len, cells))):
        padded = (
            _padded(cell[line] if line < len(cell) else "", width, columns[n])
            for cell, (n, width) in zip(cells, widths.items(), strict=True)
        )
        lines.append(GAP.join(padded).rstrip())
    return Text("\n".join(lines), row.style)


def _block(row: Row, columns: Sequence[Column], width: int) -> Text:
    """Return the first cell of a row by itself, and all others below.

    They share a line, or have one each if a text among them wraps.
    """
    first, *others = row.cells
    others = [*filter(None, others)]
    room = width - len(GAP)
    if any(column.wraps for column in columns):
        lines = [line for cell in others for line in _wrapped(cell, room)]
    else:
        lines = [_cut(GAP.join(others), room)]
    return Text("\n".join([first, *(f"{GAP}{line}" for line in lines)]), row.style)


def _padded(text: str, width: int, column: Column) -> str:
    blanks = " " * (width - cell_len(text))
    return f"{blanks}{text}" if column.right else f"{text}{blanks}"


def _cut(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    return f"{set_cell_size(text, width - 1).rstrip()}…"


def _wrapped(text: str, width: int) -> Iterator[str]:
    """Yield the lines of a text; a word that is longer than a line is a line."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if line and cell_len(longer) > width:
            yield line
            longer = word
        line = longer
    yield line
