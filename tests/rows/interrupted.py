"""Lets one thread have its turn at every step of another, one step at a time."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from types import FrameType
from typing import Any

Act = Callable[[], object]


def interrupt_each_step(act: Act, ours: str, theirs: str, turn: Act) -> int:
    """Act again and again, interrupted by a turn one step later each time.

    A step is an instruction in the file `ours`, or a call in files whose path has
    `theirs` in it. Returns how many steps there are.
    """
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        for at in count(1):
            tracer = _Tracer(at, ours, theirs, lambda: other.submit(turn).result())
            one.submit(tracer.run, act).result()
            if tracer.count < at:
                break
        return tracer.count


class _Tracer:
    def __init__(self, at: int, ours: str, theirs: str, turn: Act) -> None:
        self.count = 0
        self._at, self._ours, self._theirs, self._turn = at, ours, theirs, turn

    def run(self, act: Act) -> None:
        sys.settrace(self._trace)  # Of this thread alone.
        try:
            act()
        finally:
            sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:
        file = frame.f_code.co_filename
        if file != self._ours and self._theirs not in file:
            return None
        frame.f_trace_opcodes = file == self._ours
        if event == ("opcode" if file == self._ours else "call"):
            self.count += 1
            if self.count == self._at:
                self._turn()
        return self._trace
