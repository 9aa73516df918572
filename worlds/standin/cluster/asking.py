"""Asks the core a question in one line, as tests do."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from standin.cluster.core import Cluster
from standin.cluster.wire import Answer, Request

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEY = {"Authorization": "ApiKey dGVzdDp0ZXN0"}


class Asked(NamedTuple):
    """An answer, read."""

    status: int
    body: Any
    takes: timedelta
    headers: Mapping[str, str]
    held: Answer

    def again(self) -> "Asked":
        """Read what is answered as things stand, while the answer is held."""
        return _read(*self.held.again()) if self.held.again else self

    @property
    def reason(self) -> str:
        """The reason of an error."""
        return str(self.body["error"]["reason"])


def ask(
    cluster: Cluster,
    line: str,
    now: datetime = NOW,
    *,
    body: str = "",
    headers: Mapping[str, str] | None = None,
    key: Mapping[str, str] = KEY,
) -> Asked:
    """Ask `GET /path` with the standard key."""
    method, path = line.split(" ", 1)
    sent = {**key, **(headers or {})}
    if body:
        sent.setdefault("Content-Type", "application/json")
    return _read(*cluster.handle(Request(method, path, sent, body.encode()), now))


def _read(answer: Answer, takes: timedelta) -> Asked:
    read = json.loads(answer.body) if answer.body.startswith(b"{") else answer.body
    return Asked(answer.status, read, takes, answer.headers, answer)
