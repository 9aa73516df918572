"""Rows 41, 46, 47 and 55: answers that say little, and requests that ask too much."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from elastic.test_cluster import Key
from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.lists import packed
from idle_jobs.elastic.transport import Timeouts, Wire
from idle_jobs.errors import Evidence, LookAgain
from local.runner import Runner
from messages.test_close_message import JOB_IDS
from rows.wishes import IDLE, ask, forces, jobs_in, left
from stacks import add_idle, after, ends, posts
from standin.cluster import API_KEY, Fault, serve
from standin.cluster import Cluster as StandIn

NOW = datetime.now(UTC)
MINUTE = timedelta(minutes=1)
LONGEST_LINE = 4_096  # bytes: http.max_initial_line_length
TIMEOUTS = Timeouts(
    connect=1, read=5, close_early=1, close=1, close_counted=0.5, measured=1
)
SLOW = {
    "type": "illegal_state_exception",
    "reason": "Timed out when waiting for persistent tasks after 30m",
}


def client(url: str) -> Cluster:
    """Return the product's client for a URL."""
    return Cluster(Wire(url, Key(API_KEY), TIMEOUTS))


@pytest.mark.row(41)
def test_row_41_elasticsearchs_own_timeout_is_no_evidence() -> None:
    """Somebody else's close is waited for in vain -> 500: look again, not evidence."""
    stand_in = StandIn()
    stand_in.add_job("web", now=NOW, state="opened", close_ends="hangs")
    with serve(stand_in) as url:
        [job] = client(url).jobs(NOW, ["web"])
        stand_in.jobs["web"].begin_close(NOW)
        with pytest.raises(LookAgain, match=SLOW["type"]) as told:
            client(url).close(job, timeout="0s", read_timeout=1)

    assert "Timed out when waiting for persistent tasks after 0s" in str(told.value)
    assert not isinstance(told.value, Evidence)


@pytest.mark.row(41)
@pytest.mark.slow
def test_row_41_a_close_that_timed_out_is_still_closing(stack: Runner) -> None:
    """500 to our close, which goes on -> later looks find it closing, then closed."""
    add_idle(stack, close_takes=10 * MINUTE)
    ask(stack, "web")
    body = json.dumps({"error": SLOW, "status": 500}).encode()
    slow = Fault(path="/_close", kind="status_after", status=500, body=body)
    stack.cluster.faults.append(slow)
    stack.run(after(minutes=8))
    why = {line["why"] for line in stack.log if line["message"] == "waiting"}
    early = ends(stack)
    stack.run(after(minutes=30))

    assert (why, early) == ({"still_closing"}, [])
    assert ends(stack) == [f"web: {IDLE}"]
    assert (len(posts(stack)), forces(stack), left(stack)) == (1, [], [])


@pytest.mark.row(46)
@settings(max_examples=25)
@given(
    st.lists(st.one_of(JOB_IDS, JOB_IDS.map(lambda i: i * 64).map(lambda i: i[:64])))
)
def test_row_46_a_pack_leaves_room_for_the_rest_of_the_line(ids: list[str]) -> None:
    """Any ids, the longest too -> none is lost, and a pack is 2,500 bytes at most."""
    packs = list(packed(ids))

    assert [unquote(part) for pack in packs for part in pack.split("%2C")] == list(
        dict.fromkeys(ids)
    )
    assert all(len(pack) <= 2_500 for pack in packs)


@pytest.mark.row(46)
def test_row_46_no_request_line_is_too_long() -> None:
    """200 ids of 64 characters -> lines leave 1,000 bytes for a base path, too."""
    stand_in, ids = StandIn(), [f"{n:064}" for n in range(200)]
    for job_id in ids:
        stand_in.add_job(job_id, now=NOW, state="closed", datafeed="stopped")
    with serve(stand_in) as url:
        found = client(url).jobs(NOW, ids)
    lines = [f"{x.method} {x.path} HTTP/1.1" for x in stand_in.log]

    assert [job.job_id for job in found] == ids
    assert len(lines) > 3 * 200 * 67 // 2_500
    assert max(map(len, lines)) + 1_000 <= LONGEST_LINE


@pytest.mark.row(46)
def test_row_46_the_cluster_would_refuse_a_longer_line() -> None:
    """A line of 4,097 bytes -> 400: this is what the packs keep from happening."""
    told = len("GET /_ml/anomaly_detectors/ HTTP/1.1")
    with serve(StandIn()) as url:
        path = f"{url}/_ml/anomaly_detectors/"
        key = {"Authorization": f"ApiKey {API_KEY}"}
        fits, long = (
            requests.get(path + "x" * (length - told), headers=key, timeout=5)
            for length in (LONGEST_LINE, LONGEST_LINE + 1)
        )

    assert fits.status_code == 404
    assert long.status_code == 400
    assert "too_long_http_line_exception" in long.text


@pytest.mark.row(47)
def test_row_47_a_close_has_its_parameters_in_the_query_and_no_body() -> None:
    """Beside a body the query is refused -> ours has none, and its query is read."""
    stand_in = StandIn()
    stand_in.add_job("web", now=NOW, state="failed")
    with serve(stand_in) as url:
        close = f"{url}/_ml/anomaly_detectors/web/_close?timeout=30m&force=true"
        key = {"Authorization": f"ApiKey {API_KEY}"}
        refused = requests.post(close, headers=key, json={}, timeout=5)
        [job] = client(url).jobs(NOW, ["web"])
        client(url).close(job, timeout="30m", read_timeout=5, force=True)
    ours = stand_in.log[-1]

    assert (refused.status_code, "unrecognized parameter" in refused.text) == (
        400,
        True,
    )
    assert ours.path == "/_ml/anomaly_detectors/web/_close?timeout=30m&force=true"
    assert ours.body == b""
    assert not {"content-type", "transfer-encoding"} & {h.lower() for h in ours.headers}
    assert stand_in.state_of("web", NOW) == "closed"


PAGE = b"<html><body>Welcome</body></html>"
ANSWERS = {
    "closed is false": ("/_close", b'{"closed": false}'),
    "closed is a word": ("/_close", b'{"closed": "true"}'),
    "a page for a close": ("/_close", PAGE),
    "nothing for a close": ("/_close", b""),
    "a page for a read": ("/_ml/info", PAGE),
    "a page for the stats": ("/_stats", PAGE),
}


@pytest.mark.row(55)
@pytest.mark.slow
@pytest.mark.parametrize(("path", "body"), ANSWERS.values(), ids=ANSWERS)
def test_row_55_a_200_that_does_not_say_closed_is_no_outcome(
    stack: Runner, path: str, body: bytes
) -> None:
    """200, but closed is false, or a proxy's page -> looked at again, until closed."""
    add_idle(stack)
    ask(stack, "web")
    stack.cluster.faults.append(Fault(path=path, status=200, body=body, times=1))
    stack.poll()
    early, waiting, posted = ends(stack), jobs_in(stack, "CloseQueue"), posts(stack)
    stack.run(after(minutes=20))

    assert (early, waiting) == ([], ["web"])
    assert len(posted) == (path == "/_close"), "nothing is posted on half a read"
    assert ends(stack) == [f"web: {IDLE}"]
    assert (forces(stack), left(stack), stack.errors) == ([], [], [])
