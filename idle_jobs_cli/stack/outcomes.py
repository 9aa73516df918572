"""Waits for the outcomes of requests, in the logs of the functions."""

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import boto3

from idle_jobs_cli.stack.parking import printable
from idle_jobs_cli.stack.stack import LOG_GROUP, Stack

NEXT_LOOK = 5  # seconds

Outcome = Mapping[str, Any]


@dataclass
class Awaited:
    """One request: its id, that of its message, and the jobs that each end once.

    Without jobs, the first outcome is the last. A request that cannot be read has an
    outcome with its message id instead of its own; one that is refused as a whole has
    an outcome that names no job of it.
    """

    request_id: str
    message_id: str
    jobs: Collection[str] = ()
    missing: set[str] = field(init=False)

    def __post_init__(self) -> None:
        """Miss every job, or the request itself if no job is named."""
        self.missing = set(self.jobs) or {self.request_id}

    def take(self, outcome: Outcome) -> bool:
        """Note an outcome if it is one of this request; return whether it is."""
        asked = str(outcome.get("request_id", "")).removesuffix("/watch")
        if asked not in (self.request_id, self.message_id):
            return False
        job_id = outcome.get("job_id")
        self.missing -= {job_id} if job_id in self.jobs else self.missing
        return True


@dataclass
class Follower:
    """Follows requests from `since` on; `tell` gets each outcome as it comes, once."""

    stack: Stack
    requests: Collection[Awaited]
    since: datetime
    tell: Callable[[Awaited, Outcome], object]
    _seen: set[str] = field(default_factory=set)

    def follow(self, seconds: float) -> bool:
        """Wait until each outcome is there or the time is over; return if all are."""
        deadline = time.monotonic() + seconds
        self._look()
        while self._waits() and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(NEXT_LOOK, left))
            self._look()
        return not self._waits()

    def _waits(self) -> bool:
        return any(request.missing for request in self.requests)

    def _look(self) -> None:
        for event_id, outcome in _outcomes(self.stack, self.since):
            if event_id in self._seen:
                continue
            self._seen.add(event_id)
            for request in self.requests:
                if request.take(outcome):
                    self.tell(request, outcome)


def _outcomes(stack: Stack, since: datetime) -> Iterator[tuple[str, Outcome]]:
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


def told(request: Awaited, outcome: Outcome) -> str:
    """Return an outcome as one line: the request, the job, how it ended and why."""
    words = {k: printable(outcome.get(k, "")) for k in ("job_id", "ended", "reason")}
    detail = f", {printable(outcome['detail'])}" if outcome.get("detail") else ""
    job = f" {words['job_id']}" if words["job_id"] else ""
    ended = f"{words['ended']}: {words['reason']}{detail}"
    return f"{printable(request.request_id)}{job}: {ended}"
