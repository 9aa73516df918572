"""Reads from the cluster state which jobs and datafeeds have a task; pure.

A job has a persistent task unless it is closed, and a datafeed unless it is stopped.
The master holds the tasks in memory, so they cost no search. It builds all metadata
before `filter_path` applies, which takes time where a cluster has very many indices.
The rules are those of MlTasks and JobTaskState in the source of Elasticsearch.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from idle_jobs.elastic.answers import not_the_cluster
from idle_jobs.elastic.json_fields import Json
from idle_jobs.elastic.lists import LONGEST_LIST
from idle_jobs.errors import TryLater
from idle_jobs.policy.job import JOB_ID, State

# Without the blocks, versions before 9 do not say that the state is not yet recovered.
TASKS_PATH = "/_cluster/state/metadata%2Cblocks"
_JOB, _DATAFEED = "xpack/ml/job", "xpack/ml/datafeed"
_TASK = "metadata.persistent_tasks.tasks"
# With `cluster_name`, an answer of a proxy does not look like one without open jobs.
OPEN_FIELDS = (
    "cluster_name,blocks.global.*.levels,metadata.cluster_uuid,"
    f"{_TASK}.task.{_JOB}.params.job_id,{_TASK}.task.{_DATAFEED}.params.job_id"
)
TASK_FIELDS = (
    f"{OPEN_FIELDS},{_TASK}.allocation_id,"
    f"{_TASK}.task.{_JOB}.state.state,{_TASK}.task.{_JOB}.state.allocation_id,"
    f"{_TASK}.task.{_DATAFEED}.params.datafeed_id"
)

# Bytes. It is read before the lists, and may be as long as all three of them: that are
# 150,000 open jobs.
LONGEST_OPEN = 3 * LONGEST_LIST

_STATES = {str(state): state for state in State}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tasks:
    """The states of the jobs that have a task, and the jobs of running datafeeds."""

    jobs: Mapping[str, State]
    datafeeds: Mapping[str, str]

    @property
    def closing(self) -> int:
        """Return how many jobs are closing now, whoever closes them."""
        return sum(state is State.CLOSING for state in self.jobs.values())


@dataclass(frozen=True, slots=True)
class Open:
    """The jobs that have a task, and those whose datafeed has one, closed or not."""

    jobs: frozenset[str]
    fed: frozenset[str]


def read_tasks(answer: Json) -> Tasks:
    """Return the tasks; ClusterError if any part of the answer cannot be read.

    Ids that Elasticsearch does not allow are left out, as `read_jobs` does.
    """
    jobs: dict[str, State] = {}
    datafeeds: dict[str, str] = {}
    for each in _tasks_of(answer):
        # Of the tasks of other features, `filter_path` leaves the `allocation_id`.
        task = _field(each, "task", dict, {})
        if _JOB in task:
            job = _field(task, _JOB, dict)
            jobs[_param(job, "job_id")] = _state(job, each)
        if _DATAFEED in task:
            datafeed = _field(task, _DATAFEED, dict)
            datafeeds[_param(datafeed, "datafeed_id")] = _param(datafeed, "job_id")
    return Tasks(
        {job_id: state for job_id, state in jobs.items() if JOB_ID.fullmatch(job_id)},
        {
            feed: job_id
            for feed, job_id in datafeeds.items()
            if JOB_ID.fullmatch(job_id)
        },
    )


def read_open(answer: Json) -> Open:
    """Return which jobs have a task; ClusterError as above."""
    jobs, fed = set[str](), set[str]()
    for each in _tasks_of(answer):
        task = _field(each, "task", dict, {})
        if _JOB in task:
            jobs.add(_param(_field(task, _JOB, dict), "job_id"))
        if _DATAFEED in task:
            fed.add(_param(_field(task, _DATAFEED, dict), "job_id"))
    return Open(
        frozenset(filter(JOB_ID.fullmatch, jobs)),
        frozenset(filter(JOB_ID.fullmatch, fed)),
    )


def _tasks_of(answer: Json) -> Iterator[dict[str, Any]]:
    if not isinstance(answer.get("cluster_name"), str):
        raise not_the_cluster("_cluster/state", "cluster_name", answer)
    metadata = _field(answer, "metadata", dict)
    _field(metadata, "cluster_uuid", str)
    _check_recovered(answer)
    # A cluster that never had a task has no `persistent_tasks`.
    tasks = _field(_field(metadata, "persistent_tasks", dict, {}), "tasks", list, [])
    yield from map(_object, tasks)


def _check_recovered(answer: Json) -> None:
    """Raise TryLater while the master does not show the metadata that it will have."""
    blocks = _field(_field(answer, "blocks", dict, {}), "global", dict, {})
    for block in blocks.values():
        if "metadata_read" in _field(_object(block), "levels", list):
            raise TryLater("_cluster/state: the cluster has not recovered its state")


def _state(job: Json, task: Json) -> State:
    """Return the state of a job's task; an old one was written on another node."""
    if "state" not in job:
        return State.OPENING
    written = _field(job, "state", dict)
    text = _field(written, "state", str)
    if text not in _STATES:
        raise TryLater(f"_cluster/state: expected a job state, got {text!r:.60}")
    state = _STATES[text]
    old = _field(written, "allocation_id", int) != _field(task, "allocation_id", int)
    if not old or state is State.FAILED:
        return state
    # A job that was closing does not open again on the next node.
    return State.CLOSED if state is State.CLOSING else State.OPENING


def _param(task: Json, name: str) -> str:
    return _field(_field(task, "params", dict), name, str)


def _object(value: object) -> dict[str, Any]:
    return _field({"tasks": value}, "tasks", dict)


def _field(source: Json, name: str, kind: type[T], default: T | None = None) -> T:
    """Return a field of this kind; TryLater if it is of another, or missing."""
    value = source.get(name, default)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TryLater(
            f"_cluster/state: {name}: expected {kind.__name__}, got {value!r:.60}"
        )
    return value
