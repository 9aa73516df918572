"""How much each row measures: all of it, or so little that a test can wait for it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """The numbers of jobs, and how often each subject is measured."""

    repeats: int = 3
    jobs: int = 1000
    # The loop takes 0.2 s a job: the rest is as this part.
    looped: int = 50
    slow_jobs: int = 1000
    simulated: int = 1000
    starts: int = 5
    batches: int = 50
    swept: int = 9999
    swept_open: int = 300
    # Sweeps that hold most of what is idle, to see what they log.
    logged: int = 1000
    grows: tuple[int, ...] = (100, 1000, 10_000, 100_000)
    queues: tuple[int, ...] = (10, 100, 1000)


FULL = Sizes()
TINY = Sizes(
    repeats=1,
    jobs=4,
    looped=2,
    slow_jobs=3,
    simulated=20,
    starts=1,
    batches=2,
    swept=20,
    swept_open=10,
    logged=20,
    grows=(10, 20),
    queues=(2, 4),
)
