"""The Makefile: which variables it hands on, and which it keeps from the commands."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKE = shutil.which("make") or "make"
MADE = (".venv/.ready", ".venv-e2e/.ready", "build")  # Not to be made anew.
READ = ("SCHEDULES", "FIRST", "SEED", "PYTHONDONTWRITEBYTECODE")
SEEN = " ".join(f"${name}" for name in READ)


def made(
    target: str, tools: Path, *given: str, seen: str = SEEN, **environ: str
) -> str:
    """Make a target with a Python that only tells what it was given."""
    python = tools / "python"
    python.write_text(f'#!/bin/sh\necho "$@" : {seen}\n')
    python.chmod(0o755)
    old = [f"--old-file={name}" for name in MADE]
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(  # noqa: S603 - our own Makefile
        [MAKE, *old, target, f"DEV={tools}", *given],
        cwd=ROOT,
        env={k: v for k, v in ours.items() if k not in READ} | environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


GIVEN: dict[str, tuple[str, list[str], dict[str, str], str]] = {
    "the environment's numbers (R8)": (
        "simulate",
        [],
        {"SCHEDULES": "150", "FIRST": "777000"},
        "-m simulation : 150 777000",
    ),
    "one seed of the environment (R8)": (
        "simulate",
        [],
        {"SEED": "18"},
        "-m simulation : 18",
    ),
    "numbers after make": (
        "simulate",
        ["SCHEDULES=5", "FIRST=7"],
        {"FIRST": "777000"},
        "-m simulation : 5 7",
    ),
    "no numbers": ("simulate", [], {}, "-m simulation :"),
    "the matrix, without its simulation (R8)": (
        "reliability",
        [],
        {"SCHEDULES": "0"},
        "-m reliability : 0",
    ),
}


@pytest.mark.parametrize(
    ("target", "given", "environ", "expected"), GIVEN.values(), ids=GIVEN
)
def test_which_schedules_run_is_said_either_way(
    target: str,
    given: list[str],
    environ: dict[str, str],
    expected: str,
    tmp_path: Path,
) -> None:
    """Before `make` or after it, and what stands after it is the newer word."""
    assert expected == made(target, tmp_path, *given, **environ)


def test_no_operators_command_listens_to_the_environment(tmp_path: Path) -> None:
    """It may have an ALL or a MODE of its own; a stack is not changed by those."""
    told = made("mode", tmp_path, MODE="close", STACK="other")

    assert "-m idle_jobs_cli mode :" == told


@pytest.mark.parametrize("target", ["plan", "explain", "parked", "redrive"])
def test_the_operators_commands_find_the_product_alone(
    target: str, tmp_path: Path
) -> None:
    """The tests are not on their path."""
    _, _, path = made(target, tmp_path, seen="$PYTHONPATH").partition(" : ")

    assert "functions:." == path


def test_what_is_compiled_is_kept(tmp_path: Path) -> None:
    """Images set what hinders it, and half of the quick tests' time was compiling."""
    assert "-m simulation :" == made("simulate", tmp_path, PYTHONDONTWRITEBYTECODE="1")
