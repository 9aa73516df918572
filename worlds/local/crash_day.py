"""The crash walk's day: one job for each end, and one invocation that is killed."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local.crash_runner import CrashRunner, WatchedCluster, job_of
from local.crashes import Call, Kill, Switch
from local.schedule import DAILY
from standin.cluster import Fault

SWEEP = datetime(2026, 3, 2, tzinfo=UTC)
END = SWEEP + timedelta(hours=8)
MINUTE = timedelta(minutes=1)
SLICE = 10 * MINUTE
FORCE_AFTER = timedelta(hours=1)
PARAMETERS = {**DAILY, "ForceAfter": "1h", "ParkAfter": "1h"}
PARAMETERS["ForceOrders"] = "allowed"

IDLE: dict[str, Any] = {
    "state": "opened",
    "created": SWEEP - timedelta(days=90),
    "opened": SWEEP - timedelta(days=30),
    "last_data": SWEEP - timedelta(days=10),
    "datafeed": "stopped",
}
BUSY = {"last_data": SWEEP - MINUTE, "datafeed": "started"}

# Each job, and how it ends.
JOBS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "quick": ({}, "closed idle_datafeed_stopped"),
    "slow": ({"close_takes": 2 * MINUTE}, "closed idle_datafeed_stopped"),
    "wanted": (BUSY | {"close_takes": 0.6 * MINUTE}, "closed requested"),
    "breaks": (
        {"close_takes": MINUTE, "close_ends": "failed"},
        "force_closed failed",
    ),
    "hangs": ({"close_ends": "hangs"}, "force_closed still_closing"),
    "ordered": (BUSY, "force_closed force_ordered"),
    "woken": ({}, "skipped active"),
    "watched": (
        {"state": "closing", "close_takes": 3 * MINUTE},
        "skipped already_closed",
    ),
    "deleted": (BUSY, "skipped gone"),
    "haunted": (BUSY, "parked bad_request"),
    "count-1": (BUSY, "closed requested"),
    "count-2": (BUSY, "closed requested"),
}
BAD_REQUEST = b'{"error": {"type": "illegal_argument_exception", "reason": "no"}}'
REQUESTS = {"wanted": False, "ordered": True, "haunted": True, "deleted": False}


@dataclass(frozen=True)
class Day:
    """What became of a day: its outcomes, its cluster, its queues, and its calls."""

    outcomes: Mapping[tuple[str, str], frozenset[str]]
    states: Mapping[str, str]
    queued: Sequence[str]
    parked: frozenset[str]
    unfounded: Sequence[str]
    calls: Sequence[Call]
    broken: Sequence[str]
    killed: bool


def spend(kill: Kill | None, *, deletes_first: bool = False) -> Day:
    """Spend a day on which one invocation is killed, until nothing is left to do."""
    switch = Switch(kill)
    cluster = WatchedCluster(switch)
    for job_id, (fields, _) in JOBS.items():
        cluster.add_job(job_id, now=SWEEP, **(IDLE | dict(fields)))
    cluster.faults.append(Fault(path="haunted/_close", status=400, body=BAD_REQUEST))
    stack = CrashRunner(
        cluster, SWEEP - MINUTE, PARAMETERS, switch=switch, deletes_first=deletes_first
    )

    def ask() -> None:
        for job_id, force in REQUESTS.items():
            stack.request(job_id=job_id, force=force, request_id=f"ask-{job_id}")
        # Delivered again, it finds fewer open jobs than it expects.
        stack.request(job_id="count-*", expected_jobs=2, request_id="ask-count")

    def wake(name: str, event: Mapping[str, Any]) -> None:
        # After the sweep that sent the message, however late, and before its look.
        jobs = [_job(record) for record in event.get("Records", [])]
        if name == "Closer" and "woken" in jobs:
            cluster.give_data("woken", stack.now)
        if name == "Closer" and "deleted" in jobs:
            cluster.jobs.pop("deleted", None)

    stack.on_event = wake
    stack.plan(SWEEP, ask)
    with stack:
        while stack.now < END and not _done(stack):
            stack.run(stack.now + SLICE)
        return _told(stack, cluster)


def strike(kill: Kill) -> Day:
    """Spend the day until its kill strikes, four times at most.

    On a machine that stands still, a function hangs up before the cluster has read what
    it sent: the call then comes when nobody is there any more who could be killed.
    """
    for _ in range(4):
        day = spend(kill)
        if day.killed:
            break
    return day


def _job(record: Mapping[str, Any]) -> str:
    return job_of(record["body"])


def _done(stack: CrashRunner) -> bool:
    return stack.now > SWEEP + SLICE and not any(_queued(stack))


def _queued(stack: CrashRunner) -> Iterator[str]:
    for queue in ("RequestQueue", "CloseQueue", "ForceQueue"):
        yield from stack.queues.bodies(queue)


def _told(stack: CrashRunner, cluster: WatchedCluster) -> Day:
    outcomes = defaultdict(set)
    for line in stack.outcomes():
        key = line["request_id"], line["job_id"]
        outcomes[key].add(f"{line['ended']} {line['reason']}")
    parked = map(json.loads, stack.queues.bodies("ParkingQueue"))
    return Day(
        outcomes={key: frozenset(ends) for key, ends in outcomes.items()},
        states={job_id: cluster.state_of(job_id, stack.now) for job_id in cluster.jobs},
        queued=list(_queued(stack)),
        parked=frozenset(f"{p['request_id']} {p['job_id']}" for p in parked),
        unfounded=list(_unfounded(cluster)),
        calls=stack.switch.calls,
        broken=[repr(error) for _, error in stack.errors] + _broken(stack),
        killed=stack.switch.struck,
    )


def _broken(stack: CrashRunner) -> list[str]:
    return [str(x) for x in stack.log if x["message"] == "record_broken"]


def _unfounded(cluster: WatchedCluster) -> Iterator[str]:
    """Yield each post by force of a job for which nothing spoke at that time."""
    for post in cluster.forces:
        stuck = post.state == "closing" and post.waited >= FORCE_AFTER
        evident = REQUESTS.get(post.job_id) or post.state == "failed" or stuck
        if post.state == "closed" or not evident:
            yield str(post)
