"""Row 5: from the start of a process to its first answer, and its memory."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmark.cluster_jobs import Spec, job_ids
from benchmark.cluster_process import cluster
from benchmark.environment import Environment
from benchmark.measuring import peak
from benchmark.places import LAMBDA_PYTHON, PEER_PACKAGES, PEERS
from benchmark.results import Results
from benchmark.sizes import Sizes
from benchmark.stack import CLOSES, Stack, body_for, stack_for
from benchmark.throttle import throttled
from benchmark.timed_queue import TimedQueue, event_of
from local.schedule import scheduled_event
from standin.cluster import API_KEY

# What the official client and Powertools import, beside what Lambda's image has.
PACKAGES = (
    *("aws_lambda_powertools", "elastic_transport", "elasticsearch", "anyio"),
    *("certifi", "idna", "sniffio", "typing_extensions.py", "jmespath", "urllib3"),
)
# Megabytes; None is all of a CPU, as in Lambda's init phase.
MEMORIES = (None, 512, 256)
# Who closes a job gets one of its own; the others get a cluster of so many jobs.
CLOSING = ("Closer", "ForceCloser", "official")
SWEPT = 10
COMPILE = ("-q", "-j2", "--invalidation-mode", "unchecked-hash")
PEER_NAMES = ("official", "bare")


def event_for(name: str, job_id: str) -> Any:
    """Return the first event of a function: one job, or a sweep of the cluster."""
    match name:
        case "Sweeper":
            return scheduled_event(datetime.now(UTC))
        case "Reopener":
            return {"undo": {}}
    # Not the stack's queue: what a function puts back there is of no use here.
    queue, now = TimedQueue(CLOSES, 0), time.monotonic()
    queue.send(body_for(job_id), now)
    return event_of(queue, queue.receive(1, now), time.time() - now)


@contextmanager
def peer_artifacts() -> Iterator[Path]:
    """Give a folder for each peer, compiled as our build compiles."""
    with tempfile.TemporaryDirectory() as folder:
        for name in PEER_NAMES:
            artifact = Path(folder) / name
            artifact.mkdir()
            shutil.copy(PEERS / "handlers" / f"{name}.py", artifact)
        for package in PACKAGES:
            _copy(PEER_PACKAGES / package, Path(folder) / "official" / package)
        subprocess.run(  # noqa: S603 - our own interpreter
            [LAMBDA_PYTHON, "-I", "-m", "compileall", *COMPILE, folder],
            check=True,
        )
        yield Path(folder)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        kept = shutil.ignore_patterns("__pycache__", "*.so")
        shutil.copytree(source, target, ignore=kept)
    elif source.exists():
        shutil.copy(source, target)


@asynccontextmanager
async def environment_of(
    name: str, stack: Stack, peers: Path
) -> AsyncIterator[Environment]:
    """Start an environment of a function, or of a peer."""
    if name not in PEER_NAMES:
        async with stack.environment(name) as ours:
            yield ours
        return
    variables = stack.variables("Closer") | {"API_KEY": API_KEY}
    async with Environment(peers / name, f"{name}.handler", variables, 60) as peer:
        yield peer


async def start_once(
    name: str, memory: int | None, stack: Stack, peers: Path, job_id: str
) -> dict[str, float]:
    """Start an environment and give it an event; return milliseconds and bytes."""
    event = event_for(name, job_id)
    async with environment_of(name, stack, peers) as environment:
        with throttled(environment.pid, memory):
            await environment.invoke(event)
        ready, took = environment.ready_after, environment.seconds
        return {
            "ready": ready * 1000,
            "answered": (ready + took) * 1000,
            "peak": peak(environment.pid) / 2**20,
        }


async def cold_starts(sizes: Sizes, results: Results) -> None:
    """Measure our functions and the peers, one after the other, again and again."""
    opened = sizes.starts * len(MEMORIES) * len(CLOSING)
    with (
        cluster(Spec(opened, opened, opened)) as closed,
        cluster(Spec(SWEPT, SWEPT, 1)) as swept,
        peer_artifacts() as peers,
    ):
        ids = iter(job_ids(opened))
        async with stack_for(closed.url) as closes, stack_for(swept.url) as sweeps:
            for _ in range(sizes.starts):
                for memory in MEMORIES:
                    for name in (*closes.topology.functions, *PEER_NAMES):
                        one = next(ids) if name in CLOSING else "none"
                        stack = closes if name in CLOSING else sweeps
                        took = await start_once(name, memory, stack, peers, one)
                        results.add(f"5.{name}.{memory or 'full'}", **took)
            functions = [*closes.topology.functions]
    add_slowest(functions, results)


def add_slowest(functions: Sequence[str], results: Results) -> None:
    """Add the greatest figures of our functions, each of which is to be small."""
    for memory in MEMORIES:
        for name in ("answered", "peak"):
            names = (f"5.{each}.{memory or 'full'}.{name}" for each in functions)
            most = max(results.of(each) or 0 for each in names)
            results.add(f"5.ours.{memory or 'full'}", **{name: most})
