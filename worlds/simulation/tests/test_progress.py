"""A run of many schedules says how far it is, and ends quietly (U8, U10)."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import StringIO

import pytest

from simulation.progress import Progress


class Clock:
    """A clock that goes on by so many seconds at each look."""

    def __init__(self, step: float) -> None:
        self.now, self._step = 0.0, step

    def __call__(self) -> float:
        """Tell the time."""
        self.now += self._step
        return self.now


def run(stream: StringIO, seconds: float, count: int = 10) -> list[str]:
    """Count results, each of which takes so long; return what was written."""
    with Progress(2 * count, stream, Clock(seconds)) as progress:
        assert [*progress.count("ours", range(count))] == [*range(count)]
    return stream.getvalue().splitlines()


def test_a_pipe_gets_a_line_now_and_then() -> None:
    """A line in 15 seconds, with what is done, how fast, and what is left (U10)."""
    lines = run(StringIO(), 4)

    assert ["4 of 20 schedules (ours), 0.2 a second, 1m 20s left"] == lines[:1]
    assert 2 == len(lines)


def test_a_short_run_into_a_pipe_is_silent() -> None:
    """What takes no time needs no progress."""
    assert [] == run(StringIO(), 0.1)


class Terminal(StringIO):
    """A stream that is a terminal of some width."""

    def isatty(self) -> bool:
        """Say that it is a terminal."""
        return True

    def fileno(self) -> int:
        """Return a terminal of 30 columns."""
        leader, _ = pty.openpty()
        fcntl.ioctl(leader, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 30, 0, 0))
        return leader


def test_a_terminal_has_one_line_that_is_taken_away() -> None:
    """It is there at once, never longer than the terminal, and gone at the end."""
    stream = Terminal()
    run(stream, 1)
    first, *others, last = stream.getvalue().split("\r")[1:]

    assert "0 of 20 schedules (begins)\x1b[K" == first
    assert 10 == len(others)
    assert {29} == {len(line.removesuffix("\x1b[K")) for line in others}
    assert "\x1b[K" == last


@contextmanager
def started() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start a long run whose errors go to a terminal; yield it with that."""
    leader, terminal = pty.openpty()
    paths = {"PYTHONPATH": os.pathsep.join(sys.path), "SCHEDULES": "400"}
    with subprocess.Popen(
        [sys.executable, "-m", "simulation"],
        env=os.environ | paths,
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
        start_new_session=True,
    ) as process:
        os.close(terminal)
        try:
            yield process, leader
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            os.close(leader)


def read_until(leader: int, wanted: str) -> str:
    """Read from a terminal until a text is there, or nobody writes to it any more."""
    text = ""
    with suppress(OSError):
        while wanted not in text:
            text += os.read(leader, 4096).decode()
    return text


def is_gone(group: int) -> bool:
    """Tell whether no process of a group is left, as soon as that is so."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["begins", "(ours), "])
def test_ctrl_c_ends_it_quietly(moment: str) -> None:
    """At its start or in its midst: 130, no trace, and no process is left (U8)."""
    with started() as (process, leader):
        assert moment in read_until(leader, moment)
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=20)
        rest = read_until(leader, "Traceback")

        assert (130, "") == (process.returncode, said)
        assert "Traceback" not in rest
        assert is_gone(process.pid)
