"""Virtual time, and tasks that are suspended while others act; it knows no AWS.

A task is a greenlet: the product's code is synchronous and stays as it is, and where it
would wait for the network, `World.sleep` lets everything go on that is due before. One
task runs at a time and the order is that of the agenda, so a seed tells it all.
"""

import heapq
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet

T = TypeVar("T")
Action = Callable[[], object]


class World:
    """One clock and what is due at which time; equal times keep the order of entry."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self._agenda: list[tuple[datetime, int, Action]] = []
        self._order = count()

    def at(self, when: datetime, action: Action) -> None:
        """Let something happen at a time, or now if that is past."""
        heapq.heappush(self._agenda, (max(when, self.now), next(self._order), action))

    def after(self, seconds: float, action: Action) -> None:
        """Let something happen later."""
        self.at(self.now + timedelta(seconds=seconds), action)

    def start(self, task: Action) -> None:
        """Begin a task now, after what is due already."""
        self.at(self.now, greenlet(task).switch)

    def sleep(self, seconds: float) -> None:
        """Suspend the task that calls this; only a task may."""
        task = getcurrent()
        self.after(seconds, task.switch)
        task.parent.switch()

    def all_of(self, act: Callable[[T], Any], things: Iterable[T]) -> list[Any]:
        """Run tasks side by side and wait for them, as a pool of threads does."""
        waiting, things = getcurrent(), list(things)
        if not things:
            return []
        results: list[Any] = [None] * len(things)
        errors: list[BaseException] = []
        left = len(things)

        def one(number: int, thing: T) -> None:
            nonlocal left
            try:
                results[number] = act(thing)
            except BaseException as error:  # noqa: BLE001 - raised where all are awaited
                errors.append(error)
            left -= 1
            if not left:
                self.at(self.now, waiting.switch)

        for number, thing in enumerate(things):
            task = greenlet(partial(one, number, thing), waiting.parent)
            self.at(self.now, task.switch)
        waiting.parent.switch()
        if errors:
            raise errors[0]
        return results

    def run(self, until: datetime, done: Callable[[], bool]) -> None:
        """Do what is due, up to a time or until nothing is left to do."""
        while self._agenda and self._agenda[0][0] <= until and not done():
            self.now, _, action = heapq.heappop(self._agenda)
            action()
