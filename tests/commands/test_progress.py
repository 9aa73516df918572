"""A command that waits says so, and Ctrl-C ends it quietly."""

import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from commands.terminal import Running, run, started
from standin.cluster import Cluster, serve
from standin.raw_server import Act, RawServer

pytestmark = pytest.mark.slow
READING = re.compile(r"Reading the jobs of 127\.0\.0\.1:\d+")
# To the line above, and clear it.
TAKEN_AWAY = "\r\x1b[1A\x1b[2K"


@contextmanager
def waiting(err: int = 0, **environ: str) -> Iterator[Running]:
    """Start a plan of a cluster that never answers."""
    with (
        RawServer(lambda: [Act.READ, 30.0]) as there,
        started("plan", "--url", there.url, err=err, environ=environ) as running,
    ):
        until = time.monotonic() + 30
        while not there.heads and time.monotonic() < until:
            time.sleep(0.01)
        yield running


def seen(running: Running, seconds: float) -> str:
    """Return what is on standard error as soon as something is, or after a time."""
    until = time.monotonic() + seconds
    while not running.err.so_far and time.monotonic() < until:
        time.sleep(0.01)
    return running.err.so_far


DUMB = {"a pipe": (0, {}), "a dumb terminal": (80, {"TERM": "dumb"})}


@pytest.mark.parametrize(("err", "environ"), DUMB.values(), ids=DUMB)
def test_a_pipe_is_told_after_two_seconds(err: int, environ: dict[str, str]) -> None:
    """One line says what is waited for, and the answer stays without it (U9)."""
    with waiting(err, **environ) as running:
        at_first, later = seen(running, 1.5), seen(running, 10)

    assert "" == at_first
    assert re.fullmatch(f"{READING.pattern} \\.\\.\\.\n", later)
    assert "" == running.out.text


def test_a_terminal_has_a_spinner() -> None:
    """It turns at once, and what it says is that which is waited for (U9)."""
    with waiting(80) as running:
        time.sleep(0.5)
        turned = running.err.so_far

    assert READING.search(turned)
    assert 1 < len(set(re.findall("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]", turned)))


@pytest.mark.parametrize("err", [0, 80], ids=["a pipe", "a terminal"])
def test_a_quick_cluster_is_not_waited_for(err: int) -> None:
    """Nothing stays on standard error when it answers within two seconds (U9)."""
    with serve(Cluster()) as url:
        done = run("plan", "--url", url, err=err)

    assert 0 == done.code
    assert (TAKEN_AWAY if err else "") == done.err[-len(TAKEN_AWAY) :]


@pytest.mark.parametrize("err", [0, 80], ids=["a pipe", "a terminal"])
def test_ctrl_c_is_quiet(err: int) -> None:
    """No traceback, nothing on standard output, and the exit code of a signal (U8)."""
    with waiting(err) as running:
        running.process.send_signal(signal.SIGINT)
        done = running.done()

    assert (130, "") == (done.code, done.out)
    assert "Traceback" not in done.err
    assert done.err.endswith(f"{TAKEN_AWAY}\n") if err else done.err == "\n"
