"""The share of a CPU that Lambda gives to a function of some memory, without root.

A function of 1,769 MB has one CPU. With less it may use a share of each period of
PERIOD, and stands still for the rest of it. Init is not throttled.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from benchmark.measuring import cpu_seconds

WHOLE_CPU = 1769  # MB
PERIOD = 0.02  # seconds
LOOK = 0.0005


@contextmanager
def throttled(pid: int, memory: int | None) -> Iterator[None]:
    """Let a process have the share of `memory` MB; all of a CPU if that is None."""
    if memory is None:
        yield
        return
    over = Event()
    thread = Thread(target=_throttle, args=(pid, memory / WHOLE_CPU, over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _throttle(pid: int, share: float, over: Event) -> None:
    used, allowed = cpu_seconds(pid), 0.0
    while not over.is_set():
        ends = time.monotonic() + PERIOD
        # What it took beyond its share in the last period is missing in this one.
        allowed = min(allowed, 0) + share * PERIOD
        while (left := ends - time.monotonic()) > 0 and allowed > 0:
            time.sleep(min(LOOK, left))
            now = cpu_seconds(pid)
            allowed, used = allowed - (now - used), now
        if left > 0:
            os.kill(pid, signal.SIGSTOP)
            over.wait(left)
            os.kill(pid, signal.SIGCONT)
