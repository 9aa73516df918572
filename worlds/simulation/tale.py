"""Histories made by hand, to show that each check fires; knows no simulation."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from idle_jobs.policy.rules import Rules
from simulation.checker import check
from simulation.findings import Findings
from simulation.history import (
    Announced,
    Asked,
    Began,
    Delivered,
    Finished,
    History,
    Key,
    Left,
    Lived,
    Posted,
    Read,
    Sent,
    Spoiled,
    Told,
    Written,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
JOB = Key("r", "a")
WHOLE = Key("r", "")


class Tale:
    """A history made by hand: one idle job `a`, one request `r`; times in seconds."""

    def __init__(self, **wish: Any) -> None:
        self.events: list[Any] = []
        self.left: list[Left] = []
        self.rules = Rules()
        self.numbers = count(1)
        for days, what in ((-30, "created"), (-30, "opened"), (-20, "data")):
            self.lived(days * 86_400, what)
        usual = {"expression": "a", "jobs": ("a",), "only_if_idle": False}
        fields: dict[str, Any] = usual | wish
        jobs = frozenset(fields.pop("jobs"))
        self.add(Asked, 0, request_id="r", jobs=jobs, **fields)

    def add(self, make: Callable[..., Any], at: float, **values: Any) -> None:
        """Add any event."""
        self.events.append(make(at=NOON + timedelta(seconds=at), **values))

    def lived(self, at: float, what: str, job: str = "a") -> None:
        """Let something happen to a job."""
        self.add(Lived, at, job_id=job, what=what)

    def begin(self, at: float, function: str, queue: str = "", key: Key = JOB) -> int:
        """Begin an invocation that reads, with a message if a queue is named."""
        number = next(self.numbers)
        self.add(Began, at, invocation=number, function=function)
        if queue:
            self.deliver(at, number, queue, key)
        path = f"/_ml/anomaly_detectors/{key.job_id}/_stats"
        self.add(Read, at, invocation=number, path=path, ok=True)
        return number

    def deliver(self, at: float, number: int, queue: str, key: Key = JOB) -> None:
        """Hand a message, named by its queue, to an invocation."""
        message = {"message_id": f"{queue} {key.job_id}", "receives": 1}
        self.add(Delivered, at, invocation=number, queue=queue, key=key, **message)

    def finish(self, at: float, number: int, how: str = "answered") -> None:
        """Finish an invocation."""
        self.add(Finished, at, invocation=number, how=how)

    def send(
        self,
        at: float,
        number: int,
        queue: str = "CloseQueue",
        key: Key = JOB,
        kind: str = "close",
    ) -> None:
        """Send a message, named by its queue."""
        named = {"message_id": f"{queue} {key.job_id}", "kind": kind}
        self.add(Sent, at, invocation=number, queue=queue, key=key, **named)

    def post(
        self, at: float, number: int, before: str, after: str, **more: Any
    ) -> None:
        """Post a close."""
        fields = {"key": JOB, "force": False, "answer": 200} | more
        self.add(Posted, at, invocation=number, before=before, after=after, **fields)

    def tell(
        self,
        at: float,
        number: int,
        ended: str,
        reason: str = "",
        key: Key = JOB,
        *,
        written: bool = True,
    ) -> None:
        """Tell an outcome, and write an item for a closing."""
        if written and ended in ("closed", "force_closed"):
            self.write(at, number, key=key, ended=ended)
        self.add(Told, at, invocation=number, key=key, ended=ended, reason=reason)

    def write(self, at: float, number: int, **item: Any) -> None:
        """Write an item of the ledger."""
        usual = {"key": JOB, "closed": str(at), "closed_by": "unknown"}
        self.add(Written, at, invocation=number, **(usual | {"ended": "closed"} | item))

    def announce(self, at: float, number: int = 1, job: str = "a") -> None:
        """Write an announcement."""
        since = NOON + timedelta(seconds=at)
        self.add(Announced, at, invocation=number, key=Key("s", job), since=since)

    def sweep(self, at: float = 0, how: str = "answered", **sent: Any) -> "Tale":
        """Let a Sweeper send the job on."""
        number = self.begin(at, "Sweeper", "RequestQueue", WHOLE)
        self.send(at + 1, number, **sent)
        self.finish(at + 2, number, how)
        return self

    def close(self, at: float = 10, how: str = "answered") -> "Tale":
        """Let a Closer close the job and tell so."""
        number = self.begin(at, "Closer", "CloseQueue")
        self.post(at + 1, number, "opened", "closed")
        self.tell(at + 2, number, "closed", "requested")
        self.finish(at + 3, number, how)
        return self

    def look(self, at: float, ended: str, reason: str = "") -> "Tale":
        """Let a Closer find the end of the request without a post."""
        number = self.begin(at, "Closer", "CloseQueue")
        self.tell(at + 1, number, ended, reason)
        self.finish(at + 2, number)
        return self

    def force(self, at: float, before: str, **more: Any) -> "Tale":
        """Let a ForceCloser force the job and tell so."""
        number = self.begin(at, "ForceCloser", "ForceQueue")
        self.post(at + 1, number, before, "closed", force=True, **more)
        self.tell(at + 2, number, "force_closed", "failed")
        self.finish(at + 3, number)
        return self

    def spoil(self, at: float, key: Key = JOB) -> "Tale":
        """Let SQS deliver a message twice."""
        spoiled = {"queue": "CloseQueue", "message_id": "m", "how": "duplicated"}
        self.add(Spoiled, at, key=key, **spoiled)
        return self

    def check(self, end: float = 100_000, **states: str) -> Findings:
        """Check it all; the cluster's states follow the events if not given."""
        return check(self.history(end, **states))

    def history(self, end: float = 100_000, **states: str) -> History:
        """Return the history, in order."""
        self.events.sort(key=lambda event: event.at)
        over = NOON + timedelta(seconds=end)
        last = dict(states) or self._states()
        return History(7, NOON, over, self.events, self.left, last, self.rules)

    def _states(self) -> dict[str, str]:
        states: dict[str, str] = {}
        for event in self.events:
            if isinstance(event, Posted):
                states[event.key.job_id] = event.after
            elif isinstance(event, Lived) and event.what == "created":
                states[event.job_id] = "closed"
            elif isinstance(event, Lived) and event.what in _STATES:
                states[event.job_id] = event.what
            elif isinstance(event, Lived) and event.what == "deleted":
                states[event.job_id] = ""
        return {job: state for job, state in states.items() if state}


_STATES = ("opened", "closing", "closed", "failed")


def kinds(findings: Findings) -> list[tuple[str, str]]:
    """Return what was found, without its words."""
    return [(problem.invariant, problem.kind) for problem in findings.problems]


def idle_tale(**wish: Any) -> Tale:
    """Return a tale of a request that closes a job only if it is idle."""
    return Tale(only_if_idle=True, **wish)
