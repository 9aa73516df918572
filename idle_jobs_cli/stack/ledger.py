"""Reads the ledger of a stack: what was closed, and what became of it since."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer

from idle_jobs.policy.job import Job, State
from idle_jobs.times import moment, rfc3339

Item = Mapping[str, Any]

_value = TypeDeserializer().deserialize


def closings(table: str, cluster: str, since: datetime) -> list[Item]:
    """Return the items of the closings since a time, the oldest first."""
    pages = boto3.client("dynamodb").get_paginator("query")
    answers = pages.paginate(
        TableName=table,
        KeyConditionExpression="cluster = :cluster AND closed >= :since",
        ExpressionAttributeValues={
            ":cluster": {"S": cluster},
            ":since": {"S": rfc3339(since)},
        },
    )
    items = (item for answer in answers for item in answer["Items"])
    return [{name: _value(value) for name, value in item.items()} for item in items]


def closed_at(item: Item) -> str:
    """Return the time of a closing; of its request, if the job has no finish time."""
    return str(item["closed"]).partition(" ")[0]


def state_since(item: Item, job: Job | None) -> str:
    """Return what became of a job since this closing."""
    if job is None:
        return "deleted"
    if job.state is not State.CLOSED:
        return "open again"
    finished = item.get("finished")
    anew = finished and job.finished and job.finished > moment(finished)
    return "closed again" if anew else "closed"
