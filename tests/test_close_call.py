"""CloseCalls: on fresh news only, waited for as long as they say most, and proved."""

from datetime import timedelta
from typing import Any

import pytest

from bench import TIMEOUTS, Bench, force_closers
from builders import NOW, ago, idle_job, persons_message, sweeps_message
from idle_jobs.close_call import OLDEST_READ, CloseCalls
from idle_jobs.errors import NotSent
from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.reasons import Reason
from idle_jobs.steps.step import Close, Force, Wait
from standin.cluster import Cluster as StandIn
from standin.cluster import Fault
from standin.cluster.asking import KEY

HOUR = timedelta(hours=1)
OLD: dict[str, Any] = {"handed_at": ago(hours=25), "sent_at": ago(hours=28)}
BUSY: dict[str, Any] = {"last_data": ago(minutes=1), "datafeed": "started"}
STUCK: dict[str, Any] = BUSY | {"datafeed_stops": False}
FAILS: dict[str, Any] = {"state": "failed"}


def uncounted() -> Bench:
    """Return the bench of a cluster whose closing jobs the Closer may not count."""
    return Bench(stand_in=StandIn(keys={KEY["Authorization"]: ["manage_ml"]}))


def fault(status: int, kind: str = "", reason: str = "", **fields: Any) -> Fault:
    """Return a fault of all posts, with an error of Elasticsearch if it has a kind."""
    body = f'{{"error": {{"type": "{kind}", "reason": "{reason}"}}}}'.encode()
    fields |= {"body": body} if kind else {}
    return Fault(path="/_close", status=status, **fields)


@pytest.mark.parametrize(
    ("seconds", "early"), [(0, True), (59, True), (60, False), (600, False)]
)
def test_a_young_message_waits_shortly(seconds: int, early: bool) -> None:
    """Two seconds in its first minute, ten later, if closing jobs are not counted."""
    bench = uncounted()
    bench.add(close_takes=HOUR)
    sent = ago(seconds=seconds)
    bench.take(sweeps_message(sent_at=sent, requested_at=sent))

    [post] = [each for each in bench.seen("call") if each.method == "POST"]
    assert (TIMEOUTS.close_early if early else TIMEOUTS.close) == post.read_timeout


@pytest.mark.parametrize(
    "job", [{}, FAILS], ids=["a measured try", "a force of what failed"]
)
def test_evidence_and_forces_are_waited_for(job: dict[str, Any]) -> None:
    """Only an answer makes a 409 evidence, and tells a force from a close."""
    bench = force_closers()
    bench.add(**job)
    bench.take(persons_message(handed_at=ago(hours=3)))

    [post] = [each for each in bench.seen("call") if each.method == "POST"]
    assert TIMEOUTS.measured == post.read_timeout


@pytest.mark.parametrize(("left", "waits"), [(200, 90), (110, 90), (80, 60), (20.5, 1)])
def test_a_post_leaves_time_to_report(left: float, waits: float) -> None:
    """The last seconds of an invocation are not spent on waiting."""
    bench = Bench(left=left)
    posts = CloseCalls(bench.services, bench.cut_at)
    posts.post(Force(idle_job(), Reason.FAILED), sweeps_message())

    assert waits == bench.seen("call")[0].read_timeout


@pytest.mark.parametrize("left", [19.9, 5, 0])
def test_nothing_is_posted_in_the_last_seconds(left: float) -> None:
    """A read and a try may have taken nearly all the time: the next look does it."""
    bench = Bench(left=left)
    posts = CloseCalls(bench.services, bench.cut_at)
    at = posts.post(Force(idle_job(), Reason.FAILED), sweeps_message())

    assert isinstance(at.step, Wait)
    assert bench.seen("call") == []


@pytest.mark.parametrize(
    ("seconds", "posted"), [(0, True), (60, True), (60.1, False), (300, False)]
)
def test_nothing_is_posted_on_old_news(seconds: float, posted: bool) -> None:
    """A job that was idle over a minute ago may be in use by now."""
    bench = Bench(left=400)
    bench.add()
    posts = CloseCalls(bench.services, bench.cut_at)
    bench.spend(seconds)
    posts.post(Close(idle_job(), "30m"), sweeps_message())

    calls = [each for each in bench.seen("call") if each.method == "POST"]
    assert ([OLDEST_READ.total_seconds() - seconds] if posted else []) == [
        pytest.approx(each.send_within) for each in calls
    ]
    assert posted == bool(bench.seen("posted"))


