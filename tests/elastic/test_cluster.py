"""The cluster client against the stand-in, over real HTTP."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from string import ascii_lowercase, digits
from typing import Any, cast
from urllib.parse import unquote

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from requests import PreparedRequest

from builders import RULES, idle_job
from e2e.door import before
from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.lists import packed, without
from idle_jobs.elastic.transport import (
    LONGEST_ANSWER,
    Timeouts,
    Wire,
    error_of_transport,
)
from idle_jobs.errors import (
    ClusterError,
    DatafeedWouldNotStop,
    Gone,
    JobFailed,
    LookAgain,
    NotSent,
    Refused,
    TryLater,
    Unanswered,
)
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.judge import judge
from idle_jobs.reasons import Reason
from standin.cluster import Cluster as StandIn
from standin.cluster import Fault, serve

NOW = datetime.now(UTC)
TIMEOUTS = Timeouts(
    connect=1, read=5, close_early=0.2, close=0.2, close_counted=0.5, measured=0.5
)


class Key:
    """Signs with a key; a refresh replaces it."""

    stale = frozenset({401})

    def __init__(self, *keys: str) -> None:
        self.keys = list(keys)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the current key into the request."""
        request.headers["Authorization"] = f"ApiKey {self.keys[0]}"
        return request

    def refresh(self) -> None:
        """Use the next key."""
        self.keys = self.keys[1:] or self.keys


class Slow(Key):
    """Signs with a key whose renewal takes a while."""

    def refresh(self) -> None:
        """Take longer than the state is good for."""
        time.sleep(0.6)
        super().refresh()


@pytest.fixture
def stand_in() -> StandIn:
    """Return a cluster with an idle job and a closed one."""
    cluster = StandIn()
    old = NOW - timedelta(days=9)
    cluster.add_job(
        "web", now=NOW, created=old, opened=old, last_data=old, datafeed="stopped"
    )
    cluster.add_job("done", now=NOW, created=old, state="closed", finished=old)
    return cluster


@pytest.fixture
def url(stand_in: StandIn) -> Iterator[str]:
    """Serve the stand-in and return where."""
    with serve(stand_in) as url:
        yield url


def client(url: str, *keys: str, read: float = 5) -> Cluster:
    """Return the product's client for a URL."""
    timeouts = replace(TIMEOUTS, read=read)
    return Cluster(Wire(url, Key(*(keys or ("dGVzdDp0ZXN0",))), timeouts))


def close(cluster: Cluster, job_id: str = "web", **options: Any) -> None:
    """Close a job as it is read."""
    [job] = cluster.jobs(NOW, [job_id])
    cluster.close(job, timeout="30m", read_timeout=0.2, **options)


def test_all_jobs_are_read_in_four_calls(url: str, stand_in: StandIn) -> None:
    """Info, jobs, their stats and their datafeeds', however many there are."""
    jobs = client(url).jobs(NOW)

    assert [(job.job_id, job.state) for job in jobs] == [
        ("done", State.CLOSED),
        ("web", State.OPENED),
    ]
    assert len(stand_in.log) == 4


def test_a_job_that_closes_between_two_reads_has_its_finish_time(
    url: str, stand_in: StandIn
) -> None:
    """States are read before configurations: no closing looks older than it is."""
    client(url).jobs(NOW)
    paths = [line.path.partition("?")[0] for line in stand_in.log]

    assert [
        "/_ml/anomaly_detectors/_stats",
        "/_ml/anomaly_detectors",
    ] == paths[1:3]


def test_every_request_line_is_short_and_encoded(url: str, stand_in: StandIn) -> None:
    """`filter_path` travels percent-encoded, as signatures want it."""
    client(url).jobs(NOW)
    queries = [line.path.partition("?")[2] for line in stand_in.log]

    assert all("filter_path=" in query and "," not in query for query in queries)
    assert max(len(line.path) for line in stand_in.log) < 2_000


