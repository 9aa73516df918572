"""A job as the stand-in holds it: what a test may set, and how its closing ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from standin.cluster.closing import Closing
from standin.cluster.counts import Counts
from standin.cluster.job_fields import DatafeedState, JobFields, JobState
from standin.cluster.sizes import read_bytes

__all__ = ["DatafeedState", "Job", "JobFields", "JobState"]


@dataclass
class Job:
    """A job with its datafeed, its task and the script of its closing.

    `state` is right as of the last request or `Cluster.state_of`.
    """

    job_id: str
    created: datetime
    state: JobState = "opened"
    opened: datetime | None = None
    finished: datetime | None = None
    last_data: datetime | None = None
    latest_record: datetime | None = None
    records: int = 0
    groups: Sequence[str] = ()
    custom_settings: Mapping[str, object] | None = None
    bucket_span: str = "15m"
    functions: Sequence[str] = ("mean",)
    memory: str = "512mb"
    blocked: str | None = None
    deleting: bool = False
    forecast: bool = False
    assigned: bool = True
    explanation: str = ""
    config: bool = True
    datafeed: DatafeedState | None = None
    datafeed_id: str = ""
    real_time: bool = True
    real_time_running: bool = True
    searched_until: datetime | None = None
    frequency: str | None = None
    query_delay: str = "60s"
    datafeed_stops: bool = True
    close_takes: timedelta = timedelta()
    close_ends: Literal["closed", "failed", "hangs"] = "closed"
    force_works: bool = True
    open_takes: timedelta = timedelta()
    allow_lazy_open: bool = False
    closing: Closing | None = None
    closing_until: datetime | None = None
    opening_until: datetime | None = None
    # When its datafeed comes to the end time that it was started with.
    ends_feeding: datetime | None = None
    # One of these three may be due: `settle` has something to look at.
    under_way: bool = False
    # What was put over the REST interface, and what was counted of posted data.
    analysis: dict[str, Any] = field(default_factory=dict)
    feed: dict[str, Any] | None = None
    counts: Counts = field(default_factory=Counts)

    @property
    def has_task(self) -> bool:
        """A job has a task in the cluster state unless it is closed."""
        return self.state != "closed"

    @property
    def feeding(self) -> bool:
        """Its datafeed runs: it is in any state but stopped."""
        return self.datafeed not in {None, "stopped"}

    @property
    def model_bytes(self) -> int:
        """What its model holds: a quarter of what it may, once it was fed."""
        return read_bytes(self.memory, "") // 4 if self.last_data else 0

    def give_feed(self, config: dict[str, Any]) -> None:
        """Configure its datafeed."""
        self.feed, self.datafeed_id = config, config["datafeed_id"]
        self.datafeed = self.datafeed or "stopped"

    def begin_open(self, now: datetime, why_not: str) -> None:
        """Take it into work on a node, or let it wait for one."""
        self.state, self.opened, self.finished = "opening", now, None
        self.assigned, self.explanation = not why_not, why_not
        forever = why_not or self.open_takes == timedelta.max
        self.opening_until = None if forever else now + self.open_takes
        self.under_way = True
        self.settle(now)

    def begin_feeding(
        self, now: datetime, end: datetime | None, lookback: timedelta
    ) -> None:
        """Start its datafeed; one with an end time stops there, or when it is done."""
        self.datafeed = "started"
        self.real_time = self.real_time_running = end is None
        self.ends_feeding = max(now + lookback, end) if end else None
        self.under_way = True

    def forget(self) -> None:
        """Lose all that it has learned."""
        self.last_data = self.latest_record = None
        self.records, self.counts = 0, Counts()

    def begin_close(self, now: datetime) -> Closing:
        """Begin a closing, which ends as the test scripted it."""
        self.state = "closing"
        closing = self.closing = Closing(now, self.close_takes, self.close_ends)
        self.closing_until = closing.ends
        self.under_way = True
        self.settle(now)
        return closing

    def settle(self, now: datetime) -> None:
        """End what is under way and due, at its time and not at this look."""
        self._settle(now)
        due = (self.closing_until, self.opening_until, self.ends_feeding)
        self.under_way = any(due)

    def _settle(self, now: datetime) -> None:
        if self.opening_until is not None and now >= self.opening_until:
            self.opening_until = None
            if self.state == "opening":
                self.state = "opened"
        if self.ends_feeding is not None and now >= self.ends_feeding:
            self._end_feeding(self.ends_feeding)
        if self.closing_until is None or now < self.closing_until:
            return
        ended, self.closing_until = self.closing_until, None
        if self.state != "closing":
            return
        if self.close_ends == "failed":
            self.state = "failed"
        else:
            self.remove_task(ended)

    def _end_feeding(self, ended: datetime) -> None:
        self.ends_feeding = None
        if self.feeding:
            self.datafeed = "stopped"
            if self.state == "opened":
                self.begin_close(ended)

    def kill(self, now: datetime) -> None:
        """Remove its task without closing it; who waits for its closing is told."""
        if self.closing:
            self.closing.killed = now
        self.remove_task(now)

    def remove_task(self, ended: datetime | None) -> None:
        """Close the job; a job that never had a node gets no finish time."""
        self.state = "closed"
        self.closing = self.closing_until = self.opening_until = None
        self.finished = ended or self.finished
        self.forecast = False
