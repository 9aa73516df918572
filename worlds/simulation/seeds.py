"""Seeds, run and checked: each by a function that a pool of processes can be given."""

import gc
from collections.abc import Iterable
from multiprocessing import get_context

from simulation import naive
from simulation.checker import check
from simulation.findings import Findings
from simulation.report import Sums, summed
from simulation.schedule import Schedule, run

JOBS = 300


def begin() -> None:
    """Prepare a process for many seeds: what it has loaded is not garbage.

    The collector, which looks at everything again and again, took a tenth of the time.
    """
    gc.freeze()
    gc.set_threshold(100_000)


def compared(seeds: Iterable[int]) -> tuple[Sums, Sums]:
    """Run seeds on all cores; return what ours and the naive peer showed."""
    seeds = list(seeds)
    with get_context("spawn").Pool(initializer=begin) as pool:
        ours = summed(pool.imap(ours_of, seeds, chunksize=4))
        return ours, summed(pool.imap(naive_of, seeds, chunksize=4))


def ours_of(seed: int, jobs: int = JOBS) -> Findings:
    """Run one seed with the product."""
    return check(run(Schedule(seed, jobs)))


def naive_of(seed: int, jobs: int = JOBS) -> Findings:
    """Run one seed with the naive peer."""
    peer = Schedule(seed, jobs, stories=naive.NAIVE, topology=naive.topology())
    return check(run(peer))
