"""What `sam build` made of functions/: all that runs, and nothing else."""

from pathlib import Path

import pytest

from e2e.artifact import BUILD
from local.topology import Topology

pytestmark = pytest.mark.e2e

ARTIFACTS = [BUILD / name for name in Topology.load().functions]
CARRIED_BY_LAMBDA = {"boto3", "botocore", "s3transfer"}


def relative(artifact: Path, pattern: str) -> set[str]:
    """Return the files of an artifact that match a pattern."""
    return {str(file.relative_to(artifact)) for file in artifact.rglob(pattern)}


@pytest.mark.parametrize("artifact", ARTIFACTS, ids=lambda a: a.name)
def test_it_ships_what_runs(artifact: Path) -> None:
    """Our files and the pinned packages; neither Lambda's own nor any tests."""
    names = {entry.name for entry in artifact.iterdir()}

    handlers = {"sweeper.py", "closer.py", "force_closer.py", "reopener.py"}
    assert handlers | {"idle_jobs"} <= names
    assert not names & (CARRIED_BY_LAMBDA | {"bin", "Makefile", "requirements.txt"})
    assert not relative(artifact, "tests")


@pytest.mark.parametrize("artifact", ARTIFACTS, ids=lambda a: a.name)
def test_an_artifact_runs_on_both_processors(artifact: Path) -> None:
    """Nothing in it is for one of them: `Architecture` changes no build."""
    wheels = [path.read_text("utf-8") for path in artifact.glob("*.dist-info/WHEEL")]

    assert wheels
    assert all("Tag: py3-none-any" in wheel for wheel in wheels)
    assert [*artifact.rglob("*.so")] == []


@pytest.mark.parametrize("artifact", ARTIFACTS, ids=lambda a: a.name)
def test_every_source_has_its_bytecode(artifact: Path) -> None:
    """A function cannot write bytecode, and a cold start must not compile."""
    for source in artifact.rglob("*.py"):
        bytecode = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
        flags = int.from_bytes(bytecode.read_bytes()[4:8], "little")

        assert flags == 0b01, "hash-based, and never checked against the source"


def test_the_artifacts_are_the_same() -> None:
    """One folder, a handler each: what one function has been tested with, all run."""
    first, *others = ({f: (a / f).read_bytes() for f in files(a)} for a in ARTIFACTS)

    assert all(other == first for other in others)


def files(artifact: Path) -> set[str]:
    """Return the names of all files of an artifact."""
    return {name for name in relative(artifact, "*") if (artifact / name).is_file()}
