"""Elastic's own clients drive the stand-in through the life of a job."""

import subprocess
import sys
from pathlib import Path

import pytest

from standin.cluster import Cluster, serve

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
LIFE = Path(__file__).with_name("client_life.py")
# Both clients have one name, so the older one lives in an environment of its own.
CLIENT8 = ".venv-client8"


def python8() -> str:
    """Return the Python that has the client of the major version before."""
    python = ROOT / CLIENT8 / "bin" / "python"
    if not (python.parent.parent / ".ready").exists():
        pytest.fail(f"{CLIENT8} is missing: `make {CLIENT8}/.ready` makes it")
    return str(python)


def live(python: str, version: str) -> tuple[str, str]:
    """Let a client live on a cluster; return its version, and what went wrong."""
    with serve(Cluster(version)) as url:
        # Neither this project nor its dependencies are seen; a warning is an error.
        done = subprocess.run(  # noqa: S603  (our own interpreter)
            [python, "-I", "-W", "error", LIFE, url],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    return done.stdout.strip(), done.stderr


def test_the_current_client_lives() -> None:
    """The client of 9.x goes through the whole life on a cluster of its version."""
    version, errors = live(sys.executable, "9.5.1")

    assert (version[:2], errors) == ("9.", "")


def test_the_client_before_lives() -> None:
    """The client of 8.x goes through the same life on a cluster of its version."""
    version, errors = live(python8(), "8.9.0")

    assert (version[:2], errors) == ("8.", "")
