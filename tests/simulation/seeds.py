"""One seed, run and checked: a function of its own, so that a pool can be given it."""

import gc

from simulation import naive
from simulation.checker import check
from simulation.findings import Findings
from simulation.schedule import Schedule, run

JOBS = 300


def begin() -> None:
    """Prepare a process for many seeds: what it has loaded is not garbage.

    The collector, which looks at everything again and again, took a tenth of the time.
    """
    gc.freeze()
    gc.set_threshold(100_000)


def ours_of(seed: int, jobs: int = JOBS) -> Findings:
    """Run one seed with the product."""
    return check(run(Schedule(seed, jobs)))


def naive_of(seed: int, jobs: int = JOBS) -> Findings:
    """Run one seed with the naive peer."""
    peer = Schedule(seed, jobs, stories=naive.NAIVE, topology=naive.topology())
    return check(run(peer))
