"""A job as the stand-in holds it: what a test may set, and how its closing ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypedDict

JobState = Literal["opened", "opening", "closing", "closed", "failed"]
DatafeedState = Literal["started", "starting", "stopping", "stopped"]


class JobFields(TypedDict, total=False):
    """What `add_job` takes beside the id and the time."""

    state: JobState
    created: datetime
    opened: datetime | None
    finished: datetime | None
    last_data: datetime | None
    latest_record: datetime | None
    records: int
    groups: Sequence[str]
    custom_settings: Mapping[str, object] | None
    bucket_span: str
    functions: Sequence[str]
    memory: str
    blocked: str | None
    deleting: bool
    forecast: bool
    assigned: bool
    explanation: str
    config: bool
    datafeed: DatafeedState | None
    datafeed_id: str
    real_time: bool
    real_time_running: bool
    searched_until: datetime | None
    frequency: str | None
    query_delay: str
    datafeed_stops: bool
    close_takes: timedelta
    close_ends: Literal["closed", "failed", "hangs"]
    force_works: bool


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
    closing_until: datetime | None = None

    @property
    def has_task(self) -> bool:
        """A job has a task in the cluster state unless it is closed."""
        return self.state != "closed"

    @property
    def feeding(self) -> bool:
        """Its datafeed runs: it is in any state but stopped."""
        return self.datafeed not in {None, "stopped"}

    def begin_close(self, now: datetime) -> None:
        """Begin a closing, which ends as the test scripted it."""
        self.state = "closing"
        hangs = self.close_ends == "hangs"
        self.closing_until = None if hangs else now + self.close_takes
        self.settle(now)

    def settle(self, now: datetime) -> None:
        """End a closing whose time has come, at that time and not at this look."""
        if self.closing_until is None or now < self.closing_until:
            return
        ended, self.closing_until = self.closing_until, None
        if self.state != "closing":
            return
        if self.close_ends == "failed":
            self.state = "failed"
        else:
            self.remove_task(ended)

    def remove_task(self, ended: datetime | None) -> None:
        """Close the job; a job that never had a node gets no finish time."""
        self.state = "closed"
        self.closing_until = None
        self.finished = ended or self.finished
        self.forecast = False
