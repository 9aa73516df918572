"""Rows 7 and 8: what a sweep costs, and how that grows with the cluster."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from benchmark.closing import FAST, close_some
from benchmark.cluster_jobs import Spec
from benchmark.cluster_process import ClusterProcess, cluster, difference
from benchmark.environment import Environment, FunctionError
from benchmark.measuring import peak
from benchmark.peer import run_peer
from benchmark.results import Results, steepest
from benchmark.sizes import Sizes
from benchmark.stack import Stack, stack_for
from local.schedule import scheduled_event

MB = 2**20
SHARES = (3, 100)  # Percent of the jobs that are open.
# How the product refuses more jobs than a list, or an answer, may have.
TOO_MANY = ("the most that the API returns", "the answer is longer than")
# One in ten open jobs is idle.
IDLE = 10


@dataclass
class Swept:
    """One sweep of an environment: what it took here, and what the cluster saw."""

    seconds: float
    cpu: float
    counted: dict[str, float]
    log: list[bytes]


async def sweep_once(served: ClusterProcess, sweeper: Environment) -> Swept:
    """Let the Sweeper sweep, as its schedule does."""
    before, cpu, said = served.counts(), sweeper.cpu, len(sweeper.output())
    await sweeper.invoke(scheduled_event(datetime.now(UTC)))
    counted = difference(served.counts(), before)
    log = sweeper.output()[said:].splitlines(keepends=True)
    return Swept(sweeper.seconds, sweeper.cpu - cpu, counted, log)


async def sweep_of(
    served: ClusterProcess, stack: Stack, *, warm: bool = True
) -> dict[str, float]:
    """Sweep with one environment; return what that took, or `warm` the second time.

    The first time, clients are made, which a peer has before it is measured.
    """
    async with stack.environment("Sweeper") as sweeper:
        if warm:
            await sweep_once(served, sweeper)
        swept = await sweep_once(served, sweeper)
        most = peak(sweeper.pid)
    counted = swept.counted
    return {
        "seconds": swept.seconds,
        "cpu": swept.cpu * 1000,
        "bytes": (counted["received"] + counted["sent"]) / MB,
        "requests": counted["requests"],
        "searches": counted["searches"],
        "peak": most / MB,
        "log": sum(map(len, swept.log)) / 1000,
        "lines": len(swept.log),
    }


async def peak_of_none() -> float:
    """Return the most memory that sweeps of a cluster with one job take."""
    with cluster(Spec(1, 1, 0)) as served:
        async with stack_for(served.url) as stack:
            return (await sweep_of(served, stack))["peak"]


async def peer_lists(served: ClusterProcess, *, gzip: bool) -> dict[str, float]:
    """Let the official client read all jobs; return what that took."""
    before = served.counts()
    read = await run_peer("listing.py", served.url, gzip)
    counted = difference(served.counts(), before)
    return {
        "cpu": read["cpu"] * 1000,
        "parsing": read["parsing"] * 1000,
        "bytes": (counted["received"] + counted["sent"]) / MB,
        "searches": counted["searches"],
        "growth": (read["peak"] - read["before"]) / MB,
    }


async def sweeps(sizes: Sizes, results: Results) -> None:
    """Row 7: a cluster of which few jobs are open, and one with many idle jobs."""
    spec = Spec(sizes.swept, sizes.swept_open, sizes.swept_open // IDLE)
    with cluster(spec) as served:
        async with stack_for(served.url) as stack:
            for _ in range(sizes.repeats):
                took, none = await sweep_of(served, stack), await peak_of_none()
                results.add("7.ours", **took, growth=took["peak"] - none)
                results.add("7.lists", **await peer_lists(served, gzip=False))
                results.add("7.gzip", **await peer_lists(served, gzip=True))
    with cluster(replace(spec, monitor=False)) as served:
        async with stack_for(served.url) as stack:
            results.add("7.plain.ours", **await sweep_of(served, stack))
    every = Spec(sizes.logged, sizes.logged, sizes.logged)
    with cluster(every) as served:
        # All of them became idle together, which halts a sweep by default.
        halt = {"HaltAboveJobs": "1000", "MaxClosePercent": "100"}
        async with stack_for(served.url, parameters=halt) as stack:
            results.add("7.idle", **await sweep_of(served, stack))


async def growth(sizes: Sizes, results: Results) -> None:
    """Row 8: clusters and queues of several sizes."""
    refused = 0
    for share in SHARES:
        swept = {count: await _sweep(count, share) for count in sizes.grows}
        read = {count: took for count, took in swept.items() if took}
        for count, took in read.items():
            results.add(f"8.{share}.{count}", **took)
        cpu = [took["cpu"] for took in read.values()]
        results.add(f"8.{share}", growth=steepest([*read], cpu) or 0)
        refused += len(swept) - len(read)
    results.add("8.sweeps", refused=refused)
    closings = {count: await close_some(count, FAST) for count in sizes.queues}
    for count, closed in closings.items():
        results.add(f"8.queue.{count}", **closed)
    each = [closed["cpu"] * count for count, closed in closings.items()]
    results.add("8.queue", growth=steepest([*closings], each) or 0)


async def _sweep(count: int, share: int) -> dict[str, float]:
    """Sweep a cluster with a share of jobs open, in percent; empty if refused."""
    opened = max(count * share // 100, 1)
    with cluster(Spec(count, opened, opened // IDLE)) as served:
        async with stack_for(served.url) as stack:
            try:
                return await sweep_of(served, stack, warm=False)
            except FunctionError as error:
                if not any(reason in str(error) for reason in TOO_MANY):
                    raise
                return {}
