"""Reads from CloudWatch what the sweeps of a stack have measured."""

from datetime import datetime, timedelta
from math import ceil
from typing import Any

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError

from idle_jobs.telemetry import NAMESPACE, SERVICE, Metric

# CloudWatch keeps hours for so long; sweeps are an hour apart, or more.
KEPT_FOR = timedelta(days=455)
HOUR = timedelta(hours=1)
MOST_POINTS = 120


def idle_memory_since(
    cluster: str, since: datetime, until: datetime
) -> list[tuple[datetime, int]]:
    """Return the memory of idle jobs as the sweeps of a cluster measured it.

    In a long time, it is the largest of some hours. Without the right to read metrics,
    a line says so, and there are none.
    """
    span = min(until - since, KEPT_FOR)
    period = HOUR * max(1, ceil(span / HOUR / MOST_POINTS))
    dimensions = {"service": SERVICE, "cluster": cluster}
    metric: Any = {
        "Namespace": NAMESPACE,
        "MetricName": str(Metric.MEMORY_IDLE),
        "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions.items()],
    }
    seconds = int(period.total_seconds())
    query: Any = {"Metric": metric, "Period": seconds, "Stat": "Maximum"}
    try:
        pages = boto3.client("cloudwatch").get_paginator("get_metric_data")
        answers = [
            *pages.paginate(
                MetricDataQueries=[{"Id": "idle", "MetricStat": query}],
                StartTime=until - span,
                EndTime=until,
            )
        ]
    except (BotoCoreError, ClientError) as error:
        then = "the potential is shown only as it is now"
        click.echo(f"The metrics could not be read: {error}; {then}.", err=True)
        return []
    results = [result for answer in answers for result in answer["MetricDataResults"]]
    return sorted(
        (max(at, since), int(value))
        for result in results
        for at, value in zip(result["Timestamps"], result["Values"], strict=True)
    )
