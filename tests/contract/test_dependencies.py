"""docs/dependencies.md lists what is deployed and installed, with true licences."""

import re
from importlib.metadata import PackageMetadata, metadata
from pathlib import Path

import pytest
import yaml

from markdown import table

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
DEPLOYED, ADDED = (
    table(f"|Package|{part}", "Package") for part in PAGE.split("| Package |")[1:]
)
# The words that packages have for one licence.
SAME = {
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",  # Of jinja2, whose LICENSE.txt has three clauses.
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}


def pinned(name: str) -> set[str]:
    """Return the packages of a file with hashes."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))


def asked_for(name: str) -> set[str]:
    """Return the packages that a file names itself."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    names = (re.match(r"[\w-]+", line) for line in lines if line[:1] not in "-#")
    return {found[0].lower() for found in names if found}


def licence(said: PackageMetadata) -> set[str]:
    """Return the licence of an installed package, in all the words that it has."""
    # An index of a field that is not there is a warning in Python 3.13.
    fields = ("License-Expression", "License")
    words = [word for field in fields for word in said.get_all(field) or []]
    classified = [c.split(" :: ")[-1] for c in said.get_all("Classifier") or []]
    known = [word for word in [*words, *classified] if word]
    return {SAME.get(word, word) for word in known}


def test_what_is_deployed_is_listed() -> None:
    """No package is in the artifact that nobody has given a reason for."""
    assert {row["Package"] for row in DEPLOYED} == pinned("functions/requirements.txt")


def test_what_the_command_adds_is_listed() -> None:
    """Beside what it shares with the functions."""
    shared = asked_for("requirements/runtime.in")

    assert {r["Package"] for r in ADDED} == asked_for("requirements/cli.in") - shared


@pytest.mark.parametrize("row", [*DEPLOYED, *ADDED], ids=lambda row: row["Package"])
def test_each_licence_is_that_of_the_package(row: dict[str, str]) -> None:
    """As its metadata has it, and each row has a reason."""
    assert row["Licence"] in licence(metadata(row["Package"]))
    assert row["Why"]


def test_the_workflow_pins_what_it_runs() -> None:
    """Each action by its commit, with read rights alone; it runs what CI runs."""
    file = ROOT / ".github" / "workflows" / "ci.yml"
    workflow = yaml.safe_load(file.read_text(encoding="utf-8"))
    (job,) = workflow["jobs"].values()
    uses = [step["uses"] for step in job["steps"] if "uses" in step]

    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", use) for use in uses)
    assert {"contents": "read"} == workflow["permissions"]
    assert [".ci/run"] == [step["run"] for step in job["steps"] if "run" in step]
