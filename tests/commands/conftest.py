"""What several tests of the commands share: the scenario's cluster, at its sweep."""

import io
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from commands.world import World, world_of
from local.scenario import SWEEP, build
from standin.cluster import Cluster


@pytest.fixture
def at_the_sweep() -> Iterator[None]:
    """Stop the clock at the scenario's sweep."""
    with time_machine.travel(SWEEP, tick=False):
        yield


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    """Return the scenario's cluster, which no test changes."""
    return build()


@pytest.fixture
def world(at_the_sweep: None) -> Iterator[World]:  # noqa: ARG001 - the clock stands
    """Yield a stack that looks after the scenario's cluster, and its functions."""
    with world_of(build(), KeepPatterns="prod-*") as world:
        yield world


class Terminal(io.StringIO):
    """Standard input of a person, who types the text, or presses Ctrl-C without one."""

    def isatty(self) -> bool:
        """Say that a person is there."""
        return True

    def readline(self, *_: object) -> str:  # type: ignore[override]
        """Return what is typed."""
        if typed := super().readline():
            return typed
        raise KeyboardInterrupt


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that lets a person answer."""

    def answer(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", Terminal(text))

    return answer
