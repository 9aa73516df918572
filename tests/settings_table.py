"""Writes the settings table of docs/operating.md from template.yaml's parameters."""

import re
from collections.abc import Iterator
from pathlib import Path

from local.intrinsics import Value, load_template
from local.topology import TEMPLATE

PAGE = Path(__file__).parents[1] / "docs" / "operating.md"


def table() -> Iterator[str]:
    """Yield the lines of the table, in the template's order."""
    yield "| Parameter | Default | What it does |"
    yield "|---|---|---|"
    for name, parameter in load_template(TEMPLATE)["Parameters"].items():
        yield f"| `{name}` | {_default(parameter)} | {parameter['Description']} |"


def written(page: str) -> str:
    """Return a page with the table as it should be; it stands there once."""
    rows = "".join(f"{line}\n" for line in table())
    old = r"^\| Parameter \|.*\n(?:\|.*\n)+"
    page, count = re.subn(old, lambda _: rows, page, flags=re.MULTILINE)
    if count != 1:
        raise ValueError(f"expected one table of parameters, found {count}")
    return page


def _default(parameter: Value) -> str:
    if "Default" not in parameter:
        return "(required)"
    return f"`{parameter['Default']}`" if parameter["Default"] != "" else "(empty)"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