MISSING: dict[str, tuple[list[str], list[str], int]] = {
    "one of ten (R8)": ([f"job-{n}" for n in range(9)], ["deleted"], 6),
    "five of ten (R8)": (
        [f"job-{n}" for n in range(5)],
        [f"deleted-{n}" for n in range(5)],
        6,
    ),
    "all of ten (R8)": ([], [f"deleted-{n}" for n in range(10)], 3),
    "one that looks like a credential (R8)": (
        ["web"],
        ["basic-aaaaaaaaaaaaaaaaaaaa"],
        6,
    ),
    "names too long for a line of the log (R8)": (
        ["web"],
        [f"{n:064}" for n in range(30)],
        6,
    ),
    "one of two packs (R8)": ([f"{n:064}" for n in range(40)], ["deleted"], 9),
    "a single one (R8)": ([], ["deleted"], 3),
}


@pytest.mark.row(44)
@pytest.mark.parametrize(("there", "gone", "calls"), MISSING.values(), ids=MISSING)
def test_deleted_jobs_cost_one_call_a_list(
    url: str, stand_in: StandIn, there: list[str], gone: list[str], calls: int
) -> None:
    """The 404 names them, and the others are asked for again without them (R8)."""
    for job_id in there:
        stand_in.add_job(job_id, now=NOW, state="closed", datafeed="stopped")
    jobs = client(url).jobs(NOW, [*gone, *there])

    assert there == [job.job_id for job in jobs]
    assert calls == len(stand_in.log)


@pytest.mark.parametrize("named", ["", "other", "*", "web,gone"])
def test_a_404_that_names_no_id_of_ours_is_asked_id_by_id(
    url: str, stand_in: StandIn, named: str
) -> None:
    """Where nothing is known of who is missing, nobody is left out (R8)."""
    reason = f"No known job with id '{named}'"
    error = {"type": "resource_not_found_exception", "reason": reason}
    body = json.dumps({"error": error}).encode()
    stand_in.faults.append(Fault(path="web%2Cdone/_stats", status=404, body=body))
    jobs = client(url).jobs(NOW, ["web", "done"])
    left = {"done"} if named == "web,gone" else {"web", "done"}

    assert left <= {job.job_id for job in jobs if job.state}


@given(
    st.lists(st.text(f"{ascii_lowercase}{digits}.", min_size=1, max_size=9), min_size=1)
)
def test_asking_without_the_missing_comes_to_an_end(ids: list[str]) -> None:
    """Whatever an answer names: the next packs are smaller, and lose no other id."""
    [pack] = packed(ids)
    for missing in ([], ids[:1], ids[::2], ["nobody"]):
        packs = list(without(pack, missing))
        rest = [unquote(part) for p in packs for part in p.split("%2C")]
        others = [job_id for job_id in dict.fromkeys(ids) if job_id not in missing]

        assert rest == others or (len(set(ids)) == 1 and rest == [])
        assert all(len(p) < len(pack) for p in packs)


@pytest.mark.parametrize(
    ("version", "path"),
    [
        ("8.0.0", "/_ml/datafeeds/datafeed-web/_stats"),
        ("7.17.0", "/_ml/datafeeds/_stats"),
    ],
)
def test_only_the_datafeeds_of_these_jobs_are_read(
    url: str, stand_in: StandIn, version: str, path: str
) -> None:
    """Once a job's configuration names its datafeed for certain; before, all are."""
    stand_in.version = version
    [job] = client(url).jobs(NOW, ["web"])

    assert job.datafeed
    assert "stopped" == job.datafeed.state
    assert path == stand_in.log[-1].path.partition("?")[0]


SLOW: Any = {
    "created": NOW - timedelta(days=90),
    "opened": NOW - timedelta(days=30),
    "last_data": NOW - timedelta(days=4),
    "bucket_span": "1d",
    "datafeed": "stopped",
}
RHYTHMS: dict[str, tuple[dict[str, str], str]] = {
    "a long query_delay (F16)": ({"query_delay": "3d"}, "idle after 6d"),
    "a long frequency (F16)": ({"frequency": "2d"}, "idle after 6d"),
    "both (F16)": ({"query_delay": "1d", "frequency": "2d"}, "idle after 7d"),
}


