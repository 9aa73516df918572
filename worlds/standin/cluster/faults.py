"""Faults that a test scripts; what stands between a client and the cluster."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from standin.cluster.wire import FOREVER, Answer, Request

Timed = tuple[Answer, timedelta]


@dataclass
class Fault:
    """One fault, for the requests that it matches.

    Without effect on the cluster: `status`, `refuse`, `cut_before`, `hang`.
    After the effect: `cut_after` and `status_after` take the place of an answer that
    was not ready within `delay`, as a proxy does; `delay` makes it come later.
    `refuse` and `cut_before` are one and the same to a client whose request is out.
    """

    path: str = ""
    method: str | None = None
    start: datetime | None = None
    until: datetime | None = None
    times: int | None = None
    kind: Literal[
        "status", "status_after", "refuse", "hang", "cut_before", "cut_after", "delay"
    ] = "status"
    status: int = 503
    body: bytes = b"<html><body><h1>503 Service Unavailable</h1></body></html>"
    headers: Mapping[str, str] = field(
        default_factory=lambda: {"content-type": "text/html"}
    )
    delay: timedelta = timedelta()

    def strikes(self, request: Request, now: datetime) -> bool:
        """Say whether this request meets the fault, and count it if so."""
        if self.times == 0 or self.method not in {None, request.method}:
            return False
        if (self.start and now < self.start) or (self.until and now >= self.until):
            return False
        if not re.search(self.path, request.path):
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def before(self) -> Timed | None:
        """Answer in the cluster's place, if the request never reaches it."""
        if self.kind == "status":
            return Answer(self.status, self.headers, self.body), self.delay
        if self.kind in {"refuse", "cut_before"}:
            return Answer(0, kind="dropped"), self.delay
        if self.kind == "hang":
            return Answer(0, kind="silent"), FOREVER
        return None

    def after(self, answer: Answer, takes: timedelta) -> Timed:
        """Spoil the cluster's own answer, and what becomes of it while it is held."""
        spoiled, due = self._spoil(answer, takes)
        again = answer.again
        if again is None:
            return spoiled, due
        return replace(spoiled, again=lambda: self.after(*again())), due

    def _spoil(self, answer: Answer, takes: timedelta) -> Timed:
        if self.kind == "delay":
            return answer, takes if takes == FOREVER else takes + self.delay
        if takes < self.delay:
            return answer, takes
        if self.kind == "status_after":
            return Answer(self.status, self.headers, self.body), self.delay
        return Answer(0, kind="dropped"), self.delay
