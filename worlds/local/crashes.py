"""Kills one invocation at one of its calls, before or after the call's effect.

A thread cannot be ended from outside, so a killed invocation goes on as a ghost: its
later calls are refused without effect, and what it still prints is not heard.
"""

import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal, NamedTuple

When = Literal["before", "after"]


class Killed(BaseException):
    """The end of an invocation, which no function can catch by accident."""


class Call(NamedTuple):
    """One call of a function, and the jobs it is about: many, one or none."""

    function: str
    operation: str
    jobs: Sequence[str]


class Kill(NamedTuple):
    """Where an invocation ends: at the first such call about this job, or about none.

    `after` lets the call have its effect, `before` does not.
    """

    when: When
    function: str
    operation: str
    job_id: str

    def hits(self, when: When, call: Call) -> bool:
        """Tell whether this is the moment."""
        here = (self.when, self.function, self.operation)
        about = self.job_id in call.jobs or (not self.job_id and not call.jobs)
        return here == (when, call.function, call.operation) and about


@dataclass
class Switch:
    """Sees every call of the invocation that runs, and ends it at the chosen one.

    `function` is whose invocation it is; empty while the runner itself calls.
    """

    kill: Kill | None = None
    calls: list[Call] = field(default_factory=list)
    function: str = ""
    dead: bool = False
    struck: bool = False
    heard: int | None = None
    _lock: Lock = field(default_factory=Lock)

    def begin(self, function: str) -> None:
        """Watch a new invocation."""
        self.function, self.dead, self.heard = function, False, None

    def end(self) -> None:
        """Stop watching: what is called now is called by the runner."""
        self.function = ""

    def enter(self, operation: str, jobs: Sequence[str]) -> Call:
        """Note a call that is about to have its effect, or end it here."""
        with self._lock:
            if self.dead:
                raise Killed
            call = Call(self.function, operation, jobs)
            self.calls.append(call)
            self._strike("before", call)
            return call

    def leave(self, call: Call) -> None:
        """End a call that has had its effect, if it is the chosen one."""
        with self._lock:
            self._strike("after", call)
            if self.dead:
                raise Killed

    def _strike(self, when: When, call: Call) -> None:
        if self.struck or not (self.kill and self.kill.hits(when, call)):
            return
        self.dead = self.struck = True
        if isinstance(sys.stdout, io.StringIO):
            self.heard = len(sys.stdout.getvalue())
        raise Killed
