"""The act of both closers, through the unmodified handlers and real queues."""

import json
import time
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest

from builders import idle_job, persons_message
from idle_jobs.close_call import CloseCalls
from idle_jobs.closing import close_batch
from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.transport import Wire
from idle_jobs.errors import TryLater
from idle_jobs.reasons import Reason
from idle_jobs.services import open_services
from idle_jobs.steps.step import Force
from idle_jobs.times import rfc3339
from local.runner import Runner
from stacks import START, add_busy, add_idle, after, ends, mode_refused, posts, sweep
from standin.cluster import Fault, Request

pytestmark = pytest.mark.slow


def close_body(job_id: str = "web", **changes: Any) -> str:
    """Return a close message as the Sweeper writes it."""
    body = {
        "version": 1,
        "kind": "close",
        "cluster": "demo",
        "request_id": "sweep-1",
        "origin": "schedule",
        "requested_at": rfc3339(START),
        "job_id": job_id,
        "mode": "close",
        "only_if_idle": True,
        "reason": "idle_datafeed_stopped",
        "evidence": {
            "state": "opened",
            "last_activity": rfc3339(START - timedelta(days=10)),
        },
    }
    return json.dumps(body | changes)


def lines(stack: Runner, message: str) -> list[dict[str, Any]]:
    """Return the log's lines of one kind."""
    return [line for line in stack.log if line["message"] == message]


def test_a_quick_close_ends_at_its_first_look(stack: Runner) -> None:
    """One post, one proof, one outcome, and the memory that was freed."""
    add_idle(stack, memory="2gb")
    sweep(stack)
    stack.run(after(minutes=1))

    assert ends(stack) == ["web: closed idle_datafeed_stopped"]
    assert posts(stack) == ["/_ml/anomaly_detectors/web/_close?timeout=30m"]
    assert stack.metrics["MemoryFreed"] == 2 * 1024**3


def test_an_outcome_can_be_deduplicated(stack: Runner) -> None:
    """It carries the request and the job, and names this one closing."""
    add_idle(stack)
    sweep(stack)
    stack.run(after(minutes=1))
    outcome = stack.outcomes()[0]

    assert (outcome["request_id"], outcome["job_id"]) == (
        stack.scheduled_event(START)["id"],
        "web",
    )
    assert outcome["closing"] == "web@2026-03-02T06:05:00Z"


def test_a_body_that_cannot_be_parked_stays(stack: Runner) -> None:
    """ParkingQueue refuses it: it is looked at again, and told."""
    stack.queues.send("CloseQueue", "{")
    stack.queues.remove("ParkingQueue")
    stack.take_one("Closer")

    assert stack.queues.bodies("CloseQueue") == ["{"]
    assert ends(stack) == []
    assert stack.metrics["RecordsBroken"] == 1


def test_a_pause_of_three_days_loses_nothing(stack: Runner) -> None:
    """Then the message is tried first, whatever its age, and closes what is idle."""
    add_idle(stack)
    sweep(stack)
    stack.set_mode("paused")
    stack.shift(timedelta(seconds=31))  # Until then, functions have the mode cached.
    stack.run(after(days=3))
    paused = ends(stack)
    stack.set_mode("close")
    stack.run(after(days=3, hours=2))

    assert paused == []
    assert ends(stack)[0] == "web: closed idle_datafeed_stopped"


def test_paused_gives_every_record_back_for_an_hour(stack: Runner) -> None:
    """Nothing is read, nothing is judged, and no clock runs."""
    stack.set_mode("paused")
    stack.queues.send("CloseQueue", close_body(requested_at=rfc3339(START)))
    stack.poll()

    assert stack.cluster.log == []
    assert stack.queues.next_visible("CloseQueue") == after(hours=1, milliseconds=1)


def test_observe_posts_nothing_and_says_what_it_would_do(stack: Runner) -> None:
    """The same path runs, up to the first step that would act."""
    stack.set_mode("observe")
    stack.parameters = {"ForceOrders": "allowed"}
    add_idle(stack)
    add_busy(stack, "busy")
    stack.request(job_id="busy", force=True)
    sweep(stack)
    stack.run(after(hours=1))
    details = {line["job_id"]: line["detail"] for line in stack.outcomes()}

    assert posts(stack) == []
    assert details == {"web": "would close", "busy": "would force: force_ordered"}
    assert stack.queues.bodies("CloseQueue") == stack.queues.bodies("ForceQueue") == []


