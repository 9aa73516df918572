"""Row 6: the CPU time of a warm batch of ten, while the cluster takes no time."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmark.cluster_jobs import Spec, job_ids, warm_ids
from benchmark.cluster_process import cluster, difference
from benchmark.peer import close_with
from benchmark.places import BUILD
from benchmark.results import Results
from benchmark.sizes import Sizes
from benchmark.stack import ask, stack_for
from certificates import authority, server, write_chain

BATCH = 10
# Batches until every thread has its connection.
WARM = 5
CA = "benchmark.pem"


@contextmanager
def trusting() -> Iterator[tuple[Path, str]]:
    """Give a folder of builds that trust a CA, and the certificate of a server."""
    with tempfile.TemporaryDirectory() as name:
        folder, ca = Path(name), authority(key_usage=True)
        shutil.copytree(BUILD / "Closer", folder / "Closer")
        (folder / "Closer" / CA).write_bytes(ca.pem)
        chain = write_chain(folder / "server.pem", server(ca))
        yield folder, str(chain)


async def ours(count: int, build: Path, certificate: str = "") -> dict[str, float]:
    """Let one environment close jobs batch by batch; return what a job took."""
    spec = Spec(count, count, count, warm=WARM * BATCH, certificate=certificate)
    parameters = {"CaBundle": CA} if certificate else {}
    with cluster(spec) as served:
        async with (
            stack_for(served.url, build, parameters) as stack,
            stack.environment("Closer") as closer,
        ):
            ask(stack, warm_ids(WARM * BATCH))
            await stack.drain([closer])
            before = served.counts()
            ask(stack, job_ids(count))
            drained = await stack.drain([closer])
            counted = difference(served.counts(), before)
    return {
        "cpu": drained.cpu / count * 1000,
        "connections": counted["connections"] / drained.invocations,
        "requests": counted["requests"] / count,
        "received": counted["received"] / count,
    }


async def peer(
    count: int, *, stats: bool, ca: str = "", certificate: str = ""
) -> dict[str, float]:
    """Let the official client close jobs in a loop; return what a job took."""
    spec = Spec(count, count, count, warm=BATCH, certificate=certificate)
    with cluster(spec) as served:
        ids, warm = job_ids(count), warm_ids(BATCH)
        took = await close_with(served.url, 1, ids, warm, stats=stats, ca=ca)
    return {"cpu": took["cpu"] / count * 1000}


async def warm_batches(sizes: Sizes, results: Results) -> None:
    """Measure with and without TLS, beside the official client."""
    count = sizes.batches * BATCH
    with trusting() as (build, certificate):
        ca = str(build / "Closer" / CA)
        for _ in range(sizes.repeats):
            results.add("6.ours", **await ours(count, BUILD))
            results.add("6.ours.tls", **await ours(count, build, certificate))
            for stats in (False, True):
                name = "6.stats" if stats else "6.close"
                results.add(name, **await peer(count, stats=stats))
                took = await peer(count, stats=stats, ca=ca, certificate=certificate)
                results.add(f"{name}.tls", **took)
