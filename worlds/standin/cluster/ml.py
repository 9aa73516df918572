"""The machine learning side of the cluster: its jobs, its modes, its version."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Unpack

from standin.cluster.closing import Closing
from standin.cluster.errors import ClusterError
from standin.cluster.idle import close_idle
from standin.cluster.job import Job, JobFields, JobState
from standin.cluster.nodes import JOB_NODE
from standin.cluster.state import IDLE_TIMEOUT, Settings, State

# Texts read in the source of 2021 and 2025.
UPGRADING = "persistent task cannot be assigned while upgrade mode is enabled."
RESETTING = "persistent task will not be assigned as a feature reset is in progress."
_DAY = timedelta(days=1)
AWAITING = "persistent task is awaiting node assignment."


@cache
def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


class MachineLearning:
    """The jobs and what a test may do to them, out of band."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.jobs: dict[str, Job] = {}
        self.upgrade_mode = False
        self.reset_mode = False
        self.state = State()
        # How long the closings of jobs take that are put over the REST interface, and
        # how long a datafeed with an end time needs for what is there already.
        self.close_duration: Callable[[], timedelta] = timedelta
        self.lookback_takes = timedelta(seconds=1)
        # The one node: what it has for jobs. It grows with the jobs, not with one job.
        self.memory = "9830mb"
        self.node_id, self.node_name = JOB_NODE["id"], JOB_NODE["name"]
        self.maintained: datetime | None = None
        # What it says of itself, and of the caller's key, to who may ask.
        self.license_type, self.license_status = "platinum", "active"
        self.ml_nodes = 1
        self.key_expires: datetime | None = None
        # What job stats say of nodes and tasks that failed; empty is not shown.
        self.node_failures: list[dict[str, object]] = []
        self.task_failures: list[dict[str, object]] = []
        # Whether the clock that it is served with shows another time than the machine.
        self.clock_is_turned: Callable[[], bool] = lambda: False

    def add_job(
        self, job_id: str, *, now: datetime, **fields: Unpack[JobFields]
    ) -> Job:
        """Add a job; what is not said is ordinary."""
        fields.setdefault("created", now)
        fields.setdefault("close_takes", self.close_duration())
        fields.setdefault("datafeed_id", f"datafeed-{job_id}")
        if fields.get("last_data"):
            fields.setdefault("latest_record", fields["last_data"])
            fields.setdefault("records", 1000)
        job = Job(job_id, **fields)
        if job.opened is None and job.state in {"opened", "opening", "closing"}:
            job.opened = job.created
        if job.state == "closing":
            job.begin_close(now)
        self.jobs[job_id] = job
        return job

    @property
    def settings(self) -> Settings:
        """What was set over the REST interface."""
        return self.state.settings

    @property
    def indices(self) -> dict[str, dict[str, Any]]:
        """The indices, each as it was created."""
        return self.state.indices

    def start_again(self, now: datetime) -> None:
        """Give every open job a new process, as when they are assigned once more."""
        for job in self.jobs.values():
            if job.state == "opened" and job.assigned:
                job.opened = now

    def wipe(self) -> None:
        """Forget jobs, datafeeds, indices, settings and modes."""
        self.jobs.clear()
        self.state = State()
        self.upgrade_mode = self.reset_mode = False
        self.node_failures.clear()
        self.task_failures.clear()

    def delete_job(self, job_id: str) -> None:
        """Delete a job with its datafeed."""
        del self.jobs[job_id]

    def reopen_job(self, job_id: str, now: datetime) -> None:
        """Open a job again, as a person or a new node does."""
        job = self.jobs[job_id]
        job.state, job.assigned = "opened", True
        job.opened, job.finished, job.opening_until = now, None, None
        job.closing = job.closing_until = None

    def give_data(self, job_id: str, now: datetime, records: int = 100) -> None:
        """Let a job see data."""
        job = self.jobs[job_id]
        job.last_data = job.latest_record = now
        job.records += records

    def state_of(self, job_id: str, now: datetime) -> JobState:
        """Say in which state a job is at this time."""
        job = self.jobs[job_id]
        job.settle(now)
        return job.state

    def settle(self, now: datetime) -> None:
        """End what is under way and due, and do what is done at night."""
        for job in [job for job in self.jobs.values() if job.under_way]:
            job.settle(now)
        self._maintain(now)

    def _maintain(self, now: datetime) -> None:
        if self.maintained and self.maintained <= now < self.maintained + _DAY:
            return
        night = now.replace(hour=0, minute=30, second=0, microsecond=0)
        night -= _DAY if night > now else timedelta()
        last, self.maintained = self.maintained, night
        if last and last < night and self.since(9, 4) and not self.upgrade_mode:
            close_idle(self.jobs.values(), self.settings.value(IDLE_TIMEOUT), night)
            for job in self.jobs.values():
                job.settle(now)

    def since(self, *numbers: int) -> bool:
        """Say whether this version is at least that one."""
        return _numbers(self.version) >= numbers

    def has_node(self, job: Job) -> bool:
        """Say whether the job's task is assigned to a node."""
        return job.assigned and not (self.upgrade_mode or self.reset_mode)

    def explanation(self, job: Job) -> str:
        """Say why the job's task is, or is not, assigned."""
        if self.upgrade_mode:
            return UPGRADING
        if self.reset_mode:
            return RESETTING
        return job.explanation or ("" if job.assigned else AWAITING)

    def refuse_in_upgrade_mode(self, action: str) -> None:
        """Refuse an action that would change jobs while the cluster is upgraded."""
        if self.upgrade_mode:
            reason = f"Cannot perform {action} action while upgrade mode is enabled"
            raise ClusterError(429, "status_exception", reason)


def begin_close(ml: MachineLearning, job: Job, now: datetime) -> Closing | None:
    """Begin a normal close; return what the node works on, None without a node.

    The task of a job without a node is simply removed, and no finish time is written.
    """
    if not ml.has_node(job):
        job.remove_task(None)
        return None
    return job.begin_close(now)