@pytest.mark.parametrize("outage", [False, True])
@pytest.mark.parametrize("minutes", [20, 70])
def test_what_was_closed_before_observing_is_told_as_closed(
    stack: Runner, minutes: int, outage: bool
) -> None:
    """The mode stops what would come; a close that is on its way has its end."""
    add_idle(stack, close_takes=timedelta(minutes=minutes))
    sweep(stack)
    stack.run(after(minutes=10))
    stack.set_mode("observe")
    if outage:
        until = stack.now + timedelta(minutes=30)
        stack.cluster.faults.append(Fault(path=".", until=until))
    stack.run(after(hours=2))

    assert ends(stack) == ["web: closed idle_datafeed_stopped"]
    assert len(posts(stack)) == 1


def test_a_closing_that_hangs_is_not_observed_for_ever(stack: Runner) -> None:
    """What cannot be forced in this mode is told as observed, hours later."""
    add_idle(stack, close_ends="hangs")
    sweep(stack)
    stack.run(after(minutes=10))
    stack.set_mode("observe")
    stack.run(after(hours=4))
    [outcome] = stack.outcomes(stack.scheduled_event(START)["id"])

    assert (outcome["ended"], outcome["reason"]) == ("skipped", "mode_is_observe")
    assert len(posts(stack)) == 1


def test_what_was_born_in_observe_is_never_closed(stack: Runner) -> None:
    """The stricter of the mode then and the mode now rules."""
    add_idle(stack)
    stack.queues.send("CloseQueue", close_body(mode="observe"))
    stack.poll()

    assert ends(stack) == ["web: skipped mode_is_observe"]
    assert posts(stack) == []


@pytest.mark.parametrize("value", ["on", "", "CLOSE"])
def test_an_unreadable_mode_means_paused(stack: Runner, value: str) -> None:
    """A typo must not close anything; a metric raises the alarm."""
    add_idle(stack)
    stack.set_mode(value or " ")
    stack.queues.send("CloseQueue", close_body())
    stack.poll()

    assert stack.cluster.log == []
    assert stack.metrics["ModeUnreadable"] >= 1


def test_a_mode_that_was_never_set_means_observe(stack: Runner) -> None:
    """A new stack, or one whose parameter was deleted, closes nothing and says so."""
    add_idle(stack)
    boto3.client("ssm").delete_parameter(Name=stack.mode_parameter)
    stack.queues.send("CloseQueue", close_body())
    stack.poll()

    assert ends(stack) == ["web: skipped mode_is_observe"]
    assert posts(stack) == []
    assert lines(stack, "mode_unreadable") == []


def test_a_mode_that_may_not_be_read_means_paused(stack: Runner) -> None:
    """A lost right is no new stack: the alarm says which parameter it is."""
    add_idle(stack)
    stack.queues.send("CloseQueue", close_body())
    with mode_refused():
        stack.poll()

    assert stack.cluster.log == []
    assert stack.mode_parameter in lines(stack, "mode_unreadable")[0]["detail"]


@pytest.mark.parametrize("queue", ["RequestQueue", "CloseQueue", "ForceQueue"])
def test_a_mode_that_is_unreadable_for_a_moment_costs_a_minute(
    stack: Runner, queue: str
) -> None:
    """Whoever mistyped it and mends it need not wait for an hour (R8)."""
    add_idle(stack)
    stack.set_mode("clsoe")
    stack.queues.send(queue, close_body())
    stack.poll()
    stack.set_mode("close")
    waited = [line for line in stack.log if line["message"] == "mode_unreadable"]
    stack.run(after(minutes=2))

    assert waited
    assert posts(stack)


def test_a_mode_that_stays_unreadable_does_not_use_up_the_receives(
    stack: Runner,
) -> None:
    """The waits grow to an hour: SQS parks what was received 250 times (R8)."""
    add_idle(stack)
    stack.set_mode("clsoe")
    stack.queues.send("CloseQueue", close_body())
    stack.run(after(days=5))
    looks = len(lines(stack, "mode_unreadable"))
    stack.set_mode("close")
    stack.run(after(days=5, hours=2))

    assert 100 < looks < 170
    assert ends(stack)


def test_a_mode_that_becomes_unreadable_before_a_force_costs_a_minute(
    stack: Runner,
) -> None:
    """It is asked afresh there, and what it stops is no broken record (R8)."""
    add_idle(stack, state="failed", assigned=False)
    stack.request(job_id="web")
    stack.take_one("Sweeper")
    stack.set_mode("clsoe")
    stack.take_one("ForceCloser")
    stopped = posts(stack)
    stack.set_mode("close")
    stack.run(after(minutes=2))

    assert stopped == []
    assert lines(stack, "record_broken") == []
    assert "force=true" in posts(stack)[0]