@pytest.mark.parametrize("version", ["7.14.0", "7.15.0", "8.9.0"])
@pytest.mark.parametrize("ids", [None, ["slow"]])
@pytest.mark.parametrize("rhythm", RHYTHMS.values(), ids=RHYTHMS)
def test_a_slow_datafeed_is_honoured_in_every_version(
    url: str, stand_in: StandIn, version: str, ids: Any, rhythm: Any
) -> None:
    """A job of 7.14 does not hold its datafeed, which is read by itself then (F16)."""
    stand_in.version = version
    stand_in.add_job("slow", now=NOW, **SLOW, **rhythm[0])
    [job] = [job for job in client(url).jobs(NOW, ids) if job.job_id == "slow"]
    verdict = judge(job, NOW, RULES)

    assert Reason.ACTIVE is verdict.reason
    assert f"quiet for 4d, {rhythm[1]}" == verdict.detail
    assert (5 if version == "7.14.0" else 4) == len(stand_in.log)


def test_a_datafeed_that_is_deleted_while_it_is_read_is_a_doubt(
    url: str, stand_in: StandIn
) -> None:
    """Its stats came, its configuration did not: the job is kept (F16)."""
    stand_in.version = "7.14.0"
    error = {
        "type": "resource_not_found_exception",
        "reason": "No datafeed with id [datafeed-web] exists",
    }
    body = json.dumps({"error": error}).encode()
    fault = Fault(path="datafeeds/datafeed-web.filter", status=404, body=body)
    stand_in.faults.append(fault)
    [job] = client(url).jobs(NOW, ["web"])

    assert Reason.UNKNOWN is judge(job, NOW, RULES).reason


@pytest.mark.parametrize("named", [None, 7, ""])
def test_jobs_without_a_datafeed_ask_for_none(
    url: str, stand_in: StandIn, named: object
) -> None:
    """Three calls are enough; a name that is none is told as a doubt of its job."""
    config = {"job_id": "web", "datafeed_config": {"datafeed_id": named}}
    body = json.dumps(
        {"count": 1, "jobs": [config if named != "" else {"job_id": "web"}]}
    )
    stand_in.faults.append(
        Fault(path="detectors/web.filter", status=200, body=body.encode())
    )
    [job] = client(url).jobs(NOW, ["web"])

    assert (3, None) == (len(stand_in.log), job.datafeed)
    assert ("" != named) == any("datafeed" in problem for problem in job.problems)


def test_an_id_is_one_part_of_the_path(url: str, stand_in: StandIn) -> None:
    """Even one that no cluster gives: it is never a list, a wildcard or a path."""
    with suppress(ClusterError):
        client(url).close(idle_job(job_id="a/*,b?"), timeout="30m", read_timeout=5)
    path = stand_in.log[-1].path.partition("?")[0]

    assert "/_ml/anomaly_detectors/a%2F%2A%2Cb%3F/_close" == path


@pytest.mark.row(46)
@given(st.lists(st.text(min_size=1, max_size=64), max_size=300))
def test_packed_ids_fit_into_a_request_line(ids: list[str]) -> None:
    """Every pack is short enough, and no id is lost, doubled or split."""
    packs = list(packed(ids))
    unpacked = [unquote(part) for pack in packs for part in pack.split("%2C")]

    # An id with a comma in it comes back in parts: the packs are compared joined.
    assert ",".join(unpacked) == ",".join(dict.fromkeys(ids))
    assert all(len(pack) <= 2_500 or "%2C" not in pack for pack in packs)


ANSWERS: dict[str, tuple[Fault, type[ClusterError]]] = {
    "a proxy's HTML": (Fault(path="/_close", status=502, body=b"<html>"), TryLater),
    "HTML with a 200": (Fault(path="/_close", status=200, body=b"<html>"), LookAgain),
    "truncated JSON": (Fault(path="/_close", status=200, body=b'{"clo'), LookAgain),
    "an empty body": (Fault(path="/_close", status=200, body=b""), LookAgain),
    "closed: false": (
        Fault(path="/_close", status=200, body=b'{"closed": false}'),
        LookAgain,
    ),
    "closed as a word": (
        Fault(path="/_close", status=200, body=b'{"closed": "true"}'),
        LookAgain,
    ),
    "a redirect": (
        Fault(path="/_close", status=302, headers={"Location": "https://x.test/"}),
        Refused,
    ),
    "401": (Fault(path="/_close", status=401), Refused),
    "403": (Fault(path="/_close", status=403), Refused),
    "429": (Fault(path="/_close", status=429), TryLater),
    "503": (Fault(path="/_close", status=503), TryLater),
    "nothing at all": (Fault(path="/_close", kind="hang"), LookAgain),
    "a connection cut before": (Fault(path="/_close", kind="cut_before"), TryLater),
    "a connection cut after": (Fault(path="/_close", kind="cut_after"), TryLater),
}


