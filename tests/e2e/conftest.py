"""What the tests that run the built functions cannot do without."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

import pytest

from e2e.artifact import ArtifactRunner
from local.schedule import DAILY
from stacks import START
from standin.cluster import Cluster

Start = Callable[..., ArtifactRunner]

# Real seconds, for a loaded machine: no test here waits for the end of one.
PATIENT = dict.fromkeys(
    ("CONNECT_TIMEOUT", "READ_TIMEOUT", "CLOSE_READ_TIMEOUT_EARLY"), "25"
)
# For closes that are slow in virtual time, as every close is that ends otherwise.
HANGS_UP = PATIENT | {"CLOSE_READ_TIMEOUT_EARLY": "0.5"}

# Midnight is the next sweep but those that a test asks for.
PARAMETERS = {**DAILY, "LogLevel": "DEBUG"}


@pytest.fixture
def start() -> Iterator[Start]:
    """Yield what starts a stack; at the end, no function may have told a secret."""
    with ExitStack() as stacks:
        started: list[ArtifactRunner] = []

        def begin(
            timeouts: Mapping[str, str] = PATIENT, **parameters: str
        ) -> ArtifactRunner:
            given = PARAMETERS | parameters
            stack = ArtifactRunner(Cluster(), START, given, timeouts=timeouts)
            started.append(stacks.enter_context(stack))
            return stack

        yield begin

        assert [] == [told for stack in started for told in stack.secrets_told()]