def test_a_next_look_that_cannot_be_set_comes_later(stack: Runner) -> None:
    """A receipt that SQS does not know any more is told and harms nobody."""
    stack.set_mode("paused")
    stack.queues.send("CloseQueue", close_body())
    [record] = stack.queues.receive("CloseQueue", 1)
    answer = stack.invoke("Closer", {"Records": [record | {"receiptHandle": "odd"}]})

    assert len(answer["batchItemFailures"]) == 1
    assert lines(stack, "visibility_failed")[0]["detail"] == "ReceiptHandleIsInvalid"


def test_the_mode_is_asked_afresh_before_each_force(stack: Runner) -> None:
    """A pause of a second ago still stops a force, although the mode is cached."""
    stack.parameters = {"ForceOrders": "allowed"}
    add_busy(stack)
    stack.request(job_id="web", force=True)
    stack.take_one("Sweeper")
    stack.set_mode("paused")
    stack.take_one("ForceCloser")

    assert posts(stack) == []
    assert ends(stack) == []


def test_nothing_is_closed_on_what_was_read_a_minute_ago(stack: Runner) -> None:
    """The cluster took 61 seconds to answer: the job may work by now."""
    add_idle(stack)
    stack.queues.send("CloseQueue", close_body())
    event = {"Records": stack.queues.receive("CloseQueue", 1)}
    read = []
    with stack.inside("Closer") as closer:
        services = open_services("close_queue_url", closer.logger, closer.metrics)
        cluster = services.cluster

        def jobs(*asked: Any) -> Any:
            read.append(cluster.jobs(*asked))
            return read[0]

        slow = cast("Cluster", SimpleNamespace(jobs=jobs, closing=lambda: None))
        services = replace(
            services,
            cluster=slow,
            clock=lambda: stack.now + timedelta(seconds=61 * len(read)),
        )
        answer = close_batch(event, services, lambda: 110.0)

    assert len(answer["batchItemFailures"]) == 1
    assert posts(stack) == ends(stack) == []


class Recorded:
    """A wire that notes what it is called with, and reaches nobody."""

    def __init__(self) -> None:
        self.limits: list[dict[str, float]] = []

    def call(self, *_: object, **limits: float) -> bytes:
        """Note the limits of a call."""
        self.limits.append(limits)
        raise TryLater("nobody is there")


@pytest.mark.parametrize(
    ("left", "expected"),
    [(170.0, (120, 50)), (130.0, (110, 10)), (120.0, (100, 0)), (119.0, None)],
)
def test_a_post_ends_before_its_invocation_and_begins_on_fresh_news(
    stack: Runner, left: float, expected: tuple[float, float] | None
) -> None:
    """Of 180 s left at its read: how long it waits, and how long it may be sent."""
    wire, clock = Recorded(), iter([START])
    then = START + timedelta(seconds=180 - left)
    stack.timeouts = {"MEASURED_READ_TIMEOUT": "120"}
    with stack.inside("ForceCloser") as closer:
        services = open_services("force_queue_url", closer.logger, closer.metrics)
        services = replace(
            services,
            cluster=Cluster(cast("Wire", wire)),
            clock=lambda: next(clock, then),
        )
        posts_ = CloseCalls(services, START + timedelta(seconds=180))
        posts_.post(Force(idle_job(), Reason.FORCE_ORDERED), persons_message())
    limits = [(each["read_timeout"], each["send_within"]) for each in wire.limits]

    assert limits == ([expected] if expected else [])


def test_an_unexpected_exception_is_logged_and_counted(stack: Runner) -> None:
    """A send that SQS does not take breaks its record only, which stays."""
    add_idle(stack, "web")
    add_idle(stack, "stuck", state="failed", close_ends="failed")
    stack.queues.send("CloseQueue", close_body("stuck", only_if_idle=False))
    stack.queues.send("CloseQueue", close_body("web"))
    stack.queues.remove("ForceQueue")
    stack.take_one("Closer")

    assert ends(stack) == ["web: closed idle_datafeed_stopped"]
    assert len(stack.queues.bodies("CloseQueue")) == 1
    assert len(lines(stack, "record_broken")) == 1
    assert stack.metrics["RecordsBroken"] == 1


class ProofFault(Fault):
    """Strikes the second of a job's reads, which is the proof of its close."""

    reads = 0

    def strikes(self, request: Request, now: datetime) -> bool:
        """Count the reads."""
        read = super().strikes(request, now)
        self.reads += read
        return read and self.reads == 2


