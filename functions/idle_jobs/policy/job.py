"""A job as the cluster reports it; pure."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from idle_jobs.policy.owner import NO_OWNER_SETTINGS, Owner
from idle_jobs.times import CLOCKS_APART

# Elasticsearch's own rule for job ids and group names (MlStrings.isValidId).
JOB_ID = re.compile(r"[a-z0-9](?:[a-z0-9_.-]{0,62}[a-z0-9])?")


class State(StrEnum):
    """The state of a job's persistent task; a job without one is `closed`."""

    OPENING = "opening"
    OPENED = "opened"
    CLOSING = "closing"
    CLOSED = "closed"
    FAILED = "failed"


OPEN_STATES = frozenset({State.OPENING, State.OPENED, State.CLOSING})


@dataclass(frozen=True, slots=True)
class Datafeed:
    """A job's datafeed: `stopped`, `starting`, `started` or `stopping`."""

    datafeed_id: str
    state: str
    real_time_running: bool | None = None
    frequency: timedelta | None = None
    query_delay: timedelta | None = None
    assigned: bool = False
    explanation: str = ""

    @property
    def unassigned(self) -> bool:
        """Return whether the datafeed is started, but assigned to no node.

        The cluster then explains why. Serverless never shows a node: without an
        explanation, the datafeed counts as assigned.
        """
        runs = self.assigned or self.real_time_running is not None
        wanted = self.state in ("starting", "started")
        return wanted and not runs and bool(self.explanation)


@dataclass(frozen=True, slots=True)
class Job:
    """One job, as read once from the cluster; all times are in UTC.

    `open_start` is when its process started; it changes when the job changes node.
    `last_data` is the wall clock when it last got data, and `latest_record` the time in
    its newest record. `newest_clock` is the newest time in any of its documents.
    `memory_bytes` is what it reserves while it is open.
    `came_back` has the times of our closings after which it was opened again; only the
    ledger knows them, so it is empty wherever the ledger was not read. `announced_at`
    is when a sweep last announced the job, which the ledger knows, too.
    """

    job_id: str
    state: State | None
    configured: bool = True
    created: datetime | None = None
    finished: datetime | None = None
    open_start: datetime | None = None
    last_data: datetime | None = None
    latest_record: datetime | None = None
    newest_clock: datetime | None = None
    records: int = 0
    memory_bytes: int = 0
    groups: tuple[str, ...] = ()
    managed: bool = False
    owner: Owner = NO_OWNER_SETTINGS
    bucket_span: timedelta | None = None
    functions: tuple[str, ...] = ()
    datafeed: Datafeed | None = None
    blocked: str = ""
    deleting: bool = False
    assigned: bool = False
    node: str = ""
    explanation: str = ""
    forecasts: int = 0
    upgrade_mode: bool = False
    problems: tuple[str, ...] = ()
    came_back: tuple[datetime, ...] = ()
    announced_at: datetime | None = None

    @property
    def live(self) -> bool:
        """Return whether the job's process runs: only a process has an `open_time`.

        A task without a node has an explanation, and its process is about to end.
        Serverless never shows a node: there, no explanation means that it runs.
        """
        return self.open_start is not None and (self.assigned or not self.explanation)

    def closed_since(self, time: datetime) -> bool:
        """Return whether the job is closed, and was closed at this time or later.

        The clocks of the cluster and of whoever gives the time may differ.
        """
        if self.state is not State.CLOSED or self.finished is None:
            return False
        return self.finished >= time - CLOCKS_APART
