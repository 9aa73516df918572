"""The jobs of a schedule: as many kinds as the field has, and what becomes of each."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from idle_jobs.policy.rules import Rules
from simulation import words
from simulation.faults import Faults
from simulation.history import Event, Lived
from standin.cluster import Cluster
from standin.cluster.durations import lognormal

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
    "lookback": 1,
    "managed": 1,
}
GROUPS = ("sales", "ops", "web")

# Draws when the datafeed of one busy job stopped, None if it goes on.
Stops = Callable[[], datetime | None]
# Within which time the datafeeds stop that stop together.
TOGETHER = (timedelta(minutes=1), timedelta(hours=2), timedelta(hours=20))


def outage(rules: Rules, now: datetime, source: Random) -> Stops:
    """Draw when the datafeeds of busy jobs stopped together, as with their source.

    Where that is held, the hold ends in the next hours, or any time later.
    """
    soon, later = timedelta(hours=source.uniform(-2, 7)), rules.halt_for
    left = soon if source.random() < 0.6 else later * source.random()
    last = now + left - rules.halt_for - rules.idle_after
    spread, share = source.choice(TOGETHER), source.uniform(0.75, 1)

    def stops() -> datetime | None:
        at = last - spread * source.random()
        return at if source.random() < share else None

    return stops


def populate(  # noqa: PLR0917 - all that a job's fate hangs on
    cluster: Cluster,
    count: int,
    now: datetime,
    faults: Faults,
    source: Random,
    note: Callable[[Event], None],
    stops: Stops | None = None,
) -> dict[str, str]:
    """Add jobs to a cluster; return each one's kind."""
    takes = lognormal(source, MEDIAN, SIGMA)
    kinds = source.choices(list(KINDS), list(KINDS.values()), k=count)
    for number, kind in enumerate(kinds):
        job_id = f"job-{number:03}"
        fields = _fields(kind, now, source) | _fate(faults, source)
        if kind == "busy" and stops and (last := stops()):
            kinds[number] = "idle"
            fields |= {"datafeed": "stopped", "last_data": last}
        fields["close_takes"] = takes()
        if source.random() < 0.12:
            fields["custom_settings"] = words.drawn(source, now)
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
    return fields | _of_kind(kind, now, quiet, source)


def _of_kind(
    kind: str, now: datetime, quiet: timedelta, source: Random
) -> dict[str, Any]:
    """Return what is different from an idle job."""
    mean = source.choice(("mean", "count", "rare"))
    kinds: dict[str, dict[str, Any]] = {
        "busy": {"datafeed": "started", "last_data": now - timedelta(minutes=1)},
        "closed": {"state": "closed", "finished": now - quiet + timedelta(hours=1)},
        "never_fed": {"last_data": None},
        "no_datafeed": {"datafeed": None},
        "dry": {"datafeed": "started", "functions": (mean,)},
        "lookback": {"datafeed": "started", "real_time_running": False},
        "kept": {"groups": ("idle-closer-keep",)},
        "managed": {"custom_settings": {"managed": True}},
        "failed": {"state": "failed"},
        "lost_node": {"assigned": False},
        "opening": {"state": "opening", "assigned": False},
    }
    return kinds.get(kind, {})


def _past(job_id: str, fields: dict[str, Any]) -> list[Event]:
    """Tell what happened to a job before the schedule begins, in the order of time."""
    settings, created = fields.get("custom_settings", {}), fields["created"]
    lived: list[Event] = [Lived(*each) for each in _lived(job_id, fields)]
    if "idle_closer" in settings:
        lived.insert(1, words.owned(created, job_id, settings))
    return lived


def _lived(job_id: str, fields: dict[str, Any]) -> list[tuple[datetime, str, str]]:
    past = [(fields["created"], "created"), (fields["opened"], "opened")]
    if fields["last_data"]:
        past.append((fields["last_data"], "data"))
    if fields["datafeed"] == "started":
        past.append((fields["opened"], "feed_started"))
    if not fields.get("real_time_running", True):
        past.append((fields["opened"], "reads_past"))
    if {"count", "rare"} & set(fields.get("functions", ())):
        past.append((fields["created"], "silence_counts"))
    managed = "managed" in fields.get("custom_settings", {})
    if managed or "idle-closer-keep" in fields.get("groups", ()):
        past.append((fields["created"], "protected"))
    if not fields.get("assigned", True):
        past.append((fields["opened"], "nodeless"))
    if "finished" in fields:
        past.append((fields["finished"], "closed"))
    if fields.get("state") == "failed":
        past.append((fields["last_data"], "failed"))
    return [(at, job_id, what) for at, what in sorted(past)]
