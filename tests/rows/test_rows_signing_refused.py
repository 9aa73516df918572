"""Rows 36 and 54: nobody lets us in, or not to do that."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from certificates import context_of, write_certificate
from idle_jobs.elastic.tasks import TASKS_PATH
from local.runner import Runner
from local.schedule import DAILY
from rows.translated import ALARM, of_type, rings_after
from rows.wishes import ask, forces, jobs_in, left
from stacks import START, add_busy, add_idle, after, ends, posts, sweep
from standin.cluster import API_KEY, Cluster, Fault
from standin.raw_server import RawServer

pytestmark = pytest.mark.slow

JOBS = ("a", "b", "c")
KEY = f"ApiKey {API_KEY}"
SHORT = {"ForceAfter": "1h", "ParkAfter": "1h"}
SIGNED = {"AuthMode": "sigv4", "SecretArn": ""}


@contextmanager
def refused(why: str, folder: Path) -> Iterator[Runner]:
    """Give way to a stack whose cluster refuses it for a reason."""
    cluster = Cluster(keys=() if why == "a wrong key" else (KEY,))
    if why == "a wrong signature":
        cluster.aws_secrets = {"AKIDEXAMPLE": "another"}
    parameters = SIGNED if why == "a wrong signature" else {}
    with ExitStack() as opened:
        if why == "an unknown certificate":
            tls = context_of(write_certificate(folder / "server.pem"))
            raw = opened.enter_context(RawServer(list, tls))
            parameters = {"ClusterUrl": raw.url.replace("http:", "https:")}
        yield opened.enter_context(Runner(cluster, START, DAILY | parameters))


# How many calls a look costs: what may be stale is asked with once more.
CALLS = {"a wrong key": 2, "a wrong signature": 2, "an unknown certificate": 0}


@pytest.mark.row(36)
@pytest.mark.parametrize(("why", "calls"), CALLS.items(), ids=CALLS)
def test_row_36_a_refused_first_read_gives_the_whole_batch_back(
    why: str, calls: int, tmp_path: Path
) -> None:
    """TLS, key or signature is refused -> nothing is tried, all back in 15 minutes."""
    with refused(why, tmp_path) as stack:
        for job_id in JOBS:
            add_idle(stack, job_id)
        ask(stack, *JOBS)
        stack.poll()
        back = stack.queues.next_visible("CloseQueue")

        assert stack.metrics["ClusterRefused"] == stack.metrics["WorkFailed"] == 1
        # The count of what is closing is refused first: it may lack a privilege.
        assert [x.path.partition("?")[0] for x in stack.cluster.log] == [
            *[TASKS_PATH] * calls,
            *["/_ml/info"] * calls,
        ]
        assert ends(stack) == []
        assert jobs_in(stack, "CloseQueue") == list(JOBS)
        assert back
        assert after(seconds=0.9 * 900) <= back <= after(seconds=1.1 * 900)


@pytest.mark.row(36)
def test_row_36_a_long_refusal_floods_no_dead_letters(stack: Runner) -> None:
    """Refused for a day -> a sweep's end as `cluster_refused`; no queue fills up."""
    stack.cluster.keys = ()
    for job_id in JOBS:
        add_idle(stack, job_id)
    ask(stack, *JOBS)
    stack.run(after(hours=3, minutes=20))

    assert sorted(ends(stack)) == [
        f"{job_id}: skipped cluster_refused" for job_id in JOBS
    ]
    assert left(stack) == posts(stack) == []
    assert stack.errors == []


@pytest.mark.row(36)
def test_row_36_one_refusal_rings() -> None:
    """One WorkFailed in five minutes -> the alarm, and none while all is silent."""
    alarm = of_type(ALARM)["WorkFailed"]

    assert (alarm["Namespace"], alarm["MetricName"]) == (
        "IdleJobCloser",
        "WorkFailed",
    )
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 1)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert (rings_after(alarm), alarm["TreatMissingData"]) == (300, "notBreaching")
    assert alarm["AlarmActions"] == ["AlarmTopic"]


