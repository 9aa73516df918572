"""The SBOM that `make sbom` writes says what is in the artifacts."""

import json
import os
import re
import subprocess
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path
from typing import Any

import pytest

from contract.test_dependencies import licence
from e2e.artifact import BUILD, ROOT
from local.topology import Topology

pytestmark = pytest.mark.e2e

ARTIFACTS = [BUILD / name for name in Topology.load().functions]
PYTHON = ROOT / ".venv-sbom" / "bin" / "python"
SBOM = BUILD.parent / "sbom.json"


@pytest.fixture(scope="module")
def bom() -> dict[str, Any]:
    """Return what `make sbom` has written."""
    written: dict[str, Any] = json.loads(SBOM.read_text(encoding="utf-8"))
    return written


def installed(artifact: Path) -> dict[str, Distribution]:
    """Return the packages of an artifact, by the names that pip has for them."""
    found = map(PathDistribution, artifact.glob("*.dist-info"))
    return {re.sub(r"[._]", "-", each.name).lower(): each for each in found}


@pytest.mark.parametrize("artifact", ARTIFACTS, ids=lambda a: a.name)
def test_it_lists_what_is_in_an_artifact(bom: dict[str, Any], artifact: Path) -> None:
    """Each package with its version, and no other; boto3 is Lambda's."""
    assert {c["name"]: c["version"] for c in bom["components"]} == {
        name: package.version for name, package in installed(artifact).items()
    }


def test_its_licences_are_those_of_the_packages(bom: dict[str, Any]) -> None:
    """As the built packages themselves say."""
    packages = installed(ARTIFACTS[0])
    for component in bom["components"]:
        (said,) = component["licenses"]

        assert said["license"]["id"] in licence(packages[component["name"]].metadata)


def test_its_hashes_are_those_that_pip_demands(bom: dict[str, Any]) -> None:
    """Every hash of the file with the pinned packages, and each package has one."""
    requirements = (ROOT / "functions" / "requirements.txt").read_text("utf-8")
    hashes = [
        {hash_["content"] for ref in c["externalReferences"] for hash_ in ref["hashes"]}
        for c in bom["components"]
    ]

    assert all(hashes)
    assert set().union(*hashes) == set(
        re.findall(r"sha256:([0-9a-f]{64})", requirements)
    )


def test_it_is_the_same_each_time(bom: dict[str, Any], tmp_path: Path) -> None:
    """It is of the commit, and not of the hour; it is written only if it is valid."""
    again = tmp_path / "sbom.json"
    path = os.pathsep.join([str(ROOT / "tests"), str(ROOT)])
    subprocess.run(  # noqa: S603 - our own script
        [PYTHON, "-m", "sbom", again],
        env=os.environ | {"PYTHONPATH": path},
        check=True,
    )

    assert again.read_bytes() == SBOM.read_bytes()
    assert "serialNumber" not in bom
    assert "timestamp" not in bom["metadata"]


def test_it_says_what_it_is_of(bom: dict[str, Any]) -> None:
    """CycloneDX 1.6, and the application with what it asks for itself."""
    component = bom["metadata"]["component"]
    (asked,) = (d for d in bom["dependencies"] if d["ref"] == component["bom-ref"])
    names = {c["bom-ref"]: c["name"] for c in bom["components"]}

    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.6")
    assert component["name"] == "idle-job-closer"
    assert [names[ref] for ref in asked["dependsOn"]] == [
        *("aws-lambda-powertools", "requests", "requests-aws4auth")
    ]
