"""Posts of an invocation whose time runs out: what it still does, and what it leaves.

Every call to the cluster takes a part of the time that the invocation has left.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

import pytest

from idle_jobs.closing import close_batch
from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.transport import Wire
from idle_jobs.errors import LookAgain
from idle_jobs.services import open_services
from idle_jobs.steps.role import Role
from idle_jobs.times import rfc3339
from local.runner import Runner
from rows.wishes import wish
from stacks import START, add_busy, add_idle, after, ends, posts

pytestmark = pytest.mark.slow

FORCED = ["timeout=30s", "timeout=30m&force=true"]


@dataclass
class Slow:
    """A wire whose reads and measured tries take some of what is left."""

    wire: Wire
    left: float
    read: float
    try_takes: float = 1
    tried: Callable[[], object] = lambda: None

    def call(self, method: str, path: str, params: Any, **limits: Any) -> bytes:
        """Take the time, no more of it than the caller allows, and pass the call on."""
        measured = params.get("timeout") == "30s"
        takes = self.read if method == "GET" else self.try_takes if measured else 0.1
        allowed = limits.get("read_timeout", 20)
        self.left -= min(takes, allowed)
        if takes > allowed:
            raise LookAgain("no answer within the read timeout")
        try:
            return self.wire.call(method, path, params, **limits)
        finally:
            if measured:
                self.tried()


def look(stack: Runner, name: str, **slow: Any) -> tuple[float, Any]:
    """Let a function take one message of its queue; return what is left, and it."""
    stack.timeouts = {"READ_TIMEOUT": "20", "MEASURED_READ_TIMEOUT": "120"}
    queue = stack.topology.functions[name].sources[0].queue
    event = {"Records": stack.queues.receive(queue, 1)}
    with stack.inside(name) as module:
        inbox = f"{queue.removesuffix('Queue').lower()}_queue_url"
        services = open_services(inbox, module.logger, module.metrics)
        wire = Slow(cast("Any", services.cluster)._wire, **slow)  # noqa: SLF001
        role = Role(services.rules, may_force=name == "ForceCloser")
        services = replace(
            services,
            cluster=Cluster(cast("Wire", wire)),
            role=role,
            clock=lambda: stack.now + timedelta(seconds=slow["left"] - wire.left),
        )
        answer = close_batch(event, services, lambda: wire.left)
    if not answer["batchItemFailures"]:
        stack.queues.delete(queue, event["Records"][0])
    return wire.left, answer


def send_stubborn(stack: Runner) -> None:
    """Send a request for a job whose datafeed will not stop, handed over long ago."""
    add_busy(stack, datafeed_stops=False)
    handed = rfc3339(START)
    stack.shift(after(hours=3) - stack.now)
    body = wish(only_if_idle=False, handed_at=handed, requested_at=handed)
    stack.queues.send("ForceQueue", body, sent=START)


def tries(stack: Runner) -> list[str]:
    """Return the parameters of the closes that came."""
    return [path.partition("?")[2] for path in posts(stack)]


@pytest.mark.parametrize(
    ("read", "try_takes"), [(0.1, 65), (8, 65), (8, 30), (0.1, 110), (10, 40)]
)
def test_a_measured_409_ends_in_one_force(
    stack: Runner, read: float, try_takes: float
) -> None:
    """It took so long that the first read is old: read anew, then forced (R4)."""
    send_stubborn(stack)
    left, answer = look(stack, "ForceCloser", left=180, read=read, try_takes=try_takes)

    assert tries(stack) == FORCED
    assert ends(stack) == ["web: force_closed datafeed_would_not_stop"]
    assert answer["batchItemFailures"] == []
    assert left > 0


def close(stack: Runner) -> None:
    """Close the job as its owner does."""
    job = stack.cluster.jobs["web"]
    job.state, job.finished = "closed", stack.now


MEANWHILE: dict[str, tuple[Callable[[Runner], object], list[str]]] = {
    "closed": (close, ["web: closed requested"]),
    "deleted": (lambda s: s.cluster.delete_job("web"), ["web: skipped gone"]),
    "opened anew": (
        lambda s: s.cluster.reopen_job("web", after(hours=2)),
        ["web: skipped reopened"],
    ),
    "kept by its owner": (
        lambda s: setattr(s.cluster.jobs["web"], "groups", ("idle-closer-keep",)),
        ["web: skipped kept_by_owner"],
    ),
    "blocked": (lambda s: setattr(s.cluster.jobs["web"], "blocked", "reset"), []),
}


@pytest.mark.parametrize(("happens", "end"), MEANWHILE.values(), ids=MEANWHILE)
def test_what_happened_during_a_measured_try_counts(
    stack: Runner, happens: Callable[[Runner], object], end: list[str]
) -> None:
    """The job was read anew after its 409, so that it is not forced by then (R4)."""
    send_stubborn(stack)
    look(
        stack,
        "ForceCloser",
        left=180,
        read=1,
        try_takes=65,
        tried=lambda: happens(stack),
    )

    assert tries(stack) == FORCED[:1]
    assert ends(stack) == end


def test_a_measured_409_at_the_end_of_an_invocation_waits(stack: Runner) -> None:
    """There is no time to read and to force: the next look tries again (R4)."""
    send_stubborn(stack)
    left, answer = look(stack, "ForceCloser", left=180, read=14, try_takes=99)

    assert tries(stack) == FORCED[:1]
    assert ends(stack) == []
    assert len(answer["batchItemFailures"]) == 1
    assert left > 0


@pytest.mark.parametrize("read", [0.1, 5, 10, 14, 15, 19])
def test_a_slow_proof_does_not_outlast_the_invocation(
    stack: Runner, read: float
) -> None:
    """It is given up in time, and the next look finds the job closed (R8)."""
    add_idle(stack)
    stack.queues.send("CloseQueue", wish(requested_at=rfc3339(START)))
    left, _ = look(stack, "Closer", left=120, read=read)
    stack.run(after(hours=2))

    assert left > 0
    assert ends(stack) == ["web: closed idle_datafeed_stopped"]
    assert len(posts(stack)) == 1
