"""What is kept of what was read."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from idle_jobs.kept import Kept

NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Store:
    """Answers with how often it was asked, and fails while it is away."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away = False

    def read(self, name: str) -> int:
        """Return which answer this is."""
        self.asked.append(name)
        if self.away:
            raise OSError("away")
        return len(self.asked)


@pytest.mark.parametrize(("seconds", "value"), [(0, 1), (30, 1), (31, 2)])
def test_a_value_is_kept_for_a_time(seconds: int, value: int) -> None:
    """After that it is read again."""
    kept = Kept(Store().read, timedelta(seconds=30))
    with time_machine.travel(NOW, tick=False) as clock:
        kept.get("mode")
        clock.shift(seconds)

        assert value == kept.get("mode")


def test_a_fresh_value_is_read_and_kept() -> None:
    """Who asks after that gets it, too; another name has another value."""
    kept = Kept(Store().read, timedelta(seconds=30))

    assert [1, 2, 2] == [kept.get("a"), kept.get("a", fresh=True), kept.get("a")]
    assert 3 == kept.get("b")


def test_a_read_that_fails_keeps_what_there_is() -> None:
    """Who asked for a fresh value hears of the failure, and nobody else."""
    store = Store()
    kept = Kept(store.read, timedelta(seconds=30))
    kept.get("mode")
    store.away = True
    with pytest.raises(OSError, match="away"):
        kept.get("mode", fresh=True)

    assert 1 == kept.get("mode")


def test_threads_read_once() -> None:
    """Ten looks of a cold start want the same secret at once."""
    store = Store()
    kept = Kept(store.read, timedelta(seconds=30))
    with ThreadPoolExecutor(10) as threads:
        assert {1} == set(threads.map(kept.get, ["secret"] * 10))

    assert ["secret"] == store.asked
