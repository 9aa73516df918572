"""What many tests share: a stack on this machine with an empty cluster."""

from collections.abc import Generator, Iterator

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

import closer  # noqa: F401 - While imports are measured: a test may not be the first.
import force_closer  # noqa: F401 - As above.
from simulation import seeds
from simulator.cluster import Cluster
from simulator.runner import Runner
from stacks import START

# Tests of the product's parts reach all of its code. These stand upon them, and to
# measure them, too, would take as long again as to run them.
UNMEASURED = (
    "tests/rows/",
    "tests/test_conformance",
    "tests/test_crash_walk",
    "tests/test_demo",
    "tests/test_hostile",
    "tests/test_operate",
    "tests/test_properties",
    "tests/test_secrets_on_the_wire",
    "tests/test_simul",
    "tests/test_wire_faults.py::test_a_batch_loses",
)

# Examples of a run are those of every run, on a machine however slow, which is no fault
# of theirs; `--hypothesis-profile default` explores.
settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")


def pytest_collection_finish() -> None:
    """Prepare this process for many tests, as one for many seeds is."""
    seeds.begin()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Leave a test that is not there to reach code out of the coverage."""
    measuring = Coverage.current()
    if measuring is None or not item.nodeid.startswith(UNMEASURED):
        return (yield)
    measuring.stop()
    try:
        return (yield)
    finally:
        measuring.start()


@pytest.fixture
def stack() -> Iterator[Runner]:
    """Yield a stack in mode `close`, at 06:05; its next sweep is at midnight."""
    with Runner(Cluster(), START, {"SweepEveryHours": "24"}) as runner:
        yield runner
