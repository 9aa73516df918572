"""Makes an environment from a file of hashed packages; run by the Makefile.

    make_venv.py .venv-x/.ready requirements/x.txt [--compile]
    make_venv.py .venv-x/.more requirements/more.txt --add

The first makes `.venv-x` anew for the Python that runs this. The second adds to it what
it does not have yet. The file that is named first then says that all of it is there;
while anything is missing, `.ready` is missing, too. Of two at a time, one waits.
"""

import argparse
import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INTERRUPTED = 130
# For those who do not know what make is doing.
FOR = {
    "cli": "for the command idle-jobs: once, some 10 seconds and 50 MB",
    "demo": "for the simulations: once, some 10 seconds and 60 MB",
    "dev": "for the tests: once, about a minute",
    "sam": "with the SAM CLI: once, about half a minute",
    "audit": "with checkov and zizmor: once, about half a minute and 300 MB",
    "sbom": "for the SBOM: once, a few seconds",
    "e2e": "with Lambda's runtime client: once, a few seconds",
    "client8": "with Elastic's client of 8.x: once, a few seconds",
}
# The files list every package, hence --no-deps. Twice quiet hides pip's warnings about
# the machine it runs on; its errors are still shown. What is imported is compiled when
# it is, and kept: to compile all takes as long as to install it.
INSTALL = ["install", "-qq", "--no-deps", "--require-hashes"]
INSTALL += ["--disable-pip-version-check", "--no-input"]


def main() -> int:
    """Make what is asked for, unless it has just been made; return an exit code."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("stamp", type=Path)
    options.add_argument("packages", type=Path)
    options.add_argument("--add", action="store_true")
    options.add_argument("--compile", action="store_true")
    asked = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with alone(asked.stamp.parent):
            if not is_ready(asked.stamp, asked.packages):
                install = INSTALL if asked.compile else [*INSTALL, "--no-compile"]
                make(asked.stamp, asked.packages, install, add=asked.add)
    except KeyboardInterrupt:
        return INTERRUPTED
    except subprocess.CalledProcessError as error:
        tell(f"{error.output}{asked.stamp.parent} could not be made: see above.")
        return 1
    return 0


def tell(text: str, end: str = "\n") -> None:
    """Tell a person, and no program that reads what the command prints."""
    print(text, end=end, file=sys.stderr, flush=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let no other process make this environment meanwhile."""
    with Path(f"{folder}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell(f"Waiting: another make is setting up {folder}.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_ready(stamp: Path, packages: Path) -> bool:
    """Tell whether another make has done it while this one waited."""
    return stamp.exists() and stamp.stat().st_mtime >= packages.stat().st_mtime


def make(stamp: Path, packages: Path, install: list[str], *, add: bool) -> None:
    """Make the environment, or add to it, and say that it is ready."""
    folder, ready = stamp.parent, stamp.with_name(".ready")
    begun = time.monotonic()
    doing = "Adding to" if add else "Setting up"
    tell(f"{doing} {folder} {FOR.get(packages.stem, '')}".rstrip() + ".")
    ready.unlink(missing_ok=True)
    if not add:
        clear(folder)
        run([sys.executable, "-m", "venv", "--without-pip", str(folder)], begun)
    run([*pip(folder, begun), *install, "-r", str(packages)], begun)
    ready.touch()
    stamp.touch()
    tell(f"{folder} is ready after {time.monotonic() - begun:.0f} s.")


def clear(folder: Path) -> None:
    """Remove what is left of an earlier environment."""
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def pip(folder: Path, begun: float) -> list[str]:
    """Return the pip of the Python that runs this; without one, the environment's own.

    To give each environment one takes as long as to install what `idle-jobs` needs.
    """
    python = str(folder / "bin" / "python")
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "--python", python]
    run([python, "-m", "ensurepip"], begun)
    return [python, "-m", "pip"]


def run(command: list[str], begun: float) -> None:
    """Run a command, count the seconds on a terminal; its output is for its errors."""
    # The tests' folders, which the Makefile puts on the path, are not for pip.
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    with (
        tempfile.TemporaryFile("w+") as output,
        subprocess.Popen(  # noqa: S603 - a command of this file
            command, env=environ, stdout=output, stderr=output
        ) as child,
    ):
        try:
            while not ended(child):
                if sys.stderr.isatty():
                    tell(f"{time.monotonic() - begun:.0f} s", end="\r")
        finally:
            child.kill()
        if child.returncode:
            output.seek(0)
            raise subprocess.CalledProcessError(
                child.returncode, command, output.read()
            )


def ended(child: subprocess.Popen[bytes]) -> bool:
    """Wait for a second; tell whether the command has ended."""
    try:
        child.wait(timeout=1)
    except subprocess.TimeoutExpired:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
