"""The same commit builds the same files, so that anybody can check what is deployed."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.e2e


def built(folder: Path) -> dict[str, str]:
    """Build the Sweeper from a copy, as SAM does; return the digest of each file."""
    source, artifact = folder / "source", folder / "artifact"
    shutil.copytree(
        ROOT / "functions", source, ignore=shutil.ignore_patterns("__pycache__")
    )
    artifact.mkdir()
    python = subprocess.run(  # noqa: S603 - our own script
        [ROOT / "tools" / "find_python", "3.13"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    make = shutil.which("make") or "make"
    given = [f"ARTIFACTS_DIR={artifact}", f"PYTHON={python}"]
    command = [make, "-C", str(source), "build-Sweeper", *given]
    subprocess.run(command, check=True)  # noqa: S603 - our own Makefile
    return {
        str(path.relative_to(artifact)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(artifact.rglob("*"))
        if path.is_file()
    }


def test_two_builds_have_the_same_files(tmp_path: Path) -> None:
    """Byte for byte, the bytecode included."""
    one, other = (tmp_path / name for name in ("one", "other"))
    one.mkdir()
    other.mkdir()
    first = built(one)

    assert "sweeper.py" in first
    assert any(name.endswith(".pyc") for name in first)
    assert first == built(other)
