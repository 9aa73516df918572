"""The jobs of a sweep and of answered closes, read by id over real HTTP."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from elastic.test_cluster import client
from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.tasks import Open
from idle_jobs.errors import BadRequest, Refused
from idle_jobs.policy.job import Job, State
from standin.cluster import Cluster as StandIn
from standin.cluster import Fault, serve

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
SINCE = NOW - 8 * DAY


@pytest.fixture
def stand_in() -> StandIn:
    """Return a cluster with an open job, and three that were closed."""
    cluster, old = StandIn(), NOW - 90 * DAY
    fields: Any = {"created": old, "last_data": old, "datafeed": "stopped"}
    cluster.add_job("web", now=NOW, opened=old, **fields)
    for job_id, days in (("lately", 1), ("long-ago", 30), ("fed", 60)):
        finished = NOW - days * DAY
        cluster.add_job(job_id, now=NOW, state="closed", finished=finished, **fields)
    cluster.jobs["fed"].datafeed = "started"
    return cluster


@pytest.fixture
def url(stand_in: StandIn) -> Iterator[str]:
    """Serve the stand-in and return where."""
    with serve(stand_in) as url:
        yield url


def opened(*job_ids: str, fed: Iterable[str] = ()) -> Open:
    """Return that these jobs have a task."""
    return Open(frozenset(job_ids), frozenset(fed))


def read(url: str, *closed: str) -> dict[str, Job]:
    """Return the jobs that are open, and these, by their ids."""
    cluster = client(url)
    tasks = cluster.open_ids()
    assert tasks is not None
    return {j.job_id: j for j in cluster.open_jobs(NOW, tasks, closed, SINCE)}


def paths(stand_in: StandIn) -> list[str]:
    """Return the paths that were asked for, but for the tasks."""
    return [each.path.partition("?")[0] for each in stand_in.log][1:]


def kind(path: str) -> str:
    """Return which list a path with ids is of."""
    if path.startswith("/_ml/datafeeds"):
        return "feeds"
    if path.startswith("/_ml/anomaly_detectors"):
        return "stats" if path.endswith("_stats") else "configs"
    return path


def test_only_what_was_closed_lately_is_read_as_if_it_were_open(url: str) -> None:
    """Its data may count; of what was closed long ago, the finish time does."""
    jobs = read(url, "lately", "long-ago")
    whole = {job.job_id: job for job in client(url).jobs(NOW)}

    assert ["fed", "lately", "long-ago", "web"] == sorted(jobs)
    for job_id in ("fed", "lately", "web"):
        assert whole[job_id] == jobs[job_id]
    old = jobs["long-ago"]
    assert (State.CLOSED, whole["long-ago"].finished) == (old.state, old.finished)
    assert (None, None, ()) == (old.last_data, old.datafeed, old.problems)


def test_stats_are_asked_for_by_id(url: str, stand_in: StandIn) -> None:
    """Those of a closed job would cost the cluster two searches."""
    read(url, "lately", "long-ago")

    assert paths(stand_in) == [
        "/_ml/info",
        "/_ml/anomaly_detectors/lately%2Clong-ago",
        "/_ml/anomaly_detectors/lately%2Cfed%2Cweb/_stats",
        "/_ml/anomaly_detectors/lately%2Cfed%2Cweb",
        "/_ml/datafeeds/datafeed-fed%2Cdatafeed-lately%2Cdatafeed-web/_stats",
    ]


def test_what_was_deleted_meanwhile_is_no_job(url: str) -> None:
    """Open or closed: the other jobs are asked for once more."""
    cluster = client(url)
    tasks = opened("web", "gone", fed=["left"])

    jobs = cluster.open_jobs(NOW, tasks, ["lately", "lost"], SINCE)

    assert ["lately", "web"] == [job.job_id for job in jobs]


def test_a_task_that_is_no_more_leaves_a_closed_job(url: str) -> None:
    """Somebody closed it between two reads."""
    tasks = opened("web", "lately")

    [lately, web] = client(url).open_jobs(NOW, tasks, (), SINCE)

    assert (State.CLOSED, State.OPENED) == (lately.state, web.state)
    assert lately.finished is not None


def test_a_job_that_was_opened_meanwhile_is_closed_or_open(
    url: str, stand_in: StandIn
) -> None:
    """Each job is of the time when its stats were read, and none is told twice."""
    cluster, tasks = client(url), opened()
    for job_id in ("lately", "long-ago"):
        stand_in.reopen_job(job_id, NOW)

    jobs = cluster.open_jobs(NOW, tasks, ["lately", "long-ago"], SINCE)

    assert [State.CLOSED] * 2 == [job.state for job in jobs]
    assert [None] * 2 == [job.finished for job in jobs]


def test_each_pack_of_jobs_is_read_for_itself(url: str, stand_in: StandIn) -> None:
    """A request line has 4,096 bytes, and no answer has to wait for all others."""
    ids = [f"{number:060}" for number in range(100)]
    for job_id in ids:
        stand_in.add_job(job_id, now=NOW, datafeed="stopped")

    jobs = read(url)

    assert {"web", "fed", *ids} == jobs.keys()
    assert ["/_ml/info", *["stats", "configs", "feeds", "feeds"] * 3][:-1] == [
        kind(path) for path in paths(stand_in)
    ]
    assert max(len(each.path) for each in stand_in.log) < 4_000


def test_nothing_is_asked_for_where_nothing_is_open(
    url: str, stand_in: StandIn
) -> None:
    """An empty list of ids would mean all jobs."""
    assert [] == client(url).open_jobs(NOW, opened(), (), SINCE)
    assert ["/_ml/info"] == [each.path.partition("?")[0] for each in stand_in.log]


def test_nodes_that_failed_are_doubted(url: str, stand_in: StandIn) -> None:
    """The counts of an open job may be old ones."""
    stand_in.node_failures.append({"type": "failed_node_exception", "reason": "n1"})

    doubts = {job_id: bool(job.problems) for job_id, job in read(url, "lately").items()}

    assert {"web": True, "fed": False, "lately": False} == doubts


def test_what_was_closed_lately_is_listed(url: str) -> None:
    """For the first sweep, which remembers nothing."""
    assert ["lately"] == client(url).closed_since(SINCE)


def test_more_than_the_list_shows_is_refused(url: str, stand_in: StandIn) -> None:
    """Some may be missing."""
    body = b'{"count": 10000, "jobs": [' + b'{"job_id": "x"},' * 9_999
    fault = Fault(path="detectors", status=200, body=body + b'{"job_id": "x"}]}')
    stand_in.faults.append(fault)

    with pytest.raises(BadRequest, match="got 10000"):
        client(url).closed_since(SINCE)


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("web", True),
        ("l*", True),
        ("shop", True),
        ("sh*", True),
        ("*", True),
        ("x*", False),
        ("none", False),
        ("WEB", False),
    ],
)
def test_a_pattern_matches_ids_and_groups(
    url: str, stand_in: StandIn, pattern: str, matches: bool
) -> None:
    """Of closed jobs, too."""
    stand_in.jobs["long-ago"].groups = ["shop"]

    assert matches == client(url).has_match(pattern)


def test_a_count_that_is_none_is_not_of_the_cluster(
    url: str, stand_in: StandIn
) -> None:
    """A proxy does not say that a pattern has no effect."""
    stand_in.faults.append(Fault(status=200, body=b"{}"))
    cluster: Cluster = client(url)

    with pytest.raises(Refused, match="expected the field count"):
        cluster.has_match("x*")


def read_again(url: str, *ids: str) -> list[Job]:
    """Return these jobs, as read after a close."""
    return client(url).jobs_after_close(NOW, ids)


def kinds(stand_in: StandIn) -> list[str]:
    """Return what was asked for, and forget it."""
    asked = [kind(each.path.partition("?")[0]) for each in stand_in.log]
    stand_in.log.clear()
    return asked


def test_of_closed_jobs_all_but_the_datafeed_is_read(
    stand_in: StandIn, url: str
) -> None:
    """Two calls are enough, whether a datafeed still runs or not."""
    again = read_again(url, "lately", "fed")
    assert ["stats", "configs"] == kinds(stand_in)

    whole = client(url).jobs(NOW, ["lately", "fed"])
    assert all(job.datafeed and job.finished for job in whole)
    assert [replace(job, datafeed=None) for job in whole] == again


def test_a_job_that_is_not_closed_is_read_whole(stand_in: StandIn, url: str) -> None:
    """What becomes of it depends on its datafeed, too, and on all the others."""
    again = read_again(url, "lately", "web")
    assert ["stats", "/_ml/info", "stats", "configs", "feeds"] == kinds(stand_in)

    assert client(url).jobs(NOW, ["lately", "web"]) == again


def test_a_job_that_was_deleted_is_left_out(url: str) -> None:
    """It was closed, and then deleted."""
    assert ["lately"] == [job.job_id for job in read_again(url, "lately", "deleted")]
    assert [] == read_again(url, "deleted")
