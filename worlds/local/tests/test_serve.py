"""`make cluster` serves the demo's jobs as of now, and says how to ask for them."""

import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import SystemRandom
from typing import Any

import pytest
import requests

from commands.running import idle_jobs
from local import serve
from local.scenario import ROWS
from markdown import fences

PAGE = (Path(__file__).parents[3] / "docs" / "try-it.md").read_text(encoding="utf-8")


def free_port() -> int:
    """Return a port that was free a moment ago.

    It is below those that Linux gives to who asks for any, as other tests' servers do:
    none of them takes it in the meantime.
    """
    while True:
        port = SystemRandom().randrange(10_000, 32_768)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@contextmanager
def started(**variables: str) -> Iterator[subprocess.Popen[str]]:
    """Start the cluster as `make cluster` does; it does not outlive its test."""
    paths = {"PYTHONPATH": os.pathsep.join(sys.path), "PORT": str(free_port())}
    paths |= variables
    with subprocess.Popen(
        [sys.executable, "-m", "local.serve"],
        env=os.environ | paths,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def told() -> Iterator[list[str]]:
    """Yield what a running cluster printed."""
    with started() as process:
        assert process.stdout
        yield [process.stdout.readline() for _ in serve.introduction("")]


def words(told: list[str], wanted: str) -> list[list[str]]:
    """Return the printed commands in which a word stands, as a shell splits them."""
    return [line for line in map(shlex.split, told) if wanted in line]


def ask(curl: list[str]) -> Any:
    """Do what a curl line does."""
    name, value = curl[curl.index("-H") + 1].split(": ")
    method = curl[curl.index("-X") + 1] if "-X" in curl else "GET"
    answer = requests.request(method, curl[-1], headers={name: value}, timeout=5)
    return answer.json()


def run(told: list[str], wanted: str) -> int:
    """Run the printed line of `idle-jobs` that has a word, after the printed export."""
    [[_, *variables]] = words(told, "export")
    [[_, *argv]] = words(told, wanted)
    return idle_jobs(*argv, **dict(word.split("=", 1) for word in variables))


@pytest.mark.slow
def test_the_curl_lines_work(told: list[str]) -> None:
    """They read the cluster's limits and its jobs' states, and close a job."""
    info, stats, closed = map(ask, words(told, "curl"))

    assert info["upgrade_mode"] is False
    assert len(ROWS) - 1 == len(stats["jobs"])
    assert closed == {"closed": True}


@pytest.mark.slow
def test_the_plan_line_works(
    told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The printed variables are all that the plan needs."""
    assert run(told, "plan") == 0
    assert "\nsearch-volume " in capsys.readouterr().out


@pytest.mark.slow
def test_the_explain_line_works(
    told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The printed variables are all that the explanation needs."""
    assert run(told, "explain") == 0
    assert "\nweekly-upload: report idle_no_datafeed" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly(number: signal.Signals) -> None:
    """Ctrl-C and a supervisor's signal end it at once, without a trace."""
    with started() as process:
        assert process.stdout
        process.stdout.readline()
        process.send_signal(number)
        _, errors = process.communicate(timeout=5)

    assert ("", 0) == (errors, process.returncode)


@pytest.mark.slow
def test_it_stops_cleanly_when_it_has_hardly_begun() -> None:
    """A signal that comes as soon as a port is open leaves no trace either."""
    port = free_port()
    with started(PORT=str(port), CONTROL_PORT=str(free_port())) as process:
        while True:
            with suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=5)

    assert ("", 0) == (errors, process.returncode)


@pytest.mark.parametrize("name", ["PORT", "CONTROL_PORT"])
def test_a_busy_port(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A port that somebody else has is named, and nothing is served."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])

        assert serve.main({"PORT": str(free_port()), name: port}) == 1

    expected = ("", f"{name}: {port} cannot be used: Address already in use\n")
    assert expected == capsys.readouterr()


@pytest.mark.parametrize("port", ["", "0", "65536", "http", "-1", "٨"])
@pytest.mark.parametrize("name", ["PORT", "CONTROL_PORT"])
def test_no_port(name: str, port: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no port is refused."""
    assert serve.main({name: port}) == 2
    assert f"{name}: expected 1 to 65535, got {port!r}\n" == capsys.readouterr().err


@pytest.mark.parametrize(
    "version", ["8.9", "latest", "8.9.0-SNAPSHOT", "2.11.0", "٨.9.0"]
)
def test_no_version(version: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no version of a cluster that can be simulated is refused (S4)."""
    assert serve.main({"VERSION": version}) == 2
    expected = f"VERSION: expected one like 8.9.0, got {version!r}\n"
    assert expected == capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("version", "number"), [("", "8.9.0"), ("7.17.9", "7.17.9"), ("9.5.3", "9.5.3")]
)
def test_serves_a_version(version: str, number: str) -> None:
    """The cluster is of the version that is asked for, or of one by default (S4)."""
    with started(VERSION=version) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in serve.introduction("")]
        info = next(iter(map(ask, words(lines, "curl"))))

    assert number == info["native_code"]["version"]


def test_starts_without_aws() -> None:
    """Serving imports nothing of AWS and no moto, which take longer than the rest."""
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}

    with subprocess.Popen(
        [sys.executable, "-c", "import local.serve, sys; print(*sys.modules)"],
        env=os.environ | paths,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        told, _ = process.communicate(timeout=5)

    assert {"boto3", "botocore", "moto"}.isdisjoint(told.split())


def test_the_page_shows_what_is_printed() -> None:
    """The excerpt is the first line, and the line that plans."""
    excerpt = next(f for f in fences(PAGE, "text") if "simulated cluster" in f)
    printed = [*serve.introduction("http://127.0.0.1:9200")]

    assert [line for line in excerpt.splitlines() if line not in printed] == []
