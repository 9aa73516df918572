"""What `--wait` waits for: requests, and the log lines that end them; pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from idle_jobs.messages.outcome import Ended
from idle_jobs.reasons import Reason
from idle_jobs.texts import tidy
from idle_jobs_cli.stack.parking import printable

# The summary of a sweep counts the jobs that have these verdicts; they have no outcome.
CLOSED = (Reason.ALREADY_CLOSED, Reason.CLOSED_DATAFEED_NOT_STOPPED)

Line = Mapping[str, Any]


@dataclass
class Awaited:
    """One request: its id, that of its message, its expression, and its jobs if known.

    `number` is how many jobs end. If neither is known, the summary of the Sweeper has
    the number. `alone` marks the message of one job: others may have its request id. A
    request that cannot be read has an outcome with its message id instead of its own.
    """

    request_id: str
    message_id: str
    expression: str
    jobs: Collection[str] = ()
    number: int | None = None
    alone: bool = False
    whole: bool = False
    ended: dict[str, set[str]] = field(default_factory=dict)
    uncounted: set[str] = field(default_factory=set)

    def take(self, line: Line) -> bool:
        """Note a line if it is of this request; return whether it is a new outcome.

        SQS may deliver twice. Then a job may be skipped after it was closed.
        """
        if line.get("request_id") not in (self.request_id, self.message_id):
            return False
        if line.get("message") == "swept":
            self._count(line.get("verdicts"))
            return False
        job_id, ended = (str(line.get(name, "")) for name in ("job_id", "ended"))
        if self.alone and job_id not in ("", self.expression):
            return False
        sweepers = line.get("service") == "sweeper"
        self.whole |= (sweepers and ended == Ended.PARKED) or (
            job_id in ("", self.expression) and job_id not in self.jobs
        )
        if sweepers and line.get("reason") == Reason.ALREADY_CLOSED:
            self.uncounted.add(job_id)  # It was closed before the request.
        known = self.ended.setdefault(job_id, set())
        new = not known or (ended not in known and ended != Ended.SKIPPED)
        known.add(ended)
        return new

    def _count(self, verdicts: object) -> None:
        """Note how many jobs get an outcome; a second delivery finds fewer."""
        if isinstance(verdicts, Mapping):
            found = sum(n for reason, n in verdicts.items() if reason not in CLOSED)
            self.number = max(self.number or 0, found)

    @property
    def missing(self) -> list[str]:
        """Return what has no outcome yet: jobs, their number, or the request ("")."""
        if self.whole:
            return []
        if self.jobs:
            return sorted(set(self.jobs) - self.ended.keys())
        if self.number is None:
            return [""]
        left = self.number - len(self.ended.keys() - self.uncounted)
        return [f"{left} of {self.number} jobs"] if left > 0 else []


def normal(expression: str) -> str:
    """Return an expression as the functions write it in an outcome."""
    return ",".join(filter(None, map(tidy, expression.split(","))))


def told(outcome: Line, request_id: str = "") -> str:
    """Return an outcome as one line: its request and its job, how it ended and why."""
    words = {k: printable(outcome.get(k, "")) for k in ("job_id", "ended", "reason")}
    detail = f", {printable(outcome['detail'])}" if outcome.get("detail") else ""
    of = " ".join(filter(None, (request_id, words["job_id"])))
    return f"{of}{': ' if of else ''}{words['ended']}: {words['reason']}{detail}"
