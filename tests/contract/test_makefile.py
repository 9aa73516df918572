"""The Makefile: which variables it hands on, and which it keeps from the commands."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from random import SystemRandom

import pytest

from idle_jobs_cli.app import load

ROOT = Path(__file__).parents[2]
MAKE = shutil.which("make") or "make"
ENVIRONMENTS = (".venv", ".venv-cli", ".venv-e2e")
# Not to be made anew.
MADE = [*(f"{name}/.ready" for name in ENVIRONMENTS), ".venv-cli/.demo", "build"]
READ = ("SCHEDULES", "FIRST", "SEED", "PYTHONDONTWRITEBYTECODE")
SEEN = " ".join(f"${name}" for name in READ)
OLD = [f"--old-file={name}" for name in MADE]
OURS = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("MAKE", "MFLAGS")) and name not in READ
}


def made(
    target: str, tools: Path, *given: str, seen: str = SEEN, **environ: str
) -> str:
    """Make a target with a Python that only tells what it was given."""
    python = tools / "python"
    python.write_text(f'#!/bin/sh\necho "$@" : {seen}\n')
    python.chmod(0o755)
    done = subprocess.run(  # noqa: S603 - our own Makefile
        [MAKE, *OLD, target, f"DEV={tools}", f"OPS={tools}", *given],
        cwd=ROOT,
        env=OURS | environ,
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
        "-m idle_jobs_cli simulate : 150 777000",
    ),
    "one seed of the environment (R8)": (
        "simulate",
        [],
        {"SEED": "18"},
        "-m idle_jobs_cli simulate : 18",
    ),
    "numbers after make": (
        "simulate",
        ["SCHEDULES=5", "FIRST=7"],
        {"FIRST": "777000"},
        "-m idle_jobs_cli simulate : 5 7",
    ),
    "no numbers": ("simulate", [], {}, "-m idle_jobs_cli simulate :"),
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


# What is typed, and what idle-jobs gets.
SHORTCUTS = {
    "plan": "plan",
    "plan ARGS='--output json --verdict close'": "plan --output json --verdict close",
    "plan STACK=other": "plan --stack=other",
    "explain JOB=weekly-upload": "explain weekly-upload",
    "report STACK=other ARGS='--since 90d'": "report --stack=other --since 90d",
    "history STACK=s SINCE=30d JOB=web": "history --stack=s --since=30d --job=web",
    "undo STACK=s SINCE=2h ARGS=--dry-run": "undo --stack=s --since=2h --dry-run",
    "undo STACK=s JOB=web ARGS=-y": "undo --stack=s --job=web -y",
    "undo STACK=s SWEEP=r-1 ARGS=--dry-run": "undo --stack=s --sweep=r-1 --dry-run",
    "parked STACK=other ARGS='-o json'": "parked --stack=other -o json",
    "mode STACK=s": "mode --stack=s",
    "mode STACK=s MODE=close": "mode --stack=s close",
    "pause STACK=s": "pause --stack=s",
    "resume STACK=s MODE=observe": "resume --stack=s observe",
    "close STACK=s JOB='batch-*' WAIT=10m ARGS=--yes": (
        "close --stack=s --wait=10m --yes batch-*"
    ),
    "redrive STACK=s JOB=old WAIT=120": "redrive --stack=s --job=old --wait=120",
    "redrive STACK=s ID=1-2 ARGS=--dry-run": "redrive --stack=s --id=1-2 --dry-run",
    "redrive STACK=s ALL=1": "redrive --stack=s --all",
    "redrive STACK=s ALL=0": "redrive --stack=s",
    "validate ARGS='settings samconfig.toml'": "validate settings samconfig.toml",
    "demo ARGS=--faults": "demo --faults",
    "cluster": "cluster",
    "cluster PORT=9210 CONTROL_PORT=9211 VERSION=8.19.0": (
        "cluster --port=9210 --version=8.19.0 --control-port=9211"
    ),
    "simulate ARGS='18 --job web'": "simulate 18 --job web",
}


@pytest.mark.parametrize("typed", SHORTCUTS)
def test_a_shortcut_is_the_command_with_its_options(typed: str, tmp_path: Path) -> None:
    """What follows make reaches the command, which knows each of these options."""
    target, *given = shlex.split(typed)
    told = made(target, tmp_path, *given, seen="")
    _, _, command = told.removesuffix(" :").partition("-m idle_jobs_cli ")

    assert SHORTCUTS[typed] == command
    assert load(target).make_context(target, command.split()[1:])


@pytest.mark.parametrize(
    "target", ["mode", "redrive", "close", "pause", "parked", "undo"]
)
def test_no_command_of_a_stack_listens_to_the_environment(
    target: str, tmp_path: Path
) -> None:
    """It may have an ALL or a MODE of its own; a stack is not changed by those."""
    names = ("ALL", "ARGS", "ID", "JOB", "MODE", "SINCE", "STACK", "SWEEP", "WAIT")
    told = made(target, tmp_path, **dict.fromkeys(names, "1"))

    assert f"-m idle_jobs_cli {target} :" == told


@pytest.mark.parametrize(
    "target", ["plan", "explain", "report", "parked", "redrive", "cluster", "simulate"]
)
def test_the_operators_commands_find_the_product_and_themselves(
    target: str, tmp_path: Path
) -> None:
    """The tests are not on their path."""
    _, _, path = made(target, tmp_path, seen="$PYTHONPATH").partition(" : ")

    assert "functions:." == path


def test_what_is_compiled_is_kept(tmp_path: Path) -> None:
    """Images set what hinders it, and half of the quick tests' time was compiling."""
    told = made("simulate", tmp_path, PYTHONDONTWRITEBYTECODE="1")

    assert "-m idle_jobs_cli simulate :" == told


