"""The jobs of the cluster that is measured with; each run has the same ones."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from standin.cluster import API_KEY, Cluster
from standin.cluster.job import Job

VERSION = "9.5.1"
WARM = "warm"
"""Jobs whose ids begin so are closed at once, before anything is measured."""


@dataclass(frozen=True)
class Spec:
    """The jobs of a cluster; `idle` of the `opened` ones are. Times are seconds.

    `monitor` says whether the API key has this privilege, beside `manage_ml`.
    """

    jobs: int
    opened: int
    idle: int
    shortest: float = 0
    longest: float = 0
    warm: int = 0
    seed: int = 1
    certificate: str = ""
    monitor: bool = True


def job_ids(count: int) -> list[str]:
    """Return the ids of the jobs, the open and idle ones first."""
    return [f"prod-web-latency-{number:06}" for number in range(count)]


def warm_ids(count: int) -> list[str]:
    """Return the ids of jobs that are closed before anything is measured."""
    return [f"{WARM}-{number:03}" for number in range(count)]


def takes(spec: Spec) -> list[float]:
    """Return how long the closing of each open job takes."""
    source = Random(spec.seed)  # noqa: S311 - a seed is no secret
    return [source.uniform(spec.shortest, spec.longest) for _ in range(spec.opened)]


def build(spec: Spec, now: datetime) -> Cluster:
    """Return a cluster with the jobs of a spec."""
    privileges = ("manage_ml", *(["monitor"] * spec.monitor))
    cluster = Cluster(VERSION, keys={f"ApiKey {API_KEY}": privileges})
    seconds = takes(spec)
    source = Random(spec.seed)  # noqa: S311 - as above
    for number, job_id in enumerate(job_ids(spec.jobs)):
        fields = _fields(now, source, idle=not spec.idle <= number < spec.opened)
        if number < spec.opened:
            fields["close_takes"] = timedelta(seconds=seconds[number])
        else:
            fields |= {"state": "closed", "finished": fields["last_data"]}
        cluster.add_job(job_id, now=now, **fields)
    for job_id in warm_ids(spec.warm):
        cluster.add_job(job_id, now=now, **_fields(now, source, idle=True))
    return cluster


def _fields(now: datetime, source: Random, *, idle: bool) -> dict[str, Any]:
    """Return the fields of an open job; no two are alike, as answers are packed."""
    quiet = source.uniform(10, 20) if idle else source.uniform(0, 0.001)
    return {
        "created": now - timedelta(days=source.uniform(60, 900)),
        "opened": now - timedelta(days=source.uniform(25, 50)),
        "last_data": now - timedelta(days=quiet),
        "datafeed": "stopped" if idle else "started",
        "records": source.randint(1_000, 100_000_000),
        "memory": f"{source.choice((64, 256, 512, 1024))}mb",
        "functions": ("mean", "max", "high_mean")[: source.randint(1, 3)],
        "groups": (f"team-{source.randint(1, 40)}",),
    }


def most_at_once(closed: list[Job]) -> int:
    """Return how many of these jobs were closing at the same time, at most."""
    ends = [(job.finished, -1) for job in closed if job.finished]
    begins = [(at - job.close_takes, 1) for job in closed if (at := job.finished)]
    most = now = 0
    for _, change in sorted(ends + begins):
        now += change
        most = max(most, now)
    return most
