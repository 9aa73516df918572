"""How the Makefile sets up an environment, and what happens if that is disturbed."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MAKE = shutil.which("make") or "make"
READY, MORE = ".venv-cli/.ready", ".venv-cli/.demo"
PINNED = f"click==8.0 --hash=sha256:{'0' * 64}\n"
ENVIRON = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("MAKE", "MFLAGS", "PIP_", "PYTHON"))
} | {"PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}

Make = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return what makes a target of a fresh checkout, whose environments are empty."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    (tmp_path / "requirements").mkdir()
    for name in ("cli", "demo"):
        (tmp_path / "requirements" / f"{name}.txt").write_text("")

    def begin(
        target: str, environ: Mapping[str, str] = ENVIRON
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603 - our own Makefile
            [MAKE, target],
            cwd=tmp_path,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return begin


def test_two_at_once_in_a_fresh_checkout_make_one(make: Make, tmp_path: Path) -> None:
    """One sets it up, the other says that it waits, and both find it ready (U15)."""
    both = [make(READY), make(READY)]
    ends = sorted(process.communicate(timeout=60) for process in both)
    (_, one), (_, other) = ends

    assert [0, 0] == [process.returncode for process in both]
    assert (
        "Setting up .venv-cli for the command idle-jobs: once, "
        "some 10 seconds and 50 MB.\n.venv-cli is ready after " in one
    )
    assert "Waiting: another make is setting up .venv-cli.\n" == other
    assert ["", ""] == [output for output, _ in ends]
    assert (tmp_path / READY).exists()


def test_what_cannot_be_had_is_told(make: Make, tmp_path: Path) -> None:
    """The reason that pip gives is shown, and nothing counts as ready."""
    (tmp_path / "requirements" / "cli.txt").write_text(PINNED)
    process = make(READY, ENVIRON | {"PIP_NO_INDEX": "1"})
    _, told = process.communicate(timeout=60)

    assert 2 == process.returncode
    assert "No matching distribution found for click==8.0" in told
    assert ".venv-cli could not be made: see above." in told
    assert not (tmp_path / READY).exists()


@pytest.mark.parametrize("target", [READY, MORE])
def test_what_is_interrupted_is_not_ready(
    target: str, make: Make, tmp_path: Path
) -> None:
    """Ctrl-C ends it without a traceback, and the next make sets it up anew."""
    if target == MORE:
        make(READY).communicate(timeout=60)
    name = "demo" if target == MORE else "cli"
    (tmp_path / "requirements" / f"{name}.txt").write_text(PINNED)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        silent.settimeout(60)
        index = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
        process = make(target, ENVIRON | {"PIP_INDEX_URL": index})
        asked, _ = silent.accept()  # By pip, which waits for an answer.
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=60)
        asked.close()

    assert "Traceback" not in told
    assert len(told.splitlines()) <= 2
    assert not (tmp_path / READY).exists()
    assert not (tmp_path / MORE).exists()


def test_what_a_demo_needs_is_added(make: Make) -> None:
    """To what the other commands need; nothing of it is told on standard output."""
    output, told = make(MORE).communicate(timeout=60)
    again, _ = make(MORE).communicate(timeout=60)

    assert "" == output
    assert ["Setting up", ".venv-cli is", "Adding to", ".venv-cli is"] == [
        " ".join(line.split()[:2]) for line in told.splitlines()
    ]
    assert f"make: '{MORE}' is up to date.\n" == again
