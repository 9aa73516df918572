"""The help and the tab key: what they show, in which width, and how fast."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from commands.running import idle_jobs
from idle_jobs_cli.app import LISTED, NAME, app, load
from idle_jobs_cli.exits import Exit

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "try-it.md").read_text(encoding="utf-8")
# Commands whose options are in a module of their own, beside what they do.
LIGHT = ("plan", "explain", "report", "completion", "demo", "cluster", "simulate")
HEAVY = ("boto3", "jinja2", "requests", "rich", "yaml")
WHAT_IS_LOADED = f"""
import sys
from idle_jobs_cli.__main__ import main
main(sys.argv[1:])
print("LOADED", *(name for name in {HEAVY} if name in sys.modules))
"""


def loaded_for(*argv: str, **variables: str) -> list[str]:
    """Return which of the heavy packages a command imports, in a new process."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", WHAT_IS_LOADED, *argv],
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'functions'}", **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.rpartition("LOADED")[2].split()


@pytest.mark.slow
@pytest.mark.parametrize("command", ["", *LIGHT])
def test_help_waits_for_nothing(command: str) -> None:
    """What reads clusters and stacks is imported when it is needed (U7)."""
    assert [] == loaded_for(*command.split(), "--help")


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("command", ["", *LISTED])
def test_help_fits(command: str, width: int) -> None:
    """No line is longer than the terminal is wide, but for examples (U2)."""
    done = CliRunner().invoke(
        app, [*command.split(), "--help"], prog_name=NAME, terminal_width=width
    )
    told, _, _ = done.stdout.partition("\nExamples:")

    assert [] == [line for line in told.splitlines() if len(line) > width]
    assert told.startswith(f"Usage: {NAME} {command}")


def test_each_command_has_its_name() -> None:
    """What the help lists is what runs, and its options are explained."""
    assert [*LISTED] == [load(name).name for name in LISTED]


def test_a_misspelt_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A near miss is told, with the next step."""
    assert idle_jobs("redriv") == 2
    told = "Error: No such command 'redriv'. Did you mean 'redrive'?\n"
    assert f"{told}Next: `idle-jobs --help`\n" == capsys.readouterr().err


def test_the_exit_codes_are_those_of_the_page_and_of_the_help() -> None:
    """Scripts rely on them."""
    heading = PAGE.index("## Exit codes")
    on_the_page = [
        int(n) for n in re.findall(r"^\| (\d+) \|", PAGE[heading:], re.MULTILINE)
    ]
    helped = CliRunner().invoke(app, ["--help"]).stdout.partition("Exit codes:")[2]
    in_the_help = [int(n) for n in re.findall(r"^ +(\d+) ", helped, re.MULTILINE)]

    assert [*Exit] == on_the_page == in_the_help


BASH = """
source <(idle-jobs completion bash)
complete -p idle-jobs
COMP_WORDS=($LINE); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_idle_jobs_completion idle-jobs
printf '%s\\n' "${COMPREPLY[@]}"
"""
TYPED = {
    "idle-jobs pl": ["plan"],
    "idle-jobs re": ["report", "redrive", "resume"],
    "idle-jobs plan --ou": ["--output"],
    "idle-jobs plan --output y": ["yaml"],
    "idle-jobs explain --cl": ["--cloud-id"],
}


@pytest.mark.slow
@pytest.mark.parametrize(("line", "completed"), TYPED.items(), ids=TYPED)
def test_bash_completes(line: str, completed: list[str], tmp_path: Path) -> None:
    """The script that is printed works in a real shell."""
    script = tmp_path / NAME
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m idle_jobs_cli "$@"\n')
    script.chmod(0o700)
    done = subprocess.run(  # noqa: S603 - our own command
        ["/bin/bash", "-c", BASH],
        env={
            "PYTHONPATH": f"{ROOT}:{ROOT / 'functions'}",
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "LINE": line,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    how, *found = done.stdout.splitlines()

    assert "complete -o nosort -F _idle_jobs_completion idle-jobs" == how
    assert (completed, "") == (found, done.stderr)
