"""Writes a command's answer for programs: JSON, CSV or YAML.

None of them has a character that a terminal would obey. JSON and YAML escape all that
is not ASCII; CSV cannot, so it gets blanks for control characters.
"""

import csv
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import click

from idle_jobs_cli.output.lines import one_line

Document = Mapping[str, Any]


class Format(StrEnum):
    """How a command writes its answer."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    YAML = "yaml"


def output_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--output` to a command."""
    return click.option(
        *("-o", "--output"),
        type=click.Choice([*map(str, Format)]),
        default=str(Format.TABLE),
        show_default=True,
        callback=lambda _ctx, _param, text: Format(text),
        help="A table for people; JSON, YAML or CSV for programs.",
    )(command)


def note(text: str, output: Format) -> None:
    """Print a line for people: beside a table, or on stderr beside a document."""
    click.echo(text, err=output is not Format.TABLE)


def write(
    document: Document, rows: str, output: Format, columns: Sequence[str] = ()
) -> None:
    """Write a document. Of CSV, one line is one item of its list `rows`.

    CSV has these columns, or else those of the items.
    """
    match output:
        case Format.JSON:
            print(json.dumps(document, indent=2))
        case Format.YAML:
            import yaml  # noqa: PLC0415 - takes its time, and is seldom needed

            # By way of JSON, so that enumerations become plain texts.
            plain = json.loads(json.dumps(document))
            text = yaml.safe_dump(plain, sort_keys=False)
            print(text, end="")
        case _:
            _write_csv(document[rows], columns)


def _write_csv(rows: Sequence[Document], columns: Sequence[str]) -> None:
    columns = columns or list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)


def _cell(value: object) -> object:
    """Return a value as a cell that no spreadsheet takes for a formula."""
    if isinstance(value, list | tuple):
        value = " ".join(map(str, value))
    if not isinstance(value, str):
        return value
    text = one_line(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
