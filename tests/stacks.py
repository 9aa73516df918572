"""What tests do with a stack: add jobs, sweep, and read what became of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from deployed import refuse
from idle_jobs import modes, services
from local.runner import Runner

START = datetime(2026, 3, 2, 6, 5, tzinfo=UTC)


def add_idle(stack: Runner, job_id: str = "web", **fields: Any) -> None:
    """Add a job that every sweep closes."""
    idle: dict[str, Any] = {
        "state": "opened",
        "created": START - timedelta(days=90),
        "opened": START - timedelta(days=30),
        "last_data": START - timedelta(days=10),
        "datafeed": "stopped",
    }
    stack.cluster.add_job(job_id, now=START, **(idle | fields))


def add_busy(stack: Runner, job_id: str = "web", **fields: Any) -> None:
    """Add a job that works: only an explicit request closes it."""
    busy = {"last_data": START - timedelta(minutes=1), "datafeed": "started"}
    add_idle(stack, job_id, **(busy | fields))


@contextmanager
def mode_refused() -> Iterator[None]:
    """Let the Parameter Store refuse to tell the mode."""
    with refuse("ssm.GetParameter", "AccessDeniedException"):
        modes._store.cache_clear()  # noqa: SLF001 - a client keeps what it hears
        try:
            yield
        finally:
            modes._store.cache_clear()  # noqa: SLF001


@contextmanager
def ledger_refused() -> Iterator[None]:
    """Let DynamoDB take no item, and show none."""
    with refuse("dynamodb", "InternalServerError"):
        services._made_dynamodb.cache_clear()  # noqa: SLF001 - as above
        try:
            yield
        finally:
            services._made_dynamodb.cache_clear()  # noqa: SLF001


def sweep(stack: Runner) -> Any:
    """Invoke the Sweeper as its rule does now."""
    return stack.invoke("Sweeper", stack.scheduled_event(stack.now))


def after(**span: float) -> datetime:
    """Return the time that comes this long after the start."""
    return START + timedelta(**span)


def posts(stack: Runner) -> list[str]:
    """Return the paths of the closes that the cluster received."""
    return [line.path for line in stack.cluster.log if line.method == "POST"]


def ends(stack: Runner) -> list[str]:
    """Return every outcome as `job: end reason`."""
    return [
        f"{line.get('job_id', '')}: {line['ended']} {line['reason']}"
        for line in stack.outcomes()
    ]
