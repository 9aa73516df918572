"""The clock of the built functions, which they read from many threads at once."""

import json
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from e2e.clock import READER, Clock
from e2e.runtime import PYTHON

pytestmark = pytest.mark.e2e

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)

# Ten threads read the clock for as long as the input is open, and print what they saw.
READERS = """
import json, sys, threading, time
done, seen = threading.Event(), set()

def read():
    while not done.wait(0.0005):
        seen.update(time.time() for _ in range(50))
        sum(range(2_000))

threads = [threading.Thread(target=read) for _ in range(10)]
for thread in threads:
    thread.start()
print("ready", flush=True)
sys.stdin.read()
done.set()
for thread in threads:
    thread.join()
print(json.dumps(sorted(seen)))
"""


def test_threads_read_no_time_but_those_that_were_set(tmp_path: Path) -> None:
    """While it is turned, again and again, no thread sees another time."""
    clock = Clock(tmp_path)
    hours = [MIDNIGHT + timedelta(hours=hour) for hour in range(24)]
    clock.set(hours[0])
    process = subprocess.Popen(  # noqa: S603  (our own interpreter)
        [PYTHON, "-c", READERS],
        env=clock.variables | {"PYTHONPATH": str(READER)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    end = time.monotonic() + 2
    while time.monotonic() < end:
        for hour in hours:
            clock.set(hour)
    told, _ = process.communicate(timeout=60)
    seen = json.loads(told)

    assert process.returncode == 0
    assert seen
    assert set(seen) <= {hour.timestamp() for hour in hours}
