"""What many tests share: a stack on this machine with an empty cluster."""

from collections.abc import Iterator

import pytest

from simulator.cluster import Cluster
from simulator.runner import Runner
from stacks import START


@pytest.fixture
def stack() -> Iterator[Runner]:
    """Yield a stack in mode `close`, at 06:05; its next sweep is at midnight."""
    with Runner(Cluster(), START, {"SweepEveryHours": "24"}) as runner:
        yield runner
