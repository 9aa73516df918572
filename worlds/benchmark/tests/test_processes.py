"""Processes that are measured, throttled and served."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmark.cluster_jobs import Spec
from benchmark.cluster_process import cluster, difference
from benchmark.measuring import cpu_seconds, peak, resident
from benchmark.throttle import throttled


@pytest.fixture
def busy() -> Iterator[int]:
    """Yield the id of a process that computes until it is killed."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        yield process.pid
        process.kill()


def state(pid: int) -> str:
    """Return the letter with which Linux tells what a process does."""
    return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]


def test_the_figures_of_a_process_are_its_own() -> None:
    """CPU time as it knows it itself, and a peak that is no less than the present."""
    before = time.process_time()
    measured = cpu_seconds(os.getpid())

    assert before <= measured <= time.process_time()
    assert peak(os.getpid()) >= resident(os.getpid()) > 0


@pytest.mark.slow
def test_a_process_with_little_memory_stands_still_in_between(busy: int) -> None:
    """And goes on when it is throttled no more."""
    ends, stood = time.monotonic() + 10, False
    with throttled(busy, 256):
        while not stood and time.monotonic() < ends:
            time.sleep(0.0005)
            stood = state(busy) == "T"

    assert stood
    assert state(busy) != "T"


def test_a_process_with_a_whole_cpu_is_left_alone(busy: int) -> None:
    """No signal is sent to it."""
    with throttled(busy, None):
        assert state(busy) != "T"


@pytest.mark.slow
def test_a_cluster_is_served_by_another_process() -> None:
    """It answers, and to ask for what it has counted is not counted."""
    with cluster(Spec(3, 2, 1)) as served:
        before = served.counts()
        counted = difference(served.counts(), before)

    assert before["requests"] == counted["requests"] == 0
    assert before["cpu"] > 0
