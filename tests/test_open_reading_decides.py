"""With the tasks of the cluster or without, a sweep decides the same."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from local.runner import Runner
from local.schedule import DAILY
from stacks import START, add_busy, add_idle, ends, hide_tasks
from standin.cluster import Cluster

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
STATS = "/_ml/anomaly_detectors/_stats?"
RULES = {
    "KeepPatterns": "kept-*,closed-1?,nosuch-*,mis-[ab]x",
    "IncludeManagedJobs": "true",
    "ManagedJobsAllowed": "managed-1,closed-2,nobody",
    "MaxClosesPerSweep": "3",
    "HaltAboveJobs": "4",
    "MaxClosePercent": "20",
    "CreateDashboard": "true",  # Then what is saved is told, too.
}


def populate(stack: Runner, source: Random) -> None:
    """Add jobs of every kind."""
    for n in range(12):
        quiet = timedelta(hours=source.choice([50, 60, 70, 300, 900]))
        add_idle(stack, f"idle-{n}", last_data=START - quiet)
    for n in range(8):
        add_busy(stack, f"busy-{n}")
    for n in range(25):
        finished = START - timedelta(days=source.uniform(0, 20))
        last_data = finished - timedelta(days=source.uniform(0, 5))
        fed: dict[str, Any] = {"datafeed": "started", "created": START - 400 * DAY}
        more = fed if n % 8 == 0 else {}
        add_idle(
            stack,
            f"closed-{n}",
            state="closed",
            finished=finished,
            last_data=last_data,
            **more,
        )
    cluster = stack.cluster
    cluster.jobs["closed-2"].custom_settings = {"managed": True}
    cluster.jobs["idle-3"].custom_settings = {"idle-closer": {"mode": "never"}}
    add_idle(stack, "managed-1", custom_settings={"managed": True})
    add_idle(stack, "failed", state="failed")
    add_idle(stack, "opening", state="opening")
    add_idle(stack, "orphan", config=False)
    add_idle(stack, "deleting", deleting=True)
    add_idle(stack, "closes", state="closing", close_ends="hangs")


def act(stack: Runner, source: Random) -> None:
    """Let others do this and that with the jobs."""
    for job_id in sorted(stack.cluster.jobs):
        job, drawn = stack.cluster.jobs[job_id], source.random()
        if job.state == "opened" and drawn < 0.15:
            job.begin_close(stack.now)
        elif job.state == "opened" and drawn < 0.25:
            stack.cluster.give_data(job_id, stack.now)
        elif job.state == "closed" and drawn < 0.1:
            stack.cluster.reopen_job(job_id, stack.now)
        elif drawn > 0.98:
            stack.cluster.delete_job(job_id)


def lived(seed: int, version: str, *, hidden: bool) -> list[Any]:
    """Return what was decided in some days, with or without the tasks."""
    source, decided = Random(seed), list[Any]()  # noqa: S311 - no secret
    with Runner(Cluster(version), START, DAILY | RULES) as stack:
        populate(stack, source)
        if hidden:
            hide_tasks(stack)
        for _ in range(5):
            event = stack.scheduled_event(stack.now)
            tries = 2 if source.random() < 0.5 else 1
            for _ in range(tries):
                stack.cluster.log.clear()
                summary = stack.invoke("Sweeper", event)
                summary["verdicts"].pop("already_closed", None)
                decided.append(summary)
                assert hidden or not any(STATS in x.path for x in stack.cluster.log)
                stack.poll()
                stack.poll()
                stack.shift(timedelta(minutes=1))
            act(stack, source)
            stack.shift(timedelta(hours=source.choice([1, 24, 48])))
        assert stack.errors == []
        decided += [stack.metrics[name] for name in ("JobsClosed", "MemorySaved")]
        return [*decided, *sorted(ends(stack))]


@pytest.mark.parametrize("version", ["7.14.2", "9.5.0"])
@pytest.mark.parametrize("seed", range(5))
def test_nothing_about_deciding_changes(seed: int, version: str) -> None:
    """With the tasks or without: the same jobs are sent and held, and for why."""
    alone, whole = (lived(seed, version, hidden=hidden) for hidden in (False, True))

    assert alone == whole
