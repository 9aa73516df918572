"""Waits for the outcomes of requests, in the logs of the functions."""

import json
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import boto3

from idle_jobs_cli.stack.parking import printable
from idle_jobs_cli.stack.stack import LOG_GROUP, Stack

NEXT_LOOK = 5  # seconds


def follow(
    stack: Stack, requests: Mapping[str, str], since: datetime, wait: float
) -> None:
    """Print outcomes until each request has one, or `wait` seconds are over.

    `requests` has the request ids by message id. A request that cannot be read has an
    outcome with its message id instead.
    """
    deadline = time.monotonic() + wait
    printed: set[str] = set()
    missing = _look(stack, requests, since, printed)
    while missing and (left := deadline - time.monotonic()) > 0:
        time.sleep(min(NEXT_LOOK, left))
        missing = _look(stack, requests, since, printed)
    for name in sorted(missing):
        print(f"{name}: no outcome yet; search the logs for this request_id later")


def _look(
    stack: Stack, requests: Mapping[str, str], since: datetime, printed: set[str]
) -> set[str]:
    """Print the outcomes that are new; return the requests that still have none."""
    names = {**requests, **{name: name for name in requests.values()}}
    missing = set(requests.values())
    for event_id, outcome in _outcomes(stack, since):
        name = names.get(str(outcome.get("request_id")), "")
        missing.discard(name)
        if name and event_id not in printed:
            printed.add(event_id)
            print(_line(name, outcome))
    return missing


def _outcomes(stack: Stack, since: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    pages = boto3.client("logs").get_paginator("filter_log_events")
    start = int(since.timestamp() * 1000)
    for group in stack.of_type(LOG_GROUP).values():
        found = pages.paginate(
            logGroupName=group, startTime=start, filterPattern="outcome"
        )
        for event in (event for page in found for event in page["events"]):
            line = _read(event["message"])
            if line.get("message") == "outcome":
                yield event["eventId"], line


def _read(text: str) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


def _line(name: str, outcome: Mapping[str, Any]) -> str:
    words = {k: printable(outcome.get(k, "")) for k in ("job_id", "ended", "reason")}
    detail = f", {printable(outcome['detail'])}" if outcome.get("detail") else ""
    job = f" {words['job_id']}" if words["job_id"] else ""
    return f"{printable(name)}{job}: {words['ended']}: {words['reason']}{detail}"