def lose_the_right_to_read(cluster: Cluster) -> None:
    """Let the key be good for nothing."""
    cluster.keys = {KEY: ()}


def lose_the_right_to_close(cluster: Cluster) -> None:
    """Let the key read jobs, and no more."""
    cluster.keys = {KEY: ("monitor_ml",)}


def lose_the_licence(cluster: Cluster) -> None:
    """Let Elasticsearch say that machine learning is not paid for."""
    reason = "current license is non-compliant for [ml]"
    told = {"error": {"type": "security_exception", "reason": reason}, "status": 403}
    body = json.dumps(told).encode()
    cluster.faults.append(Fault(path="/_close", status=403, body=body))


def by_name(lose: Callable[[Cluster], None]) -> str:
    """Return the id of a test that loses something."""
    return lose.__name__


@pytest.mark.row(54)
def test_row_54_a_sweep_that_may_not_read_fails_and_rings(stack: Runner) -> None:
    """403 of Elasticsearch to the first read -> the sweep is over; nothing is sent."""
    add_idle(stack)
    lose_the_right_to_read(stack.cluster)
    summary = sweep(stack)

    asked = stack.scheduled_event(START)["id"]
    assert (summary["request_id"], stack.errors) == (asked, [])
    assert "403" in summary["refused"]
    assert stack.metrics["ClusterRefused"] == stack.metrics["WorkFailed"] == 1
    assert [x for x in stack.log if x["message"] == "swept"] == []
    # One to the tasks, which many keys may not see, and one that has to be answered.
    assert len(stack.cluster.log) == 2, "the key is known: another would not help"
    assert left(stack) == ends(stack) == []


@pytest.mark.row(54)
@pytest.mark.parametrize(
    "lose", [lose_the_right_to_read, lose_the_right_to_close], ids=by_name
)
def test_row_54_messages_wait_and_end_by_their_age_without_force(
    lose: Callable[[Cluster], None],
) -> None:
    """403 for hours -> a sweep's is skipped after 3 h, a person's parked; no force."""
    with Runner(Cluster(), START, DAILY | SHORT) as stack:
        add_idle(stack, "swept")
        add_busy(stack, "asked")
        ask(stack, "swept")
        ask(stack, "asked", request_id="ann", only_if_idle=False, reason="")
        lose(stack.cluster)
        stack.run(after(hours=2, minutes=55))
        early, rang = ends(stack), stack.metrics["ClusterRefused"]
        stack.run(after(hours=5))

        assert (early, rang > 0) == ([], True)
        assert ends(stack) == [
            "swept: skipped cluster_refused",
            "asked: parked cluster_refused",
        ]
        assert jobs_in(stack, "ParkingQueue") == ["asked"]
        assert forces(stack) == []
        assert len(left(stack)) == 1


def restore(cluster: Cluster) -> None:
    """Give back what was lost."""
    cluster.keys = (KEY,)
    cluster.faults.clear()


@pytest.mark.row(54)
@pytest.mark.parametrize(
    "lose", [lose_the_right_to_close, lose_the_licence], ids=by_name
)
def test_row_54_what_waited_is_closed_once_it_is_allowed(
    stack: Runner, lose: Callable[[Cluster], None]
) -> None:
    """An hour without a right -> a refused post each 15 minutes; then it is closed."""
    add_busy(stack)
    ask(stack, "web", only_if_idle=False, reason="")
    lose(stack.cluster)
    stack.plan(after(hours=1), lambda: restore(stack.cluster))
    stack.run(after(hours=1))
    early, tries = ends(stack), len(posts(stack))
    stack.run(after(hours=2))

    assert early == []
    assert 4 <= tries <= 5
    assert ends(stack) == ["web: closed requested"]
    assert forces(stack) == []
