"""Says on a stream how far a long run has come; it knows of no schedule."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Self, TextIO, TypeVar

from idle_jobs.times import spoken

T = TypeVar("T")

# Seconds between two lines: a terminal's is written over, others stay.
OFTEN, SELDOM = 0.2, 15.0
TO_THE_END = "\x1b[K"


class Progress:
    """Counts what is done; use it in a `with` statement, which takes its line away."""

    def __init__(
        self,
        total: int,
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total, self._stream, self._clock = total, stream, clock
        self._done, self._what = 0, ""
        self._begun = self._told = clock()

    def __enter__(self) -> Self:
        """Begin: on a terminal, something is seen at once."""
        if self._stream.isatty():
            self._tell("begins")
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing on a terminal."""
        if self._stream.isatty():
            print(f"\r{TO_THE_END}", end="", file=self._stream, flush=True)

    def count(self, what: str, results: Iterable[T]) -> Iterator[T]:
        """Yield results, each as one more that is done."""
        for result in results:
            self._done += 1
            pause = OFTEN if self._stream.isatty() else SELDOM
            if self._clock() - self._told >= pause:
                self._tell(what)
            yield result

    def _tell(self, what: str) -> None:
        self._told = self._clock()
        text = f"{self._done:,} of {self._total:,} schedules ({what})"
        if self._done:
            rate = self._done / max(self._told - self._begun, 0.001)
            left = timedelta(seconds=(self._total - self._done) / rate)
            text += f", {rate:.1f} a second, {spoken(left)} left"
        if self._stream.isatty():
            text = f"\r{text[: _width(self._stream) - 1]}{TO_THE_END}"
            print(text, end="", file=self._stream, flush=True)
        else:
            print(text, file=self._stream, flush=True)


def _width(stream: TextIO) -> int:
    return os.get_terminal_size(stream.fileno()).columns or 80
