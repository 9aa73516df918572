"""Rows 44, 45 and 52: the cluster is not what it was when the wish was written."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from local.runner import Runner
from local.schedule import DAILY
from rows.wishes import IDLE, ask, forces, jobs_in, left, wish
from stacks import START, add_busy, add_idle, after, ends, posts, sweep
from standin.cluster import Cluster, Fault, Request
from standin.cluster.faults import Timed

pytestmark = pytest.mark.slow

MINUTE = timedelta(minutes=1)
POST = "/_ml/anomaly_detectors/web/_close?timeout=30m"
NO_MASTER = {"error": {"type": "master_not_discovered_exception", "reason": None}}


class Changing(Cluster):
    """A cluster that changes when a close reaches it, before or after it is begun."""

    before: Callable[[], object] = staticmethod(lambda: None)
    after: Callable[[], object] = staticmethod(lambda: None)

    def handle(self, request: Request, now: datetime) -> Timed:
        """Let the change happen around the first post."""
        if request.method != "POST":
            return super().handle(request, now)
        self.before()
        answer = super().handle(request, now)
        self.after()
        self.before = self.after = lambda: None
        return answer


def reads(stack: Runner) -> list[str]:
    """Return which ids the stats were read of, in order."""
    paths = (line.path.partition("/_stats")[0] for line in stack.cluster.log)
    return [p.split("/")[-1] for p in paths if "/anomaly_detectors/" in p]


@pytest.mark.row(44)
def test_row_44_a_job_deleted_before_its_look_is_gone_and_hides_no_other(
    stack: Runner,
) -> None:
    """One id of a batch is deleted -> 404 that names it: it is gone, and left out."""
    add_idle(stack, "web")
    ask(stack, "deleted", "web")
    stack.poll()

    assert sorted(ends(stack)) == ["deleted: skipped gone", f"web: {IDLE}"]
    assert reads(stack)[:2] == ["deleted%2Cweb", "web"]
    assert posts(stack) == [POST]
    assert left(stack) == []


@pytest.mark.row(44)
def test_row_44_a_job_deleted_between_the_read_and_the_post_is_gone() -> None:
    """404 "No known job" to a close -> skipped as gone, at once."""
    cluster = Changing()
    cluster.before = lambda: cluster.delete_job("web")
    with Runner(cluster, START, DAILY) as stack:
        add_idle(stack)
        ask(stack, "web")
        stack.poll()

        assert ends(stack) == ["web: skipped gone"]
        assert left(stack) == []
        assert "No known job with id 'web'" in stack.outcomes()[0]["detail"]


@pytest.mark.row(45)
def test_row_45_an_id_that_became_a_groups_name_closes_no_job_of_the_group(
    stack: Runner,
) -> None:
    """The stats of `web` tell of others now -> gone; no close is posted at all."""
    for job_id in ("one", "two"):
        add_idle(stack, job_id, groups=("web",))
    ask(stack, "web")
    ask(stack, "web", request_id="ann", only_if_idle=False, force=True)
    stack.run(after(hours=1))

    assert ends(stack) == ["web: skipped gone"] * 2
    assert posts(stack) == []
    assert {stack.cluster.state_of(j, stack.now) for j in ("one", "two")} == {"opened"}


@pytest.mark.row(45)
def test_row_45_a_person_who_names_what_is_a_group_now_is_asked_back(
    stack: Runner,
) -> None:
    """A request for one job means a group by now -> parked: say only_if_idle."""
    add_busy(stack, "one", groups=("web",))
    stack.request(job_id="web", force=True)
    stack.run(after(hours=1))

    assert ends(stack) == ["web: parked only_if_idle_required"]
    assert posts(stack) == []
    assert len(stack.queues.bodies("ParkingQueue")) == 1


@pytest.mark.row(45)
@pytest.mark.parametrize("only_if_idle", [True, False])
def test_row_45_a_redriven_message_never_means_a_group(
    stack: Runner, only_if_idle: bool
) -> None:
    """It was for one job, whose id is a group's name by now -> no such job."""
    for job_id in ("one", "two"):
        add_idle(stack, job_id, groups=("web",))
    stack.queues.send("RequestQueue", wish(only_if_idle=only_if_idle))
    stack.run(after(hours=1))

    assert ends(stack) == ["web: skipped no_such_job"]
    assert posts(stack) == left(stack) == []


@pytest.mark.row(52)
@pytest.mark.parametrize("path", ["/_ml/info", "/_close"], ids=["read", "post"])
def test_row_52_without_a_master_it_is_closed_at_a_later_look(
    stack: Runner, path: str
) -> None:
    """503 master_not_discovered -> wait; no evidence, no end; then closed as ever."""
    add_idle(stack)
    ask(stack, "web")
    body = json.dumps(NO_MASTER | {"status": 503}).encode()
    away = Fault(path=path, until=after(minutes=20), status=503, body=body)
    stack.cluster.faults.append(away)
    stack.run(after(minutes=20))
    early, waiting = ends(stack), jobs_in(stack, "CloseQueue")
    stack.run(after(hours=1))

    assert (early, waiting) == ([], ["web"])
    assert ends(stack) == [f"web: {IDLE}"]
    assert left(stack) == forces(stack) == []


@pytest.mark.row(52)
def test_row_52_a_close_that_a_failover_forgot_is_posted_again() -> None:
    """The new master knows of no close -> read again: opened, so closed again."""
    cluster = Changing()
    opened = START - timedelta(days=30)
    cluster.after = lambda: cluster.reopen_job("web", opened)
    with Runner(cluster, START, DAILY) as stack:
        add_idle(stack, close_takes=10 * MINUTE)
        ask(stack, "web")
        stack.run(after(hours=1))

        assert ends(stack) == [f"web: {IDLE}"]
        assert posts(stack) == [POST, POST]
        assert left(stack) == []


@pytest.mark.row(52)
def test_row_52_a_job_that_moved_while_it_closed_is_left_to_a_later_sweep(
    stack: Runner,
) -> None:
    """Its process starts anew on another node -> `reopened`; closed after the grace."""
    add_idle(stack, close_takes=10 * MINUTE)
    ask(stack, "web")
    moved = after(minutes=5)
    stack.plan(moved, lambda: stack.cluster.reopen_job("web", moved))
    stack.run(after(minutes=30))
    first = ends(stack)
    stack.shift(timedelta(hours=24))
    sweep(stack)
    stack.run(after(hours=25))

    assert first == ["web: skipped reopened"]
    assert ends(stack)[1:] == [f"web: {IDLE}"]
    assert forces(stack) == []