def test_a_close_whose_proof_is_refused_is_proved_by_the_next_look(
    stack: Runner,
) -> None:
    """The close was answered; that its proof is a bad request says nothing of it."""
    add_idle(stack)
    sweep(stack)
    body = b'{"error": {"type": "illegal_argument_exception", "reason": "no"}}'
    proof = ProofFault(path="/web/_stats", status=400, body=body)
    stack.cluster.faults.append(proof)
    stack.run(after(minutes=2))

    assert proof.reads > 2
    assert ends(stack) == ["web: closed idle_datafeed_stopped"]
    assert len(posts(stack)) == 1


@pytest.mark.parametrize("only_if_idle", [False, True])
def test_an_answered_close_is_proved_however_old_its_message_is(
    stack: Runner, only_if_idle: bool
) -> None:
    """Over age, the close is answered, its proof is not: the next look has it."""
    add_idle(stack)
    handed = stack.now - timedelta(hours=25)
    body = close_body(handed_at=rfc3339(handed), only_if_idle=only_if_idle)
    stack.queues.send("ForceQueue", body, sent=handed)
    stack.cluster.faults.append(ProofFault(path="/web/_stats"))
    stack.run(after(minutes=2))

    [ended] = ends(stack)
    assert ended.startswith("web: closed ")


@pytest.mark.parametrize("only_if_idle", [False, True])
def test_what_was_never_tried_is_tried_whatever_its_age(
    stack: Runner, only_if_idle: bool
) -> None:
    """Its first close outlasts the look: the next one tells, not the age."""
    add_idle(stack, close_takes=timedelta(minutes=10))
    handed = stack.now - timedelta(days=5)
    body = close_body(handed_at=rfc3339(handed), only_if_idle=only_if_idle)
    stack.queues.send("ForceQueue", body, sent=handed)
    stack.run(after(hours=1))

    [ended] = ends(stack)
    assert ended.startswith("web: closed ")
    assert len(posts(stack)) == 1


@pytest.mark.parametrize(
    ("fault", "ended"),
    [
        (Fault(path="/_close", status=503), "skipped cluster_unavailable"),
        (Fault(path="/_close", kind="hang"), "skipped could_not_close"),
        (Fault(path="/_close", kind="cut_after"), "closed idle_datafeed_stopped"),
    ],
    ids=["unavailable", "swallowed", "answer lost"],
)
def test_an_old_message_ends_by_what_became_of_its_post(
    stack: Runner, fault: Fault, ended: str
) -> None:
    """Without an answer the job tells: what was not issued is given up as ever."""
    add_idle(stack)
    handed = stack.now - timedelta(hours=25)
    body = close_body(handed_at=rfc3339(handed))
    stack.queues.send("ForceQueue", body, sent=handed)
    stack.cluster.faults.append(fault)
    stack.run(after(hours=1))

    assert ends(stack) == [f"web: {ended}"]
    assert len(posts(stack)) == 1


def test_an_old_message_whose_cluster_goes_away_ends(stack: Runner) -> None:
    """Neither its post nor the look at the job is answered: its age decides."""
    add_idle(stack)
    handed = stack.now - timedelta(hours=25)
    body = close_body(handed_at=rfc3339(handed), only_if_idle=False)
    stack.queues.send("ForceQueue", body, sent=handed)
    stack.cluster.faults.append(Fault(path="/_close", status=503))
    stack.cluster.faults.append(ProofFault(path="/web/_stats"))
    stack.run(after(minutes=1))

    assert ends(stack) == ["web: parked cluster_unavailable"]


@pytest.mark.row(19)
@pytest.mark.parametrize("function", ["Closer", "Sweeper"])
def test_what_a_pause_holds_back_is_not_overdue(stack: Runner, function: str) -> None:
    """ModePaused rings for it; the age of what else waits is measured at each look."""
    add_busy(stack)
    stack.request(job_id="web")
    if function == "Closer":
        stack.take_one("Sweeper")
    stack.set_mode("paused")
    stack.shift(timedelta(hours=26))
    stack.take_one(function)

    assert stack.metrics["WorkOverdue"] == 0
    with mode_refused():
        stack.shift(timedelta(hours=2))
        stack.take_one(function)
    assert stack.metrics["WorkOverdue"] > 27 * 3_600


def test_a_running_jobs_datafeed_is_stopped_first(stack: Runner) -> None:
    """An explicit request closes a running job; Elasticsearch stops its datafeed."""
    add_busy(stack)
    stack.request(job_id="web", requested_by="ann")
    stack.run(after(minutes=1))

    assert ends(stack) == ["web: closed requested"]
    assert stack.cluster.jobs["web"].datafeed == "stopped"


