"""What tests do with a stack: add jobs, sweep, and read what became of them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
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
def _refused(event: str, code: str, client: Any) -> Iterator[None]:
    """Let AWS refuse the calls of a client, which is made anew before and after."""
    with refuse(event, code):
        client.cache_clear()  # It keeps what it hears.
        try:
            yield
        finally:
            client.cache_clear()


def mode_refused() -> AbstractContextManager[None]:
    """Let the Parameter Store refuse to tell the mode."""
    return _refused("ssm.GetParameter", "AccessDeniedException", modes._store)  # noqa: SLF001


def ledger_refused() -> AbstractContextManager[None]:
    """Let DynamoDB take no item, and show none."""
    client = services._made_dynamodb  # noqa: SLF001
    return _refused("dynamodb", "InternalServerError", client)


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
