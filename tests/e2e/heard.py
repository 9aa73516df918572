"""A stack of built functions whose calls to AWS are heard on the wire."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aws_calls import FREE, Call, api_call
from e2e.artifact import ArtifactRunner
from e2e.door import When

_SCOPE = re.compile(rb"Credential=[^/]+/\d+/[^/]+/([a-z]+)/aws4_request")
_TARGET = re.compile(rb"X-Amz-Target: \w+\.(\w+)\r\n", re.IGNORECASE)


@dataclass
class HeardArtifacts(ArtifactRunner):
    """Notes what comes to any of its doors while a function runs."""

    _function: str = ""
    _heard: dict[bytes, str] = field(default_factory=dict)

    def call(self, name: str, event: dict[str, Any]) -> Any:
        """Run a function, and note whose calls are heard meanwhile."""
        self._function = name
        return super().call(name, event)

    @property
    def calls(self) -> set[Call]:
        """Return what the functions have asked of AWS so far."""
        found = {c for asked, name in self._heard.items() for c in calls(name, asked)}
        return {call for call in found if call.action not in FREE}

    def _watch(self, when: When, asked: bytes) -> bool:
        self._heard[asked] = self._function
        return super()._watch(when, asked)


def calls(function: str, asked: bytes) -> Iterator[Call]:
    """Yield the call of a signed request, unless it has only come in part."""
    head, _, body = asked.partition(b"\r\n\r\n")
    scope, target = _SCOPE.search(head), _TARGET.search(head)
    length = re.search(rb"Content-Length: (\d+)", head, re.IGNORECASE)
    if scope and length and int(length[1]) == len(body):
        assert target, head
        service, operation = scope[1].decode(), target[1].decode()
        yield api_call(function, service, operation, json.loads(body))
