"""What tests do with a stack: add jobs, sweep, and read what became of them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.model import OperationModel

from deployed import on_event, refuse
from idle_jobs import aws, modes
from idle_jobs.times import rfc3339
from local.runner import Runner
from standin.cluster import API_KEY

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


def hide_tasks(stack: Runner) -> None:
    """Let the key do all that is needed, but not see the tasks of the cluster."""
    stack.cluster.keys = {f"ApiKey {API_KEY}": ("manage_ml",)}


@contextmanager
def by_new_clients(events: AbstractContextManager[None]) -> Iterator[None]:
    """Make clients anew before and after: each keeps the events that it hears."""
    with events:
        forget()
        try:
            yield
        finally:
            forget()


def forget() -> None:
    """Forget the clients of the functions, and the modes that were read."""
    aws.made.cache_clear()
    modes._modes.cache_clear()  # noqa: SLF001


def mode_refused() -> AbstractContextManager[None]:
    """Let the Parameter Store refuse to tell the mode."""
    refused = refuse("ssm.GetParameter", "AccessDeniedException")
    return by_new_clients(refused)


def ledger_refused(calls: str = "dynamodb") -> AbstractContextManager[None]:
    """Let DynamoDB take no item, and show none; or refuse only some `calls`."""
    refused = refuse(calls, "InternalServerError")
    return by_new_clients(refused)


@contextmanager
def ledger_heard() -> Iterator[list[str]]:
    """Yield what DynamoDB is asked for meanwhile."""
    heard: list[str] = []

    def hear(model: OperationModel, **_: object) -> None:
        heard.append(model.name)

    with before_ledger("dynamodb", hear):
        yield heard


def before_ledger(calls: str, act: Callable[..., Any]) -> AbstractContextManager[None]:
    """Act before each of these calls of DynamoDB."""
    events = on_event(f"before-call.{calls}", act)
    return by_new_clients(events)


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


def undo(stack: Runner, request_id: str = "u-1", **asked: str) -> Any:
    """Ask the Reopener which closings there are, and let it undo those that it can."""
    shown = stack.call("Reopener", {"undo": asked})["closings"]
    wanted = [each["closed"] for each in shown if each["undo"]]
    terms = {"request_id": request_id, "requested_at": rfc3339(stack.now)}
    reopen = {"closings": wanted, "requested_by": "ann", **terms}
    return stack.invoke("Reopener", {"reopen": reopen})
