"""Tells the control what to do in one line, as tests do."""

import copy
import json
from datetime import timedelta
from typing import Any

import time_machine

from standin.cluster import Cluster, Request
from standin.cluster.asking import NOW
from standin.control.clock import TurnedClock
from standin.control.core import Control


class Controlled:
    """A cluster with the open job `web`, its clock, and its control."""

    def __init__(self) -> None:
        self.cluster, self.clock = Cluster(), TurnedClock()
        self.cluster.add_job("web", now=NOW)
        self._control = Control(self.cluster, self.clock)

    def tell(self, line: str, body: object = None) -> tuple[int, Any]:
        """Send `PUT /path` with a body as JSON; return the status and what it shows."""
        return self.send(line, b"" if body is None else json.dumps(body).encode())

    def send(self, line: str, body: bytes) -> tuple[int, Any]:
        """Send `PUT /path` with a body as it is; return the same."""
        method, path = line.split()
        answer, takes = self._control.handle(Request(method, path, body=body), NOW)

        assert takes == timedelta()
        return answer.status, json.loads(answer.body)


def _state(stage: Controlled) -> object:
    """Return all that the control may change, as it is now."""
    cluster = stage.cluster
    held = copy.deepcopy((cluster.jobs, cluster.faults, cluster.log))
    return cluster.close_duration, stage.clock(), stage.clock.stopped, held


def refuse(line: str, body: bytes, status: int = 400) -> str:
    """Tell a control what it must not do; return why not. Nothing has changed then."""
    with time_machine.travel(NOW, tick=False):
        stage = Controlled()
        before = _state(stage)
        got, shown = stage.send(line, body)

        assert (got, before) == (status, _state(stage))
    return str(shown["error"])
