"""docs/try-it.md says what can be given: each option and each variable, and no other.

Exit codes are in test_help.py, the lines that are typed in test_documented.py.
"""

import re
from pathlib import Path

import click
import pytest

from idle_jobs_cli.app import load
from idle_jobs_cli.cluster import variables
from idle_jobs_cli.cluster.where import Where
from markdown import fences

PAGE = (Path(__file__).parents[2] / "docs" / "try-it.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Which cluster, and as whom")[2].partition("\n## ")[0]
ROWS = [
    [re.findall(r"`([^`]+)`", cell) for cell in line.split("|")[1:3]]
    for line in SECTION.splitlines()
    if line.startswith("|")
][2:]
NAMES = {
    "--url": variables.URL,
    "--cloud-id": variables.CLOUD_ID,
    "--ca-file": variables.CA_FILE,
    "--fingerprint": variables.FINGERPRINT,
    "--sign": variables.SERVICE,
    "--stack": (),
    "--set": ("IDLE_AFTER",),
}
CREDENTIALS = (variables.API_KEY, variables.USER, variables.PASSWORD)


def options_of(command: str) -> set[str]:
    """Return the long options of a command."""
    found = [p for p in load(command).params if isinstance(p, click.Option)]
    return {name for option in found for name in option.opts if name[:2] == "--"}


def test_the_table_has_every_variable() -> None:
    """In the order in which they are looked for, beside their options (U6)."""
    named = {option[0]: tuple(names) for option, names in ROWS if option}
    others = [tuple(names) for option, names in ROWS if not option]

    assert named == NAMES
    assert others == [*CREDENTIALS]
    assert set(variables.ALL) <= {*NAMES.values(), *CREDENTIALS}


@pytest.mark.parametrize("command", ["plan", "explain"])
def test_the_table_has_every_option_of_a_cluster(command: str) -> None:
    """Each that says which cluster to read, and none that is gone."""
    about = {name.replace("_", "-") for name in Where.__dataclass_fields__}
    listed = {name.removeprefix("--").replace("set", "given") for name in NAMES}

    assert about == listed
    assert NAMES.keys() <= options_of(command)


def test_the_page_has_every_option_of_plan() -> None:
    """An example or a sentence for each."""
    shown = set(re.findall(r"--[a-z-]+", "".join([*fences(PAGE, "bash"), SECTION])))

    assert options_of("plan") - {"--help"} <= shown