def test_a_slow_cluster_is_waited_for() -> None:
    """Its reads took more than a minute: the look is over, and nothing was posted."""
    bench = Bench(reads_take=16)
    bench.add()

    assert ["m0"] == bench.take(sweeps_message())
    assert [] == bench.posts == bench.seen("posted")
    assert ["web: cluster_unavailable"] == bench.waits


def test_a_force_that_is_not_sent_is_told_by_its_evidence() -> None:
    """A later look finds the evidence anew; it was no outage."""
    bench = force_closers(reads_take=16)
    bench.add(**FAILS)

    assert ["m0"] == bench.take(persons_message())
    assert [] == bench.posts
    assert ["web: failed"] == bench.waits


class Late(Bench):
    """A bench whose credentials come too late for any post."""

    def call(self, method: str, *rest: Any, **limits: Any) -> bytes:
        """Send what is read, and no post."""
        if method == "POST":
            self.events.append(("late", limits["send_within"]))
            raise NotSent("the credentials came late")
        return super().call(method, *rest, **limits)


def test_what_the_wire_does_not_send_is_not_told_as_posted() -> None:
    """Fetching credentials took longer than the news was good for."""
    bench = Late()
    bench.add()

    assert ["m0"] == bench.take(sweeps_message())
    assert [60] == bench.seen("late")
    assert [] == bench.seen("posted")
    assert ["web: cluster_unavailable"] == bench.waits


def test_one_read_proves_all_closes_of_a_batch() -> None:
    """Ten jobs cost a count, ten posts, and reads of four and two calls: 1.7 each."""
    bench = Bench()
    ids = [f"job-{number}" for number in range(10)]
    for job_id in ids:
        bench.add(job_id)

    assert [] == bench.take(*(sweeps_message(job_id=job_id) for job_id in ids))
    called = [(each.method, each.path) for each in bench.seen("call")]
    assert ["GET"] * 5 + ["POST"] * 10 + ["GET"] * 2 == [method for method, _ in called]
    named = {path.count("%2C") for _, path in called if "job-" in path}
    assert {0, 9} == named  # One id of each post, and ten of each read.
    assert 10 == len(bench.ends)


@pytest.mark.row(54)
def test_a_refusal_stops_the_posts_of_its_batch() -> None:
    """A key that may read but not close is tried once, told once, and alarms once."""
    bench = Bench()
    for job_id in "abc":
        bench.add(job_id)
    bench.stand_in.faults.append(fault(403, "security_exception", "no"))
    batch = [sweeps_message(job_id=job_id) for job_id in "abc"]

    assert ["m0", "m1", "m2"] == bench.take(*batch)
    assert ["a?timeout=30m"] == bench.posts
    assert [1] == bench.counted("ClusterRefused")
    assert 1 == len(bench.seen("posted")) == len(bench.seen("cluster_trouble"))
    assert [f"{job_id}: cluster_refused" for job_id in "abc"] == bench.waits
    [looks] = bench.seen("inbox")
    assert all(810 <= seconds <= 990 for seconds in looks.values())


def test_an_outage_does_not_stop_the_posts_of_its_batch() -> None:
    """It may be that of one node: the others are asked for."""
    bench = Bench()
    bench.add("a")
    bench.add("b")
    bench.stand_in.faults.append(fault(503, times=1))

    assert [] == bench.take(sweeps_message(job_id="a"), sweeps_message(job_id="b"))
    assert ["a"] == bench.put_back
    assert ["b: closed idle_datafeed_stopped"] == bench.ends
    assert [] == bench.seen("cluster_trouble")


SLOW = "Timed out when waiting for persistent tasks after 30m"
ANSWERS: dict[str, tuple[Fault, str]] = {
    "still closing": (
        fault(500, "illegal_state_exception", SLOW),
        "still_closing",
    ),
    "killed": (fault(409, "status_exception", "interrupted by kill"), "still_closing"),
    "unavailable": (fault(503), "cluster_unavailable"),
    "throttled": (fault(429, "es_rejected_execution_exception", "no"), "throttled"),
    "a proxy's conflict": (fault(409), "cluster_unavailable"),
    "not closed": (fault(200, body=b'{"closed": false}'), "still_closing"),
    "reset": (Fault("/_close", kind="refuse"), "cluster_unavailable"),
}


