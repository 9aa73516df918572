"""The idle closer that newer versions run at night (#144904)."""

from collections.abc import Iterable
from datetime import datetime

from standin.cluster.job import Job
from standin.cluster.times import time_value


def close_idle(jobs: Iterable[Job], timeout: str, night: datetime) -> None:
    """Close jobs whose datafeed is stopped and whose newest record is old."""
    limit = time_value(timeout, "timeout")
    if limit.total_seconds() < 0:
        return
    for job in jobs:
        idle = job.latest_record is not None and night - job.latest_record > limit
        if idle and job.state == "opened" and job.datafeed == "stopped" and job.config:
            # Whether the server forces this close was not seen; it does not here.
            job.begin_close(night)
