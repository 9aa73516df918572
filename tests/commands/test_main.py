"""The entry point: what becomes of errors, and of output that cannot be written."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from commands.running import idle_jobs
from commands.terminal import ENVIRONMENT
from idle_jobs_cli.app import LISTED
from local.scenario import SWEEP, build
from standin.cluster import Cluster, serve


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Yield the URL of the scenario's cluster."""
    with serve(build()) as url:
        yield url


def shell(line: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `ij` is the command."""
    command = f'ij() {{ "{sys.executable}" -m idle_jobs_cli "$@"; }}; set -o pipefail'
    return subprocess.run(  # noqa: S603 - our own command
        ["/bin/bash", "-c", f"{command}; {line}"],
        env=ENVIRONMENT | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


FORMATS = ["table", "json", "csv", "yaml"]


@pytest.mark.slow
@pytest.mark.parametrize("output", FORMATS)
def test_a_reader_that_has_read_enough(output: str, url: str) -> None:
    """`| head -1` is no failure, and nothing is said of it (U1)."""
    done = shell(f"ij plan --url {url} -o {output} | head -1")

    assert (0, "") == (done.returncode, done.stderr)
    assert 1 == done.stdout.count("\n")


@pytest.mark.slow
@pytest.mark.parametrize("output", FORMATS)
def test_a_reader_that_reads_nothing(output: str, url: str) -> None:
    """It went away before anything was written (U1)."""
    done = shell(f"ij plan --url {url} -o {output} | true")

    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("output", ["table", "json"])
def test_a_full_disk_is_one_line(output: str, url: str) -> None:
    """What was to be written is lost, and the exit code says so."""
    done = shell(f"ij plan --url {url} -o {output} > /dev/full")

    told = "Error: the system refuses: [Errno 28] No space left on device\n"
    assert (1, told) == (done.returncode, done.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("closed", [">&-", "2>&- >/dev/null"])
def test_a_closed_stream_is_no_error(closed: str, url: str) -> None:
    """Who closes a stream does not want what is written to it."""
    done = shell(f"ij plan --url {url} {closed}")

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.slow
def test_few_letters_are_no_error() -> None:
    """What the encoding of a stream does not have becomes a question mark.

    JSON needs none: it is in ASCII.
    """
    cluster = Cluster()
    owner = {"idle_closer": {"owner": "Jürgen"}}
    cluster.add_job("web", now=SWEEP, state="opened", custom_settings=owner)
    with serve(cluster) as url:
        line = f"ij plan --url {url} -o"
        as_csv = shell(f"{line} csv", PYTHONIOENCODING="ascii")
        as_json = shell(f"{line} json", PYTHONIOENCODING="ascii")

    assert (0, "") == (as_csv.returncode, as_csv.stderr)
    assert ",J?rgen," in as_csv.stdout
    assert ["Jürgen"] == [job["owner"] for job in json.loads(as_json.stdout)["jobs"]]


NOTHING = {
    "a command that is none": (["plns"], "`idle-jobs --help`"),
    "an option that is none": (["plan", "--verdic", "x"], "`idle-jobs plan --help`"),
    "a value that is none": (["plan", "-o", "xml"], "`idle-jobs plan --help`"),
    "an argument too many": (["plan", "web"], "`idle-jobs plan --help`"),
    "an argument too few": (["explain"], "`idle-jobs explain --help`"),
}


@pytest.mark.parametrize(("argv", "then"), NOTHING.values(), ids=NOTHING)
def test_what_is_asked_wrongly(
    argv: list[str], then: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 2, and the help of the command is the next step (U3)."""
    assert idle_jobs(*argv) == 2

    out, err = capsys.readouterr()
    error, following = err.splitlines()
    assert ("", f"Next: {then}") == (out, following)
    assert error.startswith("Error: ")


def test_no_command_shows_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    """Who types the name alone gets the help, and an exit code that is not 0."""
    assert idle_jobs() == 2

    shown = "".join(capsys.readouterr())
    assert all(f"\n  {name} " in shown for name in LISTED)
