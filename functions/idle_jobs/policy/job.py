"""A job as the cluster describes it: values only, no clock, no network, no JSON."""

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
        """Tell whether it is to run, and the cluster explains why it runs nowhere.

        Serverless shows no node of any datafeed: there it has nothing to explain.
        """
        runs = self.assigned or self.real_time_running is not None
        wanted = self.state in ("starting", "started")
        return wanted and not runs and bool(self.explanation)


@dataclass(frozen=True, slots=True)
class Job:
    """One job, as read in one look at the cluster; every time is an aware UTC one.

    `open_start` is when its process started (it moves when the job changes node),
    `last_data` the wall clock of the last data it was handed, `newest_clock` the newest
    time that any of its documents carries, `memory_bytes` what it reserves while open.
    """

    job_id: str
    state: State | None
    configured: bool = True
    created: datetime | None = None
    finished: datetime | None = None
    open_start: datetime | None = None
    last_data: datetime | None = None
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
    explanation: str = ""
    forecasts: int = 0
    upgrade_mode: bool = False
    problems: tuple[str, ...] = ()

    @property
    def live(self) -> bool:
        """Tell whether its process answered: nothing else has an `open_time`.

        Serverless shows no node. Elsewhere a task without one is explained, and a
        process that still answers then is about to be given up.
        """
        return self.open_start is not None and (self.assigned or not self.explanation)

    def closed_since(self, time: datetime) -> bool:
        """Tell whether it is closed, and was not before this time.

        The cluster stamps the finish; the time is SQS's, EventBridge's or a person's.
        """
        if self.state is not State.CLOSED or self.finished is None:
            return False
        return self.finished >= time - CLOCKS_APART
