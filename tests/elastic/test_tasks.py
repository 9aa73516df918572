"""The tasks of the cluster state, read from the stand-in over real HTTP."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from elastic.test_cluster import TIMEOUTS, Key, client
from elastic.test_serverless import Serverless
from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.tasks import TASKS_PATH, Open, read_closing, read_open
from idle_jobs.elastic.transport import Wire
from idle_jobs.elastic.untold import REMEMBERED_FOR, Untold
from idle_jobs.errors import Refused, TryLater
from idle_jobs.policy.job import State
from standin.cluster import Cluster as StandIn
from standin.cluster import Fault, serve

NOW = datetime.now(UTC)
KEY = "ApiKey dGVzdDp0ZXN0"
JOB = "xpack/ml/job"


@pytest.fixture
def stand_in() -> StandIn:
    """Return a cluster with jobs in each state."""
    return filled(StandIn())


@pytest.fixture
def url(stand_in: StandIn) -> Iterator[str]:
    """Serve the stand-in and return where."""
    with serve(stand_in) as url:
        yield url


def filled(cluster: StandIn) -> StandIn:
    """Add a job in each state to a cluster."""
    for state in State:
        fields: Any = {"state": str(state), "close_ends": "hangs"}
        cluster.add_job(str(state), now=NOW, **fields)
    cluster.add_job("fed", now=NOW, datafeed="started", datafeed_id="feed")
    cluster.add_job("left", now=NOW, state="closed", datafeed="started")
    return cluster


def answered(**fields: Any) -> dict[str, Any]:
    """Return an answer with one job, in which some fields are others."""
    job = {"params": {"job_id": "web"}, "state": {"state": "opened"}}
    job["state"]["allocation_id"] = 4  # type: ignore[assignment]
    task = {"allocation_id": 4, "task": {JOB: job}}
    metadata = {"cluster_uuid": "u", "persistent_tasks": {"tasks": [task]}}
    return deepcopy({"cluster_name": "c", "metadata": metadata}) | fields


def with_task(**fields: Any) -> dict[str, Any]:
    """Return an answer with one task, in which some fields are others."""
    answer = answered()
    [task] = answer["metadata"]["persistent_tasks"]["tasks"]
    task |= fields
    return answer


def with_job(**fields: Any) -> dict[str, Any]:
    """Return an answer with one job, in which some fields of its task are others."""
    job = answered()["metadata"]["persistent_tasks"]["tasks"][0]["task"][JOB]
    return with_task(task={JOB: job | fields})


def test_what_is_closing_is_counted_in_one_request(url: str, stand_in: StandIn) -> None:
    """The health node is no job, and ids are not told: the answer is short."""
    closing = client(url).closing()
    [request] = stand_in.log

    assert 1 == closing
    assert "_id" not in request.path.replace("allocation_id", "")


def test_jobs_and_datafeeds_with_a_task_are_read_in_one_request(
    url: str, stand_in: StandIn
) -> None:
    """A closed job has no task. States are not told: the answer is short."""
    open_now = client(url).open_ids()
    [request] = stand_in.log

    assert open_now == Open(
        frozenset({"opening", "opened", "closing", "failed", "fed"}),
        frozenset({"fed", "left"}),
    )
    assert "state.state" not in request.path


def test_the_request_is_short_and_encoded(url: str, stand_in: StandIn) -> None:
    """Signatures want no comma in a path, and a proxy no long request line."""
    client(url).closing()
    [request] = stand_in.log

    assert request.path.startswith(f"{TASKS_PATH}?filter_path=cluster_name%2C")
    assert "," not in request.path
    assert len(request.path) < 1_000


def test_a_cluster_without_a_task_has_no_open_jobs() -> None:
    """`persistent_tasks` is missing until the first task is made."""
    with serve(StandIn("7.17.0")) as url:
        cluster = client(url)
        told = cluster.open_ids(), cluster.closing()

    assert told == (Open(frozenset(), frozenset()), 0)


@pytest.mark.parametrize(
    ("state", "closing"),
    [
        ({"state": "opened", "allocation_id": 4}, 0),
        ({"state": "closing", "allocation_id": 4}, 1),
        ({"state": "opened", "allocation_id": 3}, 0),
        ({"state": "opening", "allocation_id": 3}, 0),
        ({"state": "closing", "allocation_id": 3}, 0),
        ({"state": "failed", "allocation_id": 3}, 0),
    ],
)
def test_the_state_that_another_node_wrote_is_old(state: Any, closing: int) -> None:
    """A job that was closing there is closed; one that was open is opened again."""
    assert closing == read_closing(with_job(state=state))


def test_a_job_without_a_state_is_opening() -> None:
    """Its task is there before its node has written a state."""
    answer = with_task(task={JOB: {"params": {"job_id": "web"}}})

    assert 0 == read_closing(answer)


def test_ids_that_elasticsearch_does_not_allow_are_left_out() -> None:
    """They would be wildcards or lists in the path of the next request."""
    feed = {"xpack/ml/datafeed": {"params": {"datafeed_id": "f", "job_id": "_all"}}}

    none = Open(frozenset(), frozenset())
    assert none == read_open(with_job(params={"job_id": "*"}))
    assert none == read_open(with_task(task=feed))


FEED = "xpack/ml/datafeed"
UNREADABLE: dict[str, dict[str, Any]] = {
    "no metadata": {"cluster_name": "c"},
    "metadata that is a list": answered(metadata=[]),
    "no cluster_uuid": answered(metadata={"persistent_tasks": {}}),
    "tasks of no kind": answered(metadata={"cluster_uuid": "", "persistent_tasks": 1}),
    "a null for the tasks": answered(
        metadata={"cluster_uuid": "", "persistent_tasks": {"tasks": None}}
    ),
    "a task that is a text": answered(
        metadata={"cluster_uuid": "", "persistent_tasks": {"tasks": ["job-web"]}}
    ),
    "a task of no kind": with_task(task=[]),
    "a job that is a list": with_task(task={JOB: []}),
    "a job without parameters": with_task(task={JOB: {}}),
    "a job without an id": with_job(params={}),
    "an id that is a number": with_job(params={"job_id": 1}),
    "a state that is a text": with_job(state="opened"),
    "a state that is null": with_job(state=None),
    "a state that nobody knows": with_job(state={"state": "x", "allocation_id": 4}),
    "a state without an allocation": with_job(state={"state": "opened"}),
    "an allocation that is true": with_task(allocation_id=True),
    "a datafeed without its job": with_task(
        task={FEED: {"params": {"datafeed_id": "f"}}}
    ),
    "blocks of no kind": answered(blocks=[]),
    "a block of no kind": answered(blocks={"global": {"1": True}}),
    "a block without levels": answered(blocks={"global": {"1": {}}}),
    "a state that is not recovered": answered(
        blocks={"global": {"1": {"levels": ["read", "metadata_read"]}}}
    ),
}


OF_STATES = {name for name in UNREADABLE if "state" in name or "allocation" in name}
OF_STATES = OF_STATES - {"a state that is not recovered"}
OF_IDS = {"a job without parameters", "a job without an id", "an id that is a number"}
OF_IDS = OF_IDS | {"a datafeed without its job"}


@pytest.mark.parametrize("name", sorted(UNREADABLE.keys() - OF_STATES))
def test_an_id_that_cannot_be_read_is_not_left_out(name: str) -> None:
    """The job would not be judged."""
    with pytest.raises(TryLater):
        read_open(UNREADABLE[name])


@pytest.mark.parametrize("name", sorted(UNREADABLE.keys() - OF_IDS))
def test_a_state_that_cannot_be_read_is_not_left_out(name: str) -> None:
    """Its job may be closing, and more closes would be posted than may be."""
    with pytest.raises(TryLater):
        read_closing(UNREADABLE[name])


def test_a_block_that_hides_nothing_is_none_of_ours() -> None:
    """A cluster that is read-only shows its tasks."""
    block = {"6": {"levels": ["write", "metadata_write"]}}
    answer = answered(blocks={"global": block})

    assert (frozenset({"web"}), 0) == (read_open(answer).jobs, read_closing(answer))


@pytest.mark.parametrize("answer", [{}, {"cluster_name": None}, {"message": "ok"}])
def test_a_200_that_names_no_cluster_is_that_of_a_proxy(answer: dict[str, Any]) -> None:
    """It does not mean that no job is open."""
    for read in (read_open, read_closing):
        with pytest.raises(Refused, match="expected the field cluster_name"):
            read(answer)


def test_a_key_that_may_not_monitor_asks_once_an_hour() -> None:
    """Each try of a signed call would also fetch the credentials again."""
    now = [1_000.0]
    stand_in = filled(StandIn(keys={KEY: ["monitor_ml"]}))
    with serve(stand_in) as url:
        wire = Wire(url, Key("dGVzdDp0ZXN0"), TIMEOUTS)
        cluster = Cluster(wire, untold=Untold(lambda: now[0]))

        within = cluster.within(lambda: 9)
        told = [cluster.closing(), within.closing(), cluster.open_ids()]
        once = len(stand_in.log)
        now[0] += REMEMBERED_FOR
        told.append(cluster.closing())

    assert [None] * 4 == told
    assert [1, 2] == [once, len(stand_in.log)]


REFUSALS = {
    "401": Fault(status=401),
    "a gateway without the path": Fault(status=404, body=b"<html>404</html>"),
    "a gateway without the method": Fault(status=405),
    "a gateway that knows no such route": Fault(status=200, body=b"{}"),
    "a page": Fault(status=200, body=b"<html>hello</html>"),
    "a bad request": Fault(
        status=400,
        body=json.dumps({"error": {"type": "x_exception", "reason": "no"}}).encode(),
    ),
}


@pytest.mark.parametrize("fault", REFUSALS.values(), ids=REFUSALS)
def test_whoever_does_not_tell_is_not_asked_again(
    url: str, stand_in: StandIn, fault: Fault
) -> None:
    """The lists of all jobs then say whether the cluster can be read at all."""
    stand_in.faults.append(fault)
    cluster = client(url)
    told = cluster.closing()
    stand_in.faults.clear()

    assert told is None
    assert cluster.closing() is None


def test_serverless_has_no_such_api() -> None:
    """Its cluster state is private."""
    with serve(filled(Serverless())) as url:
        assert client(url).closing() is None


PASSING = {
    "503": Fault(status=503),
    "429": Fault(status=429),
    "cut off": Fault(status=200, body=b'{"cluster_name": "c"'),
    "an answer of another API": Fault(status=200, body=b'{"cluster_name": "c"}'),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_trouble_that_passes_is_tried_again(
    url: str, stand_in: StandIn, fault: Fault
) -> None:
    """It says nothing about the privilege."""
    stand_in.faults.append(fault)
    cluster = client(url)
    with pytest.raises(TryLater):
        cluster.closing()
    stand_in.faults.clear()

    told = cluster.open_ids()

    assert told is not None
    assert "fed" in told.jobs