@pytest.mark.parametrize(("answer", "why"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_without_an_end_is_looked_at_again(answer: Fault, why: str) -> None:
    """It is told as it came, and the next look decides; a throttled one began none."""
    bench = Bench()
    bench.add()
    bench.stand_in.faults.append(answer)
    began = why != "throttled"

    assert ([] if began else ["m0"]) == bench.take(sweeps_message())
    assert (["web"] if began else []) == bench.put_back
    assert [f"web: {why}"] == bench.waits
    [told] = bench.seen("posted")
    assert ("close", why) == (told["step"], told["answer"].partition(":")[0])


def test_a_close_that_takes_its_time_is_looked_at_again() -> None:
    """The client hangs up after half a second; the job closes all the same."""
    bench = Bench()
    bench.add(close_takes=HOUR)

    assert [] == bench.take(sweeps_message())
    assert 109.5 == bench.left
    assert ["web: still_closing"] == bench.waits
    assert ["web"] == bench.put_back


def test_a_job_that_is_gone_ends() -> None:
    """It was deleted between the read and the post."""
    bench = Bench()
    bench.add()
    missing = "No known job with id 'web'"
    bench.stand_in.faults.append(fault(404, "resource_not_found_exception", missing))

    assert [] == bench.take(sweeps_message())
    assert ["web: skipped gone"] == bench.ends


def test_a_job_that_failed_meanwhile_is_handed_over() -> None:
    """Elasticsearch says so: the Closer itself never forces."""
    bench = Bench()
    bench.add()
    failed = "cannot close job [web] because it failed, use force close"
    bench.stand_in.faults.append(fault(409, "status_exception", failed))

    assert [] == bench.take(sweeps_message())
    assert (["web?timeout=30m"], 1) == (bench.posts, len(bench.seen("force")))


@pytest.mark.parametrize(
    ("message", "ended", "parked"),
    [
        (persons_message(), "parked bad_request", 1),
        (sweeps_message(), "skipped could_not_close", 0),
    ],
)
def test_a_bad_request_ends(message: CloseMessage, ended: str, parked: int) -> None:
    """What the cluster never accepts is not asked again; a person is told."""
    bench = Bench()
    bench.add()
    bench.stand_in.faults.append(fault(400, "illegal_argument_exception", "no"))

    assert [] == bench.take(message)
    assert [f"web: {ended}"] == bench.ends
    assert parked == len(bench.seen("parking"))


def test_a_datafeed_that_would_not_stop_is_no_evidence_in_a_hasty_try() -> None:
    """Only a measured try waits as long as the stop is allowed to take."""
    bench = Bench()
    bench.add(**STUCK)

    assert ["m0"] == bench.take(persons_message())
    assert ["web?timeout=30m"] == bench.posts
    assert ["web: datafeed_would_not_stop"] == bench.waits


def test_a_force_carries_the_timeout_of_its_request() -> None:
    """Elasticsearch waits so long for the datafeed to stop."""
    bench = force_closers()
    bench.add(**FAILS)

    assert [] == bench.take(persons_message(timeout="5m"))
    assert ["web?timeout=5m&force=true"] == bench.posts
    assert ["web: force_closed failed"] == bench.ends


class Proofs(Bench):
    """A bench whose cluster is away when a close is proved."""

    posted = False

    def call(self, method: str, *rest: Any, **limits: Any) -> bytes:
        """Be away for every read after a post."""
        if method == "GET" and self.posted:
            self.stand_in.faults.append(Fault(status=503, times=1))
        self.posted = self.posted or method == "POST"
        return super().call(method, *rest, **limits)


@pytest.mark.parametrize("only_if_idle", [False, True])
def test_an_answered_close_waits_for_its_proof(only_if_idle: bool) -> None:
    """However old its message is: the next look finds it closed."""
    bench = Proofs(may_force=True)
    bench.add()

    assert ["m0"] == bench.take(persons_message(only_if_idle=only_if_idle, **OLD))
    assert [{"r0": 15}] == bench.seen("inbox")
    assert ["web: still_closing"] == bench.waits
    assert "closed" == bench.seen("posted")[0]["answer"]
    assert 1 == len(bench.seen("cluster_trouble"))
    assert [] == bench.ends


def old(bench: Bench, **changes: Any) -> list[str]:
    """Take a message that the ForceCloser gives up; return how it ends or waits."""
    bench.take(sweeps_message(**(OLD | changes)))
    return [*bench.ends, *bench.waits]


@pytest.mark.parametrize(
    ("kind", "job", "expected"),
    [
        ("cut_after", {}, "web: closed idle_datafeed_stopped"),
        ("cut_after", {"close_takes": HOUR}, "web: still_closing"),
        ("cut_before", {}, "web: skipped cluster_unavailable"),
        ("hang", {}, "web: skipped could_not_close"),
    ],
    ids=["closed", "closing", "not sent", "no answer"],
)
def test_an_old_message_ends_by_what_became_of_its_post(
    kind: Any, job: dict[str, Any], expected: str
) -> None:
    """Its job tells whether the close went on its way."""
    bench = force_closers()
    bench.add(**job)
    bench.stand_in.faults.append(Fault("/_close", kind=kind))

    assert [expected] == old(bench)


def test_an_old_message_whose_job_cannot_be_read_ends() -> None:
    """Neither the post nor the look is answered: its age decides."""
    bench = Proofs(may_force=True)
    bench.add()
    bench.stand_in.faults.append(Fault("/_close", kind="cut_before"))

    assert ["web: skipped cluster_unavailable"] == old(bench)


def test_an_old_force_without_an_answer_is_not_on_its_way() -> None:
    """A job that is still closing may have been so before the force."""
    bench = force_closers()
    bench.add(state="closing", close_ends="hangs")
    bench.stand_in.faults.append(Fault("/_close", kind="cut_before"))
    seen = {"closing_seen_at": ago(hours=25)}

    assert ["web: parked cluster_unavailable"] == old(bench, only_if_idle=False, **seen)


class Deleted(Bench):
    """A bench whose job is deleted as soon as it is posted, without an answer."""

    def call(self, method: str, *rest: Any, **limits: Any) -> bytes:
        """Delete the job behind a post."""
        try:
            return super().call(method, *rest, **limits)
        finally:
            if method == "POST":
                self.stand_in.delete_job("web")


@pytest.mark.parametrize("kind", ["cut_after", "cut_before"])
def test_an_old_message_whose_job_vanished_is_gone(kind: Any) -> None:
    """There is nothing left to close, whether or not the post came through."""
    bench = Deleted(may_force=True)
    bench.add()
    bench.stand_in.faults.append(Fault("/_close", kind=kind))

    assert ["web: skipped gone"] == old(bench)


HANDED: dict[str, Any] = {"handed_at": ago(hours=3)}
STUBBORN = "datafeed_would_not_stop"


@pytest.mark.parametrize("seconds", [0, 65, 85])
def test_evidence_is_read_and_judged_again(seconds: int) -> None:
    """A measured 409 that took longer than a read is fresh still leads to a force."""
    bench = force_closers()
    bench.add(**STUCK)
    delay = timedelta(seconds=seconds)
    bench.stand_in.faults.append(Fault("/_close", kind="delay", delay=delay, times=1))

    assert [] == bench.take(persons_message(**HANDED))
    assert ["web?timeout=30s", "web?timeout=30m&force=true"] == bench.posts
    assert [f"web: force_closed {STUBBORN}"] == bench.ends


class Changing(Bench):
    """A bench whose job is opened anew as soon as it is posted."""

    def call(self, method: str, *rest: Any, **limits: Any) -> bytes:
        """Open the job behind a post."""
        try:
            return super().call(method, *rest, **limits)
        finally:
            if method == "POST":
                self.stand_in.reopen_job("web", self.now)


def test_evidence_of_an_earlier_life_forces_nothing() -> None:
    """Somebody opened the job anew while the measured try went on."""
    bench = Changing(may_force=True, left=170)
    bench.add(**STUCK)

    assert [] == bench.take(persons_message(**HANDED))
    assert ["web?timeout=30s"] == bench.posts
    assert ["web: skipped reopened"] == bench.ends


def test_evidence_that_cannot_be_read_again_forces_nothing() -> None:
    """The cluster went away after its 409: a later look finds the evidence anew."""
    bench = Proofs(may_force=True, left=170)
    bench.add(**STUCK)

    assert ["m0"] == bench.take(persons_message(**HANDED))
    assert ["web?timeout=30s"] == bench.posts
    assert [f"web: {STUBBORN}"] == bench.waits
    assert 1 == len(bench.seen("cluster_trouble"))


def test_a_request_that_expires_before_its_next_look_is_parked_now() -> None:
    """So that a person is told what the cluster answered."""
    bench = Bench()
    bench.add(**BUSY)
    bench.stand_in.faults.append(fault(503))
    asked = ago(hours=23, minutes=59, seconds=50)

    assert [] == bench.take(persons_message(requested_at=asked))
    [outcome] = bench.seen("outcome")
    assert "request_expired" == outcome["reason"]
    assert "cluster_unavailable: 503" in outcome["detail"]


def test_a_read_without_time_is_not_begun() -> None:
    """Where no second is left for a read, it is refused before anything is sent."""
    bench = Bench()
    bench.add()

    with pytest.raises(NotSent):
        bench.services.cluster.within(lambda: 0).jobs(NOW, ["web"])
    assert [] == bench.seen("call")
