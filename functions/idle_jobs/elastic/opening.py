"""The calls that open a job and start its datafeed; an undo alone makes them."""

from datetime import datetime
from urllib.parse import quote

from idle_jobs.elastic.cluster import Cluster
from idle_jobs.errors import LookAgain
from idle_jobs.policy.job import Job
from idle_jobs.times import rfc3339

# Elasticsearch answers when the job is open, or after this time: opening goes on.
OPEN_TIMEOUT = "100s"
START_TIMEOUT = "20s"


def open_job(cluster: Cluster, job: Job, read_timeout: float) -> None:
    """Open a closed job. LookAgain: it may be open, by us or by somebody else.

    Raises TryLater, too, if no node has room for it, and other errors of the cluster.
    """
    path = f"/_ml/anomaly_detectors/{quote(job.job_id, safe='')}/_open"
    answer = cluster.post(path, {"timeout": OPEN_TIMEOUT}, read_timeout)
    if answer.get("opened") is not True:
        raise LookAgain("200, but the answer does not say `opened: true`")


def start_datafeed(
    cluster: Cluster, datafeed_id: str, since: datetime | None, read_timeout: float
) -> None:
    """Start a datafeed, in real time.

    Without a `start`, it goes on from the millisecond after the one where it stopped
    (Elastic's page on this API), so it reads what came while the job was closed. A job
    without any data has no such time: then Elasticsearch would begin with the oldest.
    """
    path = f"/_ml/datafeeds/{quote(datafeed_id, safe='')}/_start"
    params = {"timeout": START_TIMEOUT} | ({"start": rfc3339(since)} if since else {})
    answer = cluster.post(path, params, read_timeout)
    if answer.get("started") is not True:
        raise LookAgain("200, but the answer does not say `started: true`")
