"""Rows 1 and 2: jobs that close in the same time, and in times of their own."""

from benchmark.cluster_jobs import Spec, job_ids, takes, warm_ids
from benchmark.cluster_process import cluster, difference
from benchmark.peer import close_with
from benchmark.results import Results
from benchmark.sizes import Sizes
from benchmark.stack import ask, closers, stack_for
from local.topology import Topology

AT_ONCE = 32  # How many closings are allowed at a time; see template.yaml.
THREADS = (16, 32)
FAST = (0.2, 0.2)
SLOW = (0.2, 3.0)


async def close_some(count: int, seconds: tuple[float, float]) -> dict[str, float]:
    """Let the Closer close jobs of a cluster; return what that took."""
    concurrency = Topology.load().functions["Closer"].sources[0].max_concurrency
    warm = warm_ids(concurrency)
    spec = Spec(count, count, count, *seconds, warm=len(warm))
    with cluster(spec) as served:
        async with (
            stack_for(served.url) as stack,
            closers(stack, warm) as environments,
        ):
            before = served.counts()
            ask(stack, job_ids(count))
            drained = await stack.drain(environments)
            after = served.counts()
    if after["closed"] != count:
        raise AssertionError(f"{after['closed']} of {count} jobs are closed")
    counted = difference(after, before)
    return {
        "closed": after["last_closed"] - drained.begun,
        "ended": drained.seconds,
        "requests": counted["requests"] / count,
        "connections": counted["connections"] / drained.invocations,
        "cpu": drained.cpu / count * 1000,
        "billed": drained.billed,
        "invocations": drained.invocations,
        "at_once": after["most_at_once"],
        "server": counted["cpu"] / drained.seconds,
    }


async def peer_closes(
    count: int, seconds: tuple[float, float], threads: int
) -> dict[str, float]:
    """Let the official client close such jobs in threads; return what that took."""
    with cluster(Spec(count, count, count, *seconds, warm=threads)) as served:
        before = served.counts()
        took = await close_with(served.url, threads, job_ids(count), warm_ids(threads))
        counted = difference(served.counts(), before)
    return {
        "closed": took["seconds"],
        "requests": (counted["requests"] - threads) / count,
        "cpu": took["cpu"] / count * 1000,
        "server": counted["cpu"] / took["seconds"],
    }


async def same_times(sizes: Sizes, results: Results) -> None:
    """Row 1: jobs of 200 ms."""
    count, part = sizes.jobs, sizes.looped
    for _ in range(sizes.repeats):
        results.add("1.ours", **await close_some(count, FAST))
        for threads in THREADS:
            results.add(f"1.{threads}", **await peer_closes(count, FAST, threads))
    took = await peer_closes(part, FAST, 1)
    results.add("1.loop", **took | {"closed": took["closed"] * count / part})


async def own_times(sizes: Sizes, results: Results) -> None:
    """Row 2: jobs of 0.2 to 3 s, drawn evenly."""
    count = sizes.slow_jobs
    seconds = takes(Spec(count, count, count, *SLOW))
    bound = max(*seconds, sum(seconds) / AT_ONCE)
    ours = await close_some(count, SLOW)
    peer = await peer_closes(count, SLOW, AT_ONCE)
    results.add("2.bound", closed=bound)
    results.add("2.ours", **ours)
    results.add("2.ours.times", closed=ours["closed"] / bound)
    results.add("2.ours.times", ended=ours["ended"] / bound)
    results.add("2.32", **peer)
    results.add("2.32.times", closed=peer["closed"] / bound)
