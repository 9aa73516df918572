"""What a process has used so far: CPU time, and memory. Linux alone tells it so."""

import time
from pathlib import Path


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process with all its threads, those that ended, too."""
    # The id of another process's CPU clock, as the kernel makes it (CPUCLOCK_SCHED).
    return time.clock_gettime((~pid << 3) | 2)


def resident(pid: int) -> int:
    """Return the bytes that a process has in memory."""
    return _status(pid, "VmRSS")


def peak(pid: int) -> int:
    """Return the most bytes that a process had in memory since it was started.

    `ru_maxrss` would also know what its parent had when it was forked.
    """
    return _status(pid, "VmHWM")


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    (line,) = (each for each in lines if each.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024
