"""What the tests of the rows share: wishes to close, and what became of them."""

import json
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import Any

from idle_jobs.messages.close_message import CloseMessage, Evidence
from local.crash_runner import CrashRunner, WatchedCluster
from local.crashes import Kill, Switch
from local.runner import Runner
from local.schedule import DAILY
from stacks import START, posts

IDLE = "closed idle_datafeed_stopped"


def wish(job_id: str = "web", **changes: Any) -> str:
    """Return the close message that a sweep at the start writes for an idle job."""
    seen = Evidence("opened", START - timedelta(days=10), None, "stopped")
    message = CloseMessage(
        cluster="demo",
        request_id="sweep",
        job_id=job_id,
        requested_at=START,
        reason="idle_datafeed_stopped",
        evidence=seen,
    )
    return replace(message, **changes).to_json()


def ask(stack: Runner, *job_ids: str, **changes: Any) -> None:
    """Send such a message for each of some jobs."""
    for job_id in job_ids:
        stack.queues.send("CloseQueue", wish(job_id, **changes))


def ends_by_key(stack: Runner) -> dict[tuple[str, str], set[str]]:
    """Return the different ends of each request for a job: one, if all is well."""
    ends = defaultdict(set)
    for line in stack.outcomes():
        key = line["request_id"], line.get("job_id", "")
        ends[key].add(f"{line['ended']} {line['reason']}")
    return dict(ends)


def forces(stack: Runner) -> list[str]:
    """Return the paths of the closes by force that the cluster received."""
    return [path for path in posts(stack) if "force=true" in path]


def jobs_in(stack: Runner, queue: str) -> list[str]:
    """Return the jobs of the messages in a queue."""
    return sorted(json.loads(body)["job_id"] for body in stack.queues.bodies(queue))


def left(stack: Runner) -> list[str]:
    """Return every body that is still in any queue."""
    return [body for queue in stack.queues.urls for body in stack.queues.bodies(queue)]


def killing(kill: Kill) -> CrashRunner:
    """Return a stack of which one invocation is killed at one of its calls."""
    switch = Switch(kill)
    cluster, daily = WatchedCluster(switch), DAILY
    return CrashRunner(cluster, START, daily, switch=switch)
