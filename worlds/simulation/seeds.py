"""Seeds, run and checked: each by a function that a pool of processes can be given."""

import gc
import signal
import sys
from collections.abc import Iterable
from multiprocessing import get_context, resource_tracker
from multiprocessing.pool import Pool

from simulation import naive
from simulation.checker import check
from simulation.findings import Findings
from simulation.progress import Progress
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
    """Run seeds on all cores; return what ours and the naive peer showed.

    Standard error says how far it has come.
    """
    seeds = list(seeds)
    with Progress(2 * len(seeds), sys.stderr) as progress, _pool() as pool:
        ours = progress.count("ours", pool.imap(ours_of, seeds, chunksize=4))
        sums = summed(ours)
        naive = progress.count("naive", pool.imap(naive_of, seeds, chunksize=4))
        return sums, summed(naive)


def _pool() -> Pool:
    """Return a process for each core; Ctrl-C is for the one that waits for them."""
    # Started here, since its start unblocks the signal.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        # New processes inherit what is blocked; here, it strikes once they are there.
        return get_context("spawn").Pool(initializer=begin)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ours_of(seed: int, jobs: int = JOBS) -> Findings:
    """Run one seed with the product."""
    return check(run(Schedule(seed, jobs)))


def naive_of(seed: int, jobs: int = JOBS) -> Findings:
    """Run one seed with the naive peer."""
    peer = Schedule(seed, jobs, stories=naive.NAIVE, topology=naive.topology())
    return check(run(peer))