def test_make_tells_the_exit_code_of_a_command(tmp_path: Path) -> None:
    """It ends with 2 for every failure, so its line has to have the code (U11)."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    done = subprocess.run(  # noqa: S603 - our own Makefile
        [MAKE, *OLD, "plan", f"OPS={tmp_path}"],
        cwd=ROOT,
        env=OURS,
        capture_output=True,
        text=True,
        check=False,
    )
    page = (ROOT / "docs" / "try-it.md").read_text("utf-8")
    (line,) = re.findall(r"its last line has the code, such as `([^`]*)`", page)

    assert (2, "") == (done.returncode, done.stdout)
    assert f"{line}\n" == re.sub(r"Makefile:\d+", "Makefile:42", done.stderr)


def test_the_help_fits_a_terminal() -> None:
    """It lists every target that is no file, each in a line of 80 columns."""
    help_text = subprocess.run(  # noqa: S603 - our own Makefile
        [MAKE, "help"], cwd=ROOT, env=OURS, capture_output=True, text=True, check=True
    ).stdout
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):[^=]", makefile, re.MULTILINE))
    listed = re.findall(r"^  make (\S+) ", help_text, re.MULTILINE)

    assert [] == [line for line in help_text.splitlines() if len(line) > 80]
    assert targets == set(listed)


@pytest.mark.slow
def test_a_command_of_make_ends_quietly() -> None:
    """Ctrl-C reaches make and the command, and neither shows a traceback (U8)."""
    port = SystemRandom().randrange(10_000, 32_768)
    with subprocess.Popen(  # noqa: S603 - our own Makefile
        [MAKE, *OLD, "cluster", f"OPS={Path(sys.executable).parent}", f"PORT={port}"],
        cwd=ROOT,
        env=OURS,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as make:
        assert make.stdout
        assert make.stdout.readline().startswith("A simulated cluster")
        os.killpg(make.pid, signal.SIGINT)
        _, errors = make.communicate(timeout=10)

    assert "Traceback" not in errors
    assert len(errors.splitlines()) <= 1
