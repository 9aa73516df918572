"""Reads Markdown as far as the tests of README.md and CHANGELOG.md need it."""

import re

Row = dict[str, str]


def fences(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def headings(text: str, marks: str = "#+") -> list[str]:
    """Return the headings of a level, or all of them; not what a shell comments on."""
    return re.findall(rf"^{marks} (.+)$", _unfenced(text), re.MULTILINE)


def table(text: str, first_column: str) -> list[Row]:
    """Return the rows of the one table whose first column has this name."""
    found = [
        block.strip().splitlines()
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
        if _cells(block.splitlines()[0])[0] == first_column
    ]
    assert len(found) == 1, f"{len(found)} tables begin with {first_column}"
    names, _, *rows = map(_cells, found[0])
    return [dict(zip(names, row, strict=True)) for row in rows]


def code(cell: str) -> list[str]:
    """Return what a cell or a paragraph sets in backticks."""
    return re.findall(r"`([^`]+)`", _unfenced(cell))


def links(text: str) -> list[str]:
    """Return where the links lead."""
    return re.findall(r"\]\(([^)]+)\)", text)


def anchor(heading: str) -> str:
    """Return the anchor that a heading gets."""
    return re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")


def _unfenced(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