def test_a_bad_request_of_a_person_is_parked(stack: Runner) -> None:
    """What the cluster will never accept is not asked again and again."""
    add_busy(stack)
    body = b'{"error": {"type": "illegal_argument_exception", "reason": "no"}}'
    stack.cluster.faults.append(Fault(path="/_close", status=400, body=body))
    stack.request(job_id="web")
    stack.run(after(minutes=1))
    parked = [json.loads(body) for body in stack.queues.bodies("ParkingQueue")]

    assert ends(stack) == ["web: parked bad_request"]
    assert parked[0]["parked_reason"].startswith("bad_request: 400 illegal_argument")


def test_a_sweeps_wish_that_is_refused_raises_an_alarm(stack: Runner) -> None:
    """It does not fill ParkingQueue: the next sweep asks again."""
    add_idle(stack)
    body = b'{"error": {"type": "illegal_argument_exception", "reason": "no"}}'
    stack.cluster.faults.append(Fault(path="/_close", status=400, body=body))
    sweep(stack)
    stack.run(after(minutes=1))

    assert ends(stack) == ["web: skipped could_not_close"]
    assert stack.metrics["JobsUnclosable"] == 1
    assert stack.queues.bodies("ParkingQueue") == []


def test_a_message_that_sqs_gave_up_is_closed_gently(stack: Runner) -> None:
    """A hundred receives without an end are a crash somewhere, and no evidence."""
    add_idle(stack)
    sweep(stack)
    for _ in range(101):
        stack.queues.receive("CloseQueue", 10)
        stack.shift(timedelta(hours=1))
    stack.take_one("ForceCloser")

    assert ends(stack) == ["web: closed idle_datafeed_stopped"]
    assert "force" not in posts(stack)[0]


def test_the_mode_is_cached_for_half_a_minute(stack: Runner) -> None:
    """A pause reaches every function within 30 seconds."""
    add_busy(stack)
    sweep(stack)
    stack.set_mode("paused")
    cached = sweep(stack)["mode"]
    stack.shift(timedelta(seconds=31))
    fresh = sweep(stack)["mode"]

    assert (cached, fresh) == ("close", "paused")


@pytest.mark.parametrize(
    ("minutes", "variable"),
    [(0, "CLOSE_READ_TIMEOUT_EARLY"), (2, "CLOSE_READ_TIMEOUT")],
    ids=["a young message", "an older one"],
)
def test_a_close_waits_as_long_as_its_age_allows(
    stack: Runner, minutes: int, variable: str
) -> None:
    """Two seconds in the first minute, ten later: here, half a second or none."""
    quick = dict.fromkeys(("CLOSE_READ_TIMEOUT_EARLY", "CLOSE_READ_TIMEOUT"), "0.01")
    stack.timeouts = quick | {variable: "0.5"}
    add_idle(stack, close_takes=timedelta(hours=1))
    stack.queues.send("CloseQueue", close_body())
    stack.shift(timedelta(minutes=minutes))
    started = time.monotonic()
    stack.take_one("Closer")

    assert time.monotonic() - started >= 0.5


def test_a_force_waits_for_its_answer(stack: Runner) -> None:
    """Else it would be found closed, and told as a close that lost nothing."""
    stack.timeouts = {"MEASURED_READ_TIMEOUT": "0.5"}
    stack.parameters = {"ForceOrders": "allowed"}
    quick = ("CLOSE_READ_TIMEOUT_EARLY", "CLOSE_READ_TIMEOUT")
    stack.timeouts |= dict.fromkeys(quick, "0.01")
    add_busy(stack)
    stack.cluster.faults.append(
        Fault(path="force=true", kind="delay", delay=timedelta(hours=1))
    )
    stack.request(job_id="web", force=True)
    stack.take_one("Sweeper")
    started = time.monotonic()
    stack.take_one("ForceCloser")

    assert time.monotonic() - started >= 0.5


def test_a_measured_try_waits_longest(stack: Runner) -> None:
    """Only then can a datafeed that would not stop be evidence."""
    stack.timeouts = {"CLOSE_READ_TIMEOUT": "0.01", "MEASURED_READ_TIMEOUT": "0.5"}
    add_busy(stack, close_takes=timedelta(hours=1))
    handed, times = START - timedelta(hours=2), ("handed_at", "requested_at")
    marks = dict.fromkeys(times, rfc3339(handed))
    body = close_body(only_if_idle=False, **marks)
    stack.queues.send("ForceQueue", body, sent=handed)
    started = time.monotonic()
    stack.take_one("ForceCloser")

    assert time.monotonic() - started >= 0.5
    assert posts(stack) == ["/_ml/anomaly_detectors/web/_close?timeout=30s"]
