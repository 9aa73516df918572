"""The jobs of a schedule: as many kinds as the field has, and what becomes of each."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from simulation.faults import Faults
from simulation.history import Event, Lived
from simulator.cluster import Cluster
from simulator.cluster.durations import lognormal

MEDIAN, MEAN = timedelta(seconds=8), timedelta(seconds=29)
SIGMA = math.sqrt(2 * math.log(MEAN / MEDIAN))

# Shares of all jobs, in percent: as in the field, one open job in six is idle.
KINDS = {
    "busy": 70,
    "idle": 9,
    "closed": 8,
    "never_fed": 3,
    "no_datafeed": 2,
    "dry": 2,
    "kept": 2,
    "failed": 2,
    "opening": 1,
    "lost_node": 1,
}
GROUPS = ("sales", "ops", "web")


def populate(  # noqa: PLR0917 - all that a job's fate hangs on
    cluster: Cluster,
    count: int,
    now: datetime,
    faults: Faults,
    source: Random,
    note: Callable[[Event], None],
) -> dict[str, str]:
    """Add jobs to a cluster; return each one's kind."""
    takes = lognormal(source, MEDIAN, SIGMA)
    kinds = source.choices(list(KINDS), list(KINDS.values()), k=count)
    for number, kind in enumerate(kinds):
        job_id = f"job-{number:03}"
        fields = _fields(kind, now, source) | _fate(faults, source)
        fields["close_takes"] = takes()
        if source.random() < 0.1:
            fields["groups"] = (*fields.get("groups", ()), source.choice(GROUPS))
        cluster.add_job(job_id, now=now, **fields)
        for event in _past(job_id, fields):
            note(event)
    return {f"job-{number:03}": kind for number, kind in enumerate(kinds)}


def _fate(faults: Faults, source: Random) -> dict[str, Any]:
    fate: dict[str, Any] = {}
    drawn = source.random()
    if drawn < faults.hanging_jobs:
        fate["close_ends"] = "hangs"
    elif drawn < faults.hanging_jobs + faults.failing_jobs:
        fate["close_ends"] = "failed"
    fate["datafeed_stops"] = source.random() >= faults.stubborn_datafeeds
    fate["force_works"] = source.random() >= faults.refused_forces
    return fate


def _fields(kind: str, now: datetime, source: Random) -> dict[str, Any]:
    quiet = timedelta(days=source.uniform(3, 30))
    fields: dict[str, Any] = {
        "created": now - timedelta(days=60),
        "opened": now - timedelta(days=40),
        "last_data": now - quiet,
        "datafeed": "stopped",
        "memory": f"{source.choice((256, 512, 1024, 4096))}mb",
    }
    match kind:
        case "busy":
            fields |= {"datafeed": "started", "last_data": now - timedelta(minutes=1)}
        case "closed":
            fields |= {"state": "closed", "finished": now - quiet + timedelta(hours=1)}
        case "never_fed":
            fields["last_data"] = None
        case "no_datafeed":
            fields["datafeed"] = None
        case "dry":
            fields["datafeed"] = "started"
        case "kept":
            fields["groups"] = ("idle-closer-keep",)
        case "failed":
            fields["state"] = "failed"
        case "lost_node":
            fields["assigned"] = False
        case "opening":
            fields |= {"state": "opening", "assigned": False}
        case _:
            pass
    return fields


def _past(job_id: str, fields: dict[str, Any]) -> list[Event]:
    """Tell what happened to a job before the schedule begins, in the order of time."""
    past = [(fields["created"], "created"), (fields["opened"], "opened")]
    if fields["last_data"]:
        past.append((fields["last_data"], "data"))
    if fields["datafeed"] == "started":
        past.append((fields["opened"], "feed_started"))
    if "idle-closer-keep" in fields.get("groups", ()):
        past.append((fields["created"], "protected"))
    if "finished" in fields:
        past.append((fields["finished"], "closed"))
    if fields.get("state") == "failed":
        past.append((fields["last_data"], "failed"))
    return [Lived(at, job_id, what) for at, what in sorted(past)]
