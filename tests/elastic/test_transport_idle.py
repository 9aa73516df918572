"""Connections that were idle for long are not trusted: a frozen function has such."""

from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from requests import PreparedRequest

from closer import LOOKS
from e2e.door import before
from idle_jobs.elastic.transport import LONGEST_IDLE, Timeouts, Wire
from standin.cluster import API_KEY, Cluster, serve


class Key:
    """Sends the stand-in's API key."""

    stale: frozenset[int] = frozenset()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put it into the Authorization header."""
        request.headers["Authorization"] = f"ApiKey {API_KEY}"
        return request

    def refresh(self) -> None:
        """Do nothing."""


@pytest.mark.row(30)
@pytest.mark.parametrize(("idle", "connections"), [(1, 1), (LONGEST_IDLE + 1, 2)])
def test_a_connection_is_kept_for_a_minute(idle: int, connections: int) -> None:
    """After that a new one is made, although the old one looks alive."""
    with (
        time_machine.travel("2026-11-23T12:00:00Z", tick=False) as clock,
        serve(Cluster()) as url,
        before(url, lambda *_: True) as door,
    ):
        wire = Wire(door.url, Key(), Timeouts(*[3] * 6))
        wire.call("GET", "/_ml/info", {})
        clock.shift(timedelta(seconds=idle))
        if connections > 1:
            door.forget()  # A word on the old connection would meet a reset.
        wire.call("GET", "/_ml/info", {})

        assert door.came == connections


def test_the_next_batch_finds_the_connections_of_the_last_one() -> None:
    """The threads of the Closer outlive a batch, and each keeps its connection."""
    together = Barrier(10)
    with serve(Cluster()) as url, before(url, lambda *_: True) as door:
        wire = Wire(door.url, Key(), Timeouts(*[3] * 6))

        def call(_message: int) -> None:
            together.wait(10)
            wire.call("GET", "/_ml/info", {})

        opened = []
        for _ in range(3):
            list(LOOKS.map(call, range(10)))
            opened.append(door.came)

    assert opened == [10, 10, 10]