@pytest.mark.parametrize("words", ["use force close", "could not be stopped"])
def test_no_read_is_evidence(url: str, stand_in: StandIn, words: str) -> None:
    """The proof of a close is a read: an answer gone astray there forces nothing."""
    body = json.dumps({"error": {"type": "status_exception", "reason": words}})
    stand_in.faults.append(Fault(path="_stats", status=409, body=body.encode()))

    with pytest.raises(TryLater, match=words):
        client(url).jobs(NOW)


@pytest.mark.parametrize(("fault", "error"), ANSWERS.values(), ids=ANSWERS.keys())
def test_each_answer_to_a_close(
    url: str, stand_in: StandIn, fault: Fault, error: type[ClusterError]
) -> None:
    """Each one lands in the tree, and none of them is taken for a closed job."""
    stand_in.faults.append(fault)

    with pytest.raises(error):
        close(client(url))


STATES: dict[str, tuple[dict[str, Any], type[ClusterError]]] = {
    "failed": ({"state": "failed"}, JobFailed),
    "its datafeed will not stop": (
        {"datafeed": "started", "datafeed_stops": False},
        DatafeedWouldNotStop,
    ),
    "slow": ({"close_takes": timedelta(minutes=4)}, LookAgain),
}


@pytest.mark.parametrize(("fields", "error"), STATES.values(), ids=STATES.keys())
def test_each_state_that_a_close_meets(
    url: str, stand_in: StandIn, fields: dict[str, Any], error: type[ClusterError]
) -> None:
    """Elasticsearch's own words become evidence, its silence does not."""
    stand_in.add_job("it", now=NOW, **({"state": "opened"} | fields))

    with pytest.raises(error):
        close(client(url), "it")


@pytest.mark.row(44)
def test_a_job_deleted_meanwhile_is_gone(url: str, stand_in: StandIn) -> None:
    """It was there when it was read, and is not when it is closed."""
    cluster = client(url)
    [job] = cluster.jobs(NOW, ["web"])
    stand_in.delete_job("web")

    with pytest.raises(Gone):
        cluster.close(job, timeout="30m", read_timeout=1)


