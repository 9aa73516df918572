"""Reads the logs of the functions until each outcome of some requests is there."""

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

import boto3

from idle_jobs.messages.readers import BadBody, parse_object
from idle_jobs_cli.stack.outcomes import Awaited, Line
from idle_jobs_cli.stack.stack import LOG_GROUP, Stack

NEXT_LOOK = 5  # seconds
LINES = ("outcome", "swept")


@dataclass
class Follower:
    """Follows requests since the stack was found; `tell` gets each outcome, once."""

    stack: Stack
    requests: Collection[Awaited]
    tell: Callable[[Awaited, Line], object]
    _seen: set[str] = field(default_factory=set)

    def follow(self, seconds: float) -> None:
        """Wait until each outcome is there, or the time is over."""
        deadline = time.monotonic() + seconds
        self._look()
        while self._waits() and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(NEXT_LOOK, left))
            self._look()

    def _waits(self) -> bool:
        return any(request.missing for request in self.requests)

    def _look(self) -> None:
        for event_id, line in _lines(self.stack):
            if event_id in self._seen:
                continue
            self._seen.add(event_id)
            if of := [request for request in self.requests if request.take(line)]:
                self.tell(of[0], line)


def _lines(stack: Stack) -> Iterator[tuple[str, Line]]:
    pages = boto3.client("logs").get_paginator("filter_log_events")
    start = int(stack.found_at.timestamp() * 1000)
    either = " ".join(f"?{word}" for word in LINES)
    for group in stack.of_type(LOG_GROUP).values():
        found = pages.paginate(
            logGroupName=group, startTime=start, filterPattern=either
        )
        for event in (event for page in found for event in page["events"]):
            line = _read(event["message"])
            if line.get("message") in LINES:
                yield event["eventId"], line


def _read(text: str) -> Line:
    try:
        return parse_object(text)
    except BadBody:
        return {}
