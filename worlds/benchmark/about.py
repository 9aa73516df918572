"""What was measured where, and with which versions."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from benchmark.places import LAMBDA_PYTHON, PEER_PYTHON, ROOT

# Asked of an interpreter: its version, and those of packages that it has.
ASK = (
    "import platform, sys; from importlib.metadata import version;"
    "print(platform.python_version(), *map(version, sys.argv[1:]))"
)


def about() -> dict[str, str]:
    """Return what the page says of the machine and of the versions."""
    python, runtime, boto3 = _versions(LAMBDA_PYTHON, "awslambdaric", "boto3")
    _, client, powertools = _versions(
        PEER_PYTHON, "elasticsearch", "aws-lambda-powertools"
    )
    return {
        "When": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "Commit": _commit(),
        "Machine": f"{_processor()}, {os.cpu_count()} CPUs, {_memory():.0f} GiB",
        "Load before": f"{os.getloadavg()[0]:.2f}",
        "Kernel": f"{platform.system()} {platform.release()}",
        "Python of the functions and of the peers": python,
        "Python of the cluster": platform.python_version(),
        "Official client (elasticsearch)": client,
        "awslambdaric": runtime,
        "boto3": boto3,
        "Powertools": powertools,
    }


def _versions(python: Path, *packages: str) -> list[str]:
    return _told(str(python), "-I", "-c", ASK, *packages).split()


def _commit() -> str:
    commit = _told("git", "rev-parse", "--short=10", "HEAD")
    return commit + (", changed" if _told("git", "status", "--short") else "")


def _told(*command: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own commands
        command, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    names = [line for line in lines if line.startswith("model name")]
    return names[0].partition(": ")[2] if names else platform.machine()


def _memory() -> float:
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return pages * size / 2**30
