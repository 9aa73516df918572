"""Reads the setting of Elasticsearch's own closer of idle jobs (#144904)."""

from contextlib import suppress
from datetime import timedelta

from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.json_fields import Json, dig
from idle_jobs.errors import ClusterError
from idle_jobs.times import duration

SETTINGS = "/_cluster/settings"
IDLE_CLOSER = "xpack.ml.idle_job_auto_close_timeout"
WANTED = f"*.{IDLE_CLOSER}"


def idle_closer(cluster: Cluster) -> timedelta | None:
    """Return after how long Elasticsearch itself closes idle jobs at night.

    None if it does not, or if nobody may know: to see this setting, a credential needs
    the privilege `monitor`, which nothing else here needs.
    """
    with suppress(ClusterError, ValueError):
        answer = cluster.get(SETTINGS, WANTED, include_defaults="true")
        return duration(timeout_in(answer))
    return None


def timeout_in(answer: Json) -> str:
    """Return the timeout as the answer has it: "" without any, "-1" if it is off."""
    sections = ("transient", "persistent", "defaults")
    found = (dig(answer, f"{section}.{IDLE_CLOSER}") for section in sections)
    return next((str(value) for value in found if value), "")
