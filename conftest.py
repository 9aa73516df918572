"""What many tests share: a stack on this machine with an empty cluster."""

import os
import signal
from collections.abc import Generator, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

import closer  # While imports are measured: a test may not be the first.
import force_closer  # noqa: F401 - As above.
import reopener  # noqa: F401 - As above.
from local.runner import Runner
from local.schedule import DAILY
from simulation import seeds
from stacks import START
from standin.cluster import Cluster

# A measured test takes twice as long. The quick tests, but for those of the second
# list, and these slow ones reach all of the product's code: the others stand upon them.
MEASURED_SLOW = (
    "tests/test_event_bus",
    "tests/test_ledger",
    "tests/test_open_reading.py",
    "tests/test_quiet_hours.py::test_a_message",
    "tests/test_services",
    "tests/test_sweeper",
    "tests/elastic/test_signing",
    "tests/elastic/test_transport_faults.py::test_a_close_ends",
)
UNMEASURED = ("worlds", "tests/steps/test_properties")

# Begun first: what takes a minute must not be what all wait for at the end.
LONGEST = (
    "worlds/local/tests/test_crash_walk",
    "worlds/local/tests/test_demo",
    "worlds/simulation/tests/test_schedules",
    "tests/elastic/test_transport_faults",
    "tests/rows/test_rows_force",
    "tests/hostile",
    "tests/test_opening",
)

# A shell starts what it runs in the background deaf to Ctrl-C, and tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Examples of a run are those of every run, on a machine however slow, which is no fault
# of theirs; `--hypothesis-profile default` explores.
settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Run three workers on two cores where stacks are tested: they wait a lot."""
    whole = config.getoption("dist") == "loadscope"
    return (os.cpu_count() or 1) * 3 // 2 if whole else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_collection_finish() -> None:
    """Prepare this process for many tests, as one for many seeds is."""
    seeds.begin()


def is_measured(item: pytest.Item) -> bool:
    """Tell whether the coverage is to know of a test."""
    if item.get_closest_marker("slow"):
        return item.nodeid.startswith(MEASURED_SLOW)
    return not item.nodeid.startswith(UNMEASURED)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Leave a test that is not there to reach code out of the coverage."""
    measuring = Coverage.current()
    if measuring is None or is_measured(item):
        return (yield)
    measuring.stop()
    try:
        return (yield)
    finally:
        measuring.start()


@pytest.fixture(scope="module")
def pool() -> Iterator[Executor]:
    """Yield a process for each core: a day needs the process's clock to itself."""
    with ProcessPoolExecutor(
        mp_context=get_context("spawn"), initializer=seeds.begin
    ) as pool:
        yield pool


@pytest.fixture
def stack() -> Iterator[Runner]:
    """Yield a stack in mode `close`, at 06:05; its next sweep is at midnight."""
    with Runner(Cluster(), START, DAILY) as runner:
        yield runner


@pytest.fixture(autouse=True)
def own_metrics() -> None:
    """Forget what the test before has counted: all Metrics of a process share it."""
    closer.metrics.clear_metrics()
