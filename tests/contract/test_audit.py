"""What `make audit` shows to checkov, and what is accepted of that."""

import json
import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from audited_stacks import STACKS, write
from contract.test_arrows import ROOT
from local.intrinsics import load_template
from local.topology import TEMPLATE
from local.translation import translate

pytestmark = pytest.mark.slow

CONFIGS = {name: ROOT / "tests" / "audit" / f"{name}.yaml" for name in STACKS}


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the resources of each stack."""
    folder = tmp_path_factory.mktemp("audit")
    write(folder)
    texts = {name: (folder / f"{name}.json").read_text("utf-8") for name in STACKS}
    return {name: json.loads(text)["Resources"] for name, text in texts.items()}


def test_each_resource_is_shown(stacks: dict[str, Any]) -> None:
    """None is in neither of the stacks, and no part of one is undecided."""
    resources = translate(load_template(TEMPLATE), {})["Resources"]

    assert set(resources) == set(stacks["plain"]) | set(stacks["guarded"])
    assert not re.search(r'"(Fn::\w+|Ref)":', json.dumps(stacks))


def test_every_guardrail_is_on(stacks: dict[str, Any]) -> None:
    """In the guarded stack: a key wherever there may be one, and a network."""
    keys = re.findall(r'"(Kms\w+Id)": "arn', json.dumps(stacks["guarded"]))
    functions = json.dumps(stacks["guarded"]).count('"VpcConfig": {"SubnetIds"')

    assert (len(keys), functions) == (4 + 4 + 2, 4)
    assert not re.search(r'"(Kms\w+Id|VpcConfig)":', json.dumps(stacks["plain"]))


def test_each_suppressed_rule_of_security_has_its_reason() -> None:
    """ruff's, in all code: on the line that breaks it, or beside the rule's number."""
    found = [
        line.strip()
        for folder in ("functions", "idle_jobs_cli", "tests", "tools", "worlds")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"# noqa: ([A-Z0-9]+, )*S\d{3}\b", line)
    ]
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    linted = settings["tool"]["ruff"]["lint"]

    assert "S" in linted["select"]
    assert not [rule for rule in linted["ignore"] if re.fullmatch(r"S\d+", rule)]
    assert [line for line in found if re.search(r"[A-Z]\d{3}$", line)] == []
    assert found


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_each_exception_has_its_reason(config: Path) -> None:
    """Right above it, or in the file whose exceptions a plain stack shares."""
    lines = config.read_text(encoding="utf-8").splitlines()
    reasoned = {
        line.split()[-1]
        for above, line in pairwise(lines)
        if line.startswith("  - CKV") and above.startswith("  #")
    }
    accepted = yaml.safe_load("\n".join(lines))["skip-check"]
    shared = yaml.safe_load(CONFIGS["guarded"].read_text("utf-8"))["skip-check"]

    assert set(accepted) == reasoned | set(shared)
