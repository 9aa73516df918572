"""Reads what is around the jobs: the nodes, and Elasticsearch's own closer."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.idle_closer import idle_closer
from idle_jobs.errors import ClusterError
from idle_jobs_cli.planning.nodes import NODE_FIELDS


@dataclass(frozen=True, slots=True)
class Around:
    """What nobody needs for a verdict, and not every cluster tells everybody.

    `memory` is the answer of `GET _ml/memory/_stats`, which Elasticsearch has since
    8.2; `idle_closer` after how long its own closer takes a job, None without one.
    `tells_tasks` is False if a sweep with this credential would have to read all jobs.
    """

    memory: Mapping[str, Any] = field(default_factory=dict)
    idle_closer: timedelta | None = None
    tells_tasks: bool = True


NOTHING_AROUND = Around()


def read_around(cluster: Cluster) -> Around:
    """Return what the cluster tells of it; it never raises a ClusterError."""
    memory: Mapping[str, Any] = {}
    with suppress(ClusterError):
        memory = cluster.get("/_ml/memory/_stats", NODE_FIELDS)
    tells = True
    with suppress(ClusterError):
        tells = cluster.open_ids() is not None
    return Around(memory, idle_closer(cluster), tells)