UNREADABLE = {
    "nothing": b"",
    "half an object": b' {"count": 1, "jo',
    "a list of jobs without ids": b'{"count": 1, "jobs": [{}]}',
    "jobs that are no list": b'{"count": 1, "jobs": {}}',
    "fewer than announced": b'{"count": 2, "jobs": [{"job_id": "web"}]}',
    "none of those announced": b'{"count": 2}',
    "deep nesting": b'{"jobs":' * 100_000,
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_list_is_no_list(
    url: str, stand_in: StandIn, body: bytes
) -> None:
    """Half a list would make jobs look gone: it is read again later."""
    stand_in.faults.append(Fault(path="_stats", status=200, body=body))

    with pytest.raises(TryLater):
        client(url).jobs(NOW)


ROOT = (
    b'{"name": "n1", "cluster_name": "logs", "version": {"distribution": "opensearch",'
    b' "number": "2.11.0"}, "tagline": "The OpenSearch Project: ..."}'
)
OF_OTHERS = {
    "the root page of OpenSearch": (ROOT, "got name, cluster_name, version, tagline"),
    "a proxy's catch-all": (b'{"status": "ok"}', "got status"),
    "an empty object": (b"{}", "got none"),
    "a list without a count": (b'{"jobs": []}', "got jobs"),
    "a count that is none": (b'{"count": "1", "upgrade_mode": "no"}', "got count"),
    "an error in a 200": (b'{"error": {"type": "x", "reason": "y"}}', "got error"),
    "a page": (b"\n<!doctype html>", "not an answer of Elasticsearch: <!doctype"),
    "a list": (b"[]", "not an answer of Elasticsearch: []"),
    "a word": (b"OK", "not an answer of Elasticsearch: OK"),
}


@pytest.mark.parametrize("path", ["_ml/info", "detectors/_stats", "datafeeds/_stats"])
@pytest.mark.parametrize(("body", "told"), OF_OTHERS.values(), ids=OF_OTHERS)
def test_a_200_of_others_is_refused_by_name(
    url: str, stand_in: StandIn, path: str, body: bytes, told: str
) -> None:
    """The address may be wrong, which an operator has to hear at once (F17)."""
    stand_in.faults.append(Fault(path=path, status=200, body=body))

    with pytest.raises(
        Refused, match="CLUSTER_URL may not be an Elasticsearch"
    ) as refused:
        client(url).jobs(NOW)
    assert told in str(refused.value)


def test_a_cluster_without_jobs_is_no_stranger(url: str, stand_in: StandIn) -> None:
    """Of an empty list filter_path leaves the count alone, which is enough (F17)."""
    for job_id in ("web", "done"):
        stand_in.delete_job(job_id)

    assert [] == client(url).jobs(NOW)


def test_a_node_without_native_code_tells_no_version(
    url: str, stand_in: StandIn
) -> None:
    """What cannot be read is not taken for a version: all datafeeds are read (F17)."""
    stand_in.faults.append(
        Fault(path="_ml/info", status=200, body=b'{"upgrade_mode": false}')
    )
    [job] = client(url).jobs(NOW, ["web"])

    assert job.datafeed
    assert "/_ml/datafeeds/_stats" == stand_in.log[-1].path.partition("?")[0]


def test_a_read_that_times_out_is_tried_later(url: str, stand_in: StandIn) -> None:
    """Nothing was issued, so there is nothing to look at again."""
    stand_in.faults.append(Fault(path="/_ml/info", kind="hang"))

    with pytest.raises(TryLater):
        client(url, read=0.2).jobs(NOW)


@pytest.mark.row(6)
def test_stats_with_node_failures_are_doubted(url: str, stand_in: StandIn) -> None:
    """Counts of an open job may come from an index then; a closed one is closed."""
    cause = {"type": "connect_transport_exception", "reason": "[n1] connect_timeout"}
    stand_in.node_failures.append({"type": "failed_node_exception", "caused_by": cause})
    problems = {job.job_id: job.problems for job in client(url).jobs(NOW)}
    told = (
        "stats: some nodes did not answer: failed_node_exception: "
        "connect_transport_exception: [n1] connect_timeout"
    )

    assert problems == {"done": (), "web": (told,)}


def test_stats_with_task_failures_are_doubted(url: str, stand_in: StandIn) -> None:
    """The node answered, and the process of some job did not."""
    stand_in.task_failures.append({"task_id": 7, "node_id": "n1", "status": "TIMEOUT"})
    problems = {job.job_id: job.problems for job in client(url).jobs(NOW)}

    assert problems == {"done": (), "web": ("stats: some nodes did not answer",)}


@pytest.mark.parametrize("version", ["7.13.4", "6.8.0"])
def test_an_older_cluster_is_refused_by_name(
    url: str, stand_in: StandIn, version: str
) -> None:
    """Its close would not stop the datafeed."""
    stand_in.version = version

    with pytest.raises(Refused, match=f"{version} is too old"):
        client(url).jobs(NOW)


@pytest.mark.row(36)
def test_refused_credentials_are_asked_twice_and_no_more(
    url: str, stand_in: StandIn
) -> None:
    """The second key is refused as well: stop, and tell a person."""
    with pytest.raises(Refused):
        client(url, "b2xkOmtleQ==").jobs(NOW)

    assert len(stand_in.log) == 2


def test_a_close_is_not_sent_once_its_state_is_old(url: str, stand_in: StandIn) -> None:
    """Renewing the credentials took too long: the job may be in use by now."""
    timeouts = replace(TIMEOUTS, read=5)
    cluster = Cluster(Wire(url, Slow("b2xkOmtleQ==", "dGVzdDp0ZXN0"), timeouts))
    with pytest.raises(NotSent):
        cluster.close(idle_job(), timeout="30m", read_timeout=5, send_within=0.5)

    assert stand_in.jobs["web"].state == "opened"


class Wait:
    """A wire that takes a second for its stats, and for the lists that follow."""

    def call(self, _method: str, path: str, *_: object, **__: object) -> bytes:
        """Answer."""
        if "info" not in path:
            time.sleep(1.1)
        if "anomaly_detectors/_stats" in path:
            stats = {"job_id": "web", "state": "opened", "open_time": "1s"}
            return json.dumps({"count": 1, "jobs": [stats]}).encode()
        return b'{"count": 0, "upgrade_mode": false}'


@pytest.mark.slow
def test_a_job_is_as_young_as_it_was_when_its_stats_were_told() -> None:
    """Counted back from an earlier moment, it would look opened before a request."""
    [job] = Cluster(cast("Wire", Wait())).jobs(NOW)

    assert job.open_start == NOW, "and not when all had been read"


def test_a_redirect_is_never_followed(url: str, stand_in: StandIn) -> None:
    """The signature would travel with it."""
    stand_in.faults.append(
        Fault(path="/_ml/info", status=302, headers={"Location": f"{url}/elsewhere"})
    )

    with pytest.raises(Refused, match="redirect"):
        client(url).jobs(NOW)

    assert len(stand_in.log) == 1


def test_the_environments_proxies_are_not_used(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would see the signature, and may lead elsewhere."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")

    assert len(client(url).jobs(NOW)) == 2


@pytest.mark.row(31)
def test_a_session_belongs_to_its_thread(url: str) -> None:
    """Three threads, one after another: none finds the connection of the one before."""
    with before(url, lambda *_: True) as door:
        cluster = client(door.url)
        for _ in range(3):
            thread = threading.Thread(target=cluster.jobs, args=(NOW,))
            thread.start()
            thread.join()

    assert door.came == 3


@pytest.mark.row(31)
def test_threads_read_at_once(url: str, stand_in: StandIn) -> None:
    """Ten of them, and each request is signed."""
    cluster = client(url)
    threads = [threading.Thread(target=cluster.jobs, args=(NOW,)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(stand_in.log) == 40


def _all_subclasses(kind: type[Exception]) -> set[type[Exception]]:
    return {kind}.union(*(_all_subclasses(sub) for sub in kind.__subclasses__()))


@pytest.mark.parametrize(
    "kind", sorted(_all_subclasses(requests.RequestException), key=str)
)
def test_every_exception_of_requests_is_in_our_tree(
    kind: type[requests.RequestException],
) -> None:
    """None escapes, and none is evidence for force."""
    error = error_of_transport(kind.__new__(kind))
    settings = (requests.exceptions.SSLError, ValueError)
    foreign = issubclass(kind, requests.exceptions.InvalidHeader)  # Of the answer.
    branch = Refused if issubclass(kind, settings) and not foreign else TryLater
    expected = Unanswered if issubclass(kind, requests.ReadTimeout) else branch

    assert type(error) is expected


def test_an_endless_answer_is_cut_off(url: str, stand_in: StandIn) -> None:
    """Memory is bounded, whoever answers."""
    long = Fault(path="/_ml/info", status=200, body=b" " * (LONGEST_ANSWER + 1))
    stand_in.faults.append(long)

    with pytest.raises(TryLater, match="longer than"):
        client(url).jobs(NOW)


def test_the_client_takes_a_job_and_never_a_name() -> None:
    """A close is only possible for a job that the cluster itself has named."""
    annotations = Cluster.close.__annotations__

    assert annotations["job"] is Job


def test_a_ca_bundle_that_is_not_there_is_refused() -> None:
    """A wrong setting: the alarm tells a person, and no plain error escapes."""
    wire = Wire("https://127.0.0.1:1", Key("x"), TIMEOUTS, "no-such.pem")

    with pytest.raises(Refused, match=r"no-such\.pem"):
        Cluster(wire).jobs(NOW)
