"""Reads from the cluster state which jobs and datafeeds have a task; pure.

A job has a persistent task unless it is closed, and a datafeed unless it is stopped.
The master holds the tasks in memory, so they cost no search. It builds all metadata
before `filter_path` applies, which takes time where a cluster has very many indices.
The rules are those of MlTasks and JobTaskState in the source of Elasticsearch.
"""

from collections.abc import Iterator
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
_OF_CLUSTER = "cluster_name,blocks.global.*.levels,metadata.cluster_uuid"
OPEN_FIELDS = (
    f"{_OF_CLUSTER},"
    f"{_TASK}.task.{_JOB}.params.job_id,{_TASK}.task.{_DATAFEED}.params.job_id"
)
CLOSING_FIELDS = (
    f"{_OF_CLUSTER},{_TASK}.allocation_id,"
    f"{_TASK}.task.{_JOB}.state.state,{_TASK}.task.{_JOB}.state.allocation_id"
)

# Bytes. It is read before the lists, and may be as long as all three of them: that are
# 150,000 open jobs.
LONGEST_OPEN = 3 * LONGEST_LIST

_STATES = frozenset(State)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Open:
    """The jobs that have a task, and those whose datafeed has one, closed or not."""

    jobs: frozenset[str]
    fed: frozenset[str]


def read_open(answer: Json) -> Open:
    """Return which jobs have a task; ClusterError if any part cannot be read.

    Ids that Elasticsearch does not allow are left out, as `read_jobs` does.
    """
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


def read_closing(answer: Json) -> int:
    """Return how many jobs are closing, whoever closes them; ClusterError as above."""
    closing = 0
    for each in _tasks_of(answer):
        # Of the tasks of other features, `filter_path` leaves the `allocation_id`, and
        # of a job that is opening no state.
        task = _field(each, "task", dict, {})
        closing += _JOB in task and _is_closing(_field(task, _JOB, dict), each)
    return closing


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


def _is_closing(job: Json, task: Json) -> bool:
    """Return whether a job's task is closing; an old state is of another node.

    A job that was closing there does not open again on the next node.
    """
    if "state" not in job:
        return False
    written = _field(job, "state", dict)
    text = _field(written, "state", str)
    if text not in _STATES:
        raise TryLater(f"_cluster/state: expected a job state, got {text!r:.60}")
    own = _field(written, "allocation_id", int) == _field(task, "allocation_id", int)
    return own and text == State.CLOSING


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
