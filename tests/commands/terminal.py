"""Runs `idle-jobs` in a process of its own, on a terminal or in a pipe."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from standin.cluster import API_KEY

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "PYTHONPATH": f"{ROOT}:{ROOT / 'functions'}",
    "ES_API_KEY": API_KEY,
    "TERM": "xterm-256color",
}


@dataclass
class Done:
    """What a process has written, and its exit code."""

    out: str
    err: str
    code: int


class End:
    """The end of a stream at which a test reads: of a terminal, or of a pipe."""

    def __init__(self, columns: int) -> None:
        if columns:
            self._own, self.theirs = pty.openpty()
            size = struct.pack("HHHH", 50, columns, 0, 0)
            fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, size)
        else:
            self._own, self.theirs = os.pipe()
        self._parts: list[bytes] = []
        self._thread = Thread(target=self._read, daemon=True)

    def begin(self) -> None:
        """Read, now that the process has the other end."""
        os.close(self.theirs)
        self._thread.start()

    def _read(self) -> None:
        # The end of a terminal is an error on Linux, that of a pipe is an empty read.
        try:
            while part := os.read(self._own, 65_536):
                self._parts.append(part)
        except OSError:
            pass
        os.close(self._own)

    @property
    def so_far(self) -> str:
        """Return what was written until now."""
        return b"".join(self._parts).decode().replace("\r\n", "\n")

    @property
    def text(self) -> str:
        """Return all that was written, once the process has ended."""
        self._thread.join()
        return self.so_far


@dataclass
class Running:
    """A process of `idle-jobs`, and what it writes."""

    process: subprocess.Popen[bytes]
    out: End
    err: End

    def done(self) -> Done:
        """Wait until it ends."""
        code = self.process.wait(60)
        return Done(self.out.text, self.err.text, code)


@contextmanager
def started(
    *argv: str, out: int = 0, err: int = 0, environ: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Start `idle-jobs`; `out` and `err` are the columns of a terminal, 0 for pipes."""
    ends = End(out), End(err)
    command = [sys.executable, "-m", "idle_jobs_cli", *argv]
    process = subprocess.Popen(  # noqa: S603 - our own command
        command,
        stdin=subprocess.DEVNULL,
        stdout=ends[0].theirs,
        stderr=ends[1].theirs,
        env=ENVIRONMENT | dict(environ or {}),
    )
    for end in ends:
        end.begin()
    try:
        yield Running(process, *ends)
    finally:
        process.kill()
        process.wait()


def run(
    *argv: str, out: int = 0, err: int = 0, environ: Mapping[str, str] | None = None
) -> Done:
    """Run `idle-jobs` to its end."""
    with started(*argv, out=out, err=err, environ=environ) as running:
        return running.done()
