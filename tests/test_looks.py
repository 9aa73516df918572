"""One look at a batch of close messages, without a stack: what is asked, sent, told."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bench import Bench, force_closers
from builders import NOW, RULES, ago, persons_message, sweeps_message
from idle_jobs.closing import close_batch
from idle_jobs.messages.close_message import CloseMessage, parse_message
from idle_jobs.messages.terms import Mode, Origin
from idle_jobs.modes import ModeUnreadable
from idle_jobs.policy.quiet_hours import QuietHours
from idle_jobs.times import moment
from standin.cluster import Fault

HOUR = timedelta(hours=1)
BUSY: dict[str, Any] = {"last_data": ago(minutes=1), "datafeed": "started"}
STUCK: dict[str, Any] = {"datafeed": "started", "datafeed_stops": False}


def test_an_idle_job_is_read_closed_proved_and_told() -> None:
    """In this order, and nothing stays."""
    bench = Bench()
    bench.add(memory="2gb")

    assert [] == bench.take(sweeps_message())
    assert ["web: closed idle_datafeed_stopped"] == bench.ends
    kinds = [kind for kind, _ in bench.events]
    # One call counts what is closing, and four read the job. Two prove the close.
    first, proof = ["mode", *["call"] * 5, "mode"], ["posted", *["call"] * 2, "mode"]
    assert [*first, "call", *proof, "ledger", "outcome"] == kinds
    assert ["web?timeout=30m"] == bench.posts
    assert ([2 * 1024**3], [1]) == (
        bench.counted("MemoryFreed"),
        bench.counted("JobsClosed"),
    )


def test_the_jobs_of_a_batch_are_read_once() -> None:
    """One list of ids, however many messages; each is judged for itself."""
    bench = Bench()
    bench.add("a", **BUSY)
    bench.add("b", **BUSY)

    assert [] == bench.take(sweeps_message(job_id="a"), sweeps_message(job_id="b"))
    assert ["a: skipped active", "b: skipped active"] == bench.ends
    assert 5 == len(bench.seen("call"))
    assert bench.seen("call")[2].path.endswith("/a%2Cb/_stats")


def test_paused_reads_nothing() -> None:
    """Every record goes back for an hour, and no clock runs."""
    bench = Bench(modes=[Mode.PAUSED])
    bench.add()

    assert ["m0"] == bench.take(sweeps_message(sent_at=ago(days=3)))
    assert [] == bench.seen("call")
    assert [{"r0": 3_600}] == bench.seen("inbox")


def test_a_mode_that_cannot_be_read_means_paused() -> None:
    """Nothing is done, and the alarm has its metric."""
    bench = Bench(modes=[ModeUnreadable("no such parameter")])
    bench.add()

    assert ["m0"] == bench.take(sweeps_message())
    assert [] == bench.seen("call")
    assert "no such parameter" == bench.seen("mode_unreadable")[0]["detail"]
    assert [1] == bench.counted("ModeUnreadable")


def test_a_pause_in_mid_batch_stops_what_comes_after_it() -> None:
    """The mode is asked before each step, whatever it is."""
    close, paused = Mode.CLOSE, Mode.PAUSED
    # Asked for the batch, before each first step, and before the step after the post.
    bench = Bench(modes=[close, close, paused, paused, close])
    bench.add("a")
    bench.add("b")
    bench.add("c", **BUSY)
    batch = [sweeps_message(job_id=job_id) for job_id in "abc"]

    assert ["m1", "m2"] == bench.take(*batch)
    assert ["a?timeout=30m"] == bench.posts
    assert ["a: closed idle_datafeed_stopped"] == bench.ends
    assert [{"r1": 3_600, "r2": 3_600}] == bench.seen("inbox")


def test_a_look_that_would_begin_in_the_last_seconds_is_not_begun() -> None:
    """The reads took nearly all the time: the record goes back at once."""
    bench = Bench(left=19.9)
    bench.add()

    assert ["m0"] == bench.take(sweeps_message())
    assert [] == bench.posts == bench.ends
    assert [{"r0": 0}] == bench.seen("inbox")


def test_no_close_of_a_sweep_is_posted_in_quiet_hours() -> None:
    """The next sweep after them sends another message."""
    quiet = QuietHours(NOW.time(), (NOW + HOUR).time())
    bench = Bench(rules=replace(RULES, quiet_hours=quiet))
    bench.add()

    assert [] == bench.take(sweeps_message(origin=Origin.SCHEDULE))
    assert ([], ["web: skipped quiet_hours"]) == (bench.posts, bench.ends)


def test_a_force_asks_the_mode_afresh() -> None:
    """A pause of a second ago stops it, although the mode is cached."""
    bench = force_closers(fresh_mode=Mode.PAUSED)
    bench.add(state="failed")

    assert ["m0"] == bench.take(persons_message())
    assert [] == bench.posts == bench.ends
    assert [False, True] == bench.seen("mode")
    assert [{"r0": 3_600}] == bench.seen("inbox")


def test_a_time_from_before_the_message_came_is_no_evidence() -> None:
    """The queue says when it came to ForceQueue; its body may say anything (R13)."""
    bench = force_closers()
    bench.add(**STUCK)
    forged = persons_message(handed_at=ago(hours=3), sent_at=ago(hours=3))

    assert ["m0"] == bench.take(forged.to_json(put_back=True))
    assert ["web?timeout=30m"] == bench.posts


def test_a_force_that_follows_evidence_asks_the_mode_afresh() -> None:
    """The gentle try took a while, in which somebody paused."""
    bench = force_closers(fresh_mode=Mode.PAUSED)
    bench.add(**STUCK)

    assert ["m0"] == bench.take(persons_message(handed_at=ago(hours=3)))
    assert ["web?timeout=30s"] == bench.posts
    assert [] == bench.ends


@pytest.mark.parametrize(
    ("message", "job", "would"),
    [
        (sweeps_message(), {}, "close"),
        (persons_message(), {"state": "failed"}, "hand over: failed"),
        (sweeps_message(cluster="other"), {}, "park: foreign_cluster"),
        (sweeps_message(mode=Mode.OBSERVE), {"state": "closing"}, "wait"),
    ],
    ids=["close", "hand over", "park", "wait"],
)
def test_observe_tells_what_it_would_do(
    message: CloseMessage, job: dict[str, Any], would: str
) -> None:
    """Nothing is posted or sent, and the message ends."""
    bench = Bench(modes=[Mode.OBSERVE])
    bench.add(close_takes=HOUR, **job)

    assert [] == bench.take(message)
    [outcome] = bench.seen("outcome")
    assert ("skipped", "mode_is_observe") == (outcome["ended"], outcome["reason"])
    assert outcome["detail"].startswith(f"would {would}")
    assert [] == bench.posts == bench.seen("force") == bench.seen("parking")


def test_what_was_born_in_observe_stays_observed() -> None:
    """The stricter of the mode then and the mode now rules."""
    bench = Bench()
    bench.add()

    assert [] == bench.take(sweeps_message(mode=Mode.OBSERVE))
    assert ["web: skipped mode_is_observe"] == bench.ends
    assert [] == bench.posts


def test_observe_ends_what_needs_no_act_as_ever() -> None:
    """Its own reason says more than that it was observed."""
    bench = Bench(modes=[Mode.OBSERVE])
    bench.add(**BUSY)

    assert [] == bench.take(sweeps_message())
    assert ["web: skipped active"] == bench.ends


@pytest.mark.parametrize(
    ("minutes", "ends", "waits"),
    [
        (10, [], ["web: still_closing"]),
        (40, [], ["web: still_closing"]),
        (179, [], ["web: still_closing"]),
        (180, ["web: skipped mode_is_observe"], []),
    ],
)
def test_observe_looks_after_what_was_posted_before(
    minutes: int, ends: list[str], waits: list[str]
) -> None:
    """A close on its way has its end, for as long as the Closer looks at anything."""
    bench = Bench(modes=[Mode.OBSERVE])
    bench.add(state="closing", close_takes=9 * HOUR)
    asked = ago(minutes=minutes)
    bench.take(sweeps_message(requested_at=asked, sent_at=asked))

    assert (ends, waits) == (bench.ends, bench.waits)
    assert [] == bench.posts == bench.seen("force")


def test_observe_tells_the_end_of_what_was_posted_before() -> None:
    """It is closed by now: that is an end, not an act."""
    bench = Bench(modes=[Mode.OBSERVE])
    bench.add(state="closed", finished=ago(minutes=1))

    assert [] == bench.take(sweeps_message())
    assert ["web: closed idle_datafeed_stopped"] == bench.ends


def test_what_is_parked_is_told_when_it_is_parked() -> None:
    """First it is safe with its reason, then it is said to be."""
    bench = Bench()
    bench.add()

    assert [] == bench.take(sweeps_message(cluster="other"))
    kinds = [kind for kind, _ in bench.events if kind in ("parking", "outcome")]
    assert ["parking", "outcome"] == kinds
    assert ["web: parked foreign_cluster"] == bench.ends
    [parked] = map(json.loads, bench.seen("parking"))
    assert "foreign_cluster: the message is for other" == parked["parked_reason"]


def test_what_cannot_be_parked_is_not_told_as_parked() -> None:
    """It stays in its queue, breaks, and is parked by a later look."""
    bench = Bench(refused_queues=("parking",))
    bench.add()

    assert ["m0"] == bench.take(sweeps_message(cluster="other"))
    assert [] == bench.ends
    assert [] == bench.counted("JobsParked")
    assert [1] == bench.counted("RecordsBroken")


@pytest.mark.parametrize("seen", [False, True])
def test_what_is_handed_over_is_stamped(seen: bool) -> None:
    """With the time, and with the closing where that is why; then it is told."""
    bench = Bench()
    bench.add(state="closing" if seen else "failed", close_takes=9 * HOUR)
    asked = ago(minutes=31)

    assert [] == bench.take(persons_message(requested_at=asked, sent_at=asked))
    [body] = map(json.loads, bench.seen("force"))
    assert NOW == moment(body["handed_at"])
    assert (NOW if seen else None) == (
        moment(body["closing_seen_at"]) if "closing_seen_at" in body else None
    )
    [told] = bench.seen("sent")
    why = "still_closing" if seen else "failed"
    assert ("ForceQueue", why) == (told["queue"], told["why"])
    assert [] == bench.ends


def test_what_has_posted_goes_back_into_its_queue_once() -> None:
    """So that its next look knows that it did, and how old it is (R6)."""
    bench = Bench()
    bench.add(close_takes=HOUR)
    sent = ago(seconds=50)

    assert [] == bench.take(sweeps_message(sent_at=sent, requested_at=sent))
    [body] = bench.seen("close")
    [delay] = bench.delays
    assert (NOW, sent) == tuple(
        moment(json.loads(body)[field]) for field in ("posted_at", "sent_at")
    )
    assert 13 <= delay <= 17
    bench.spend(50)
    assert ["m0"] == bench.take(body)
    assert [body] == bench.seen("close")
    [looks] = bench.seen("inbox")
    assert 45 <= looks["r0"] <= 56


def test_the_force_closer_waits_longer_the_older_its_message_is() -> None:
    """It posts at each look, and SQS dead-letters what it has delivered too often."""
    bench = force_closers()
    bench.add(**STUCK)
    hour = ago(hours=1)

    assert ["m0"] == bench.take(persons_message(sent_at=hour, handed_at=hour))
    [looks] = bench.seen("inbox")
    assert 810 <= looks["r0"] <= 990


def test_what_went_back_keeps_its_age_and_gives_it_to_nobody() -> None:
    """Its next look comes soon, since it has only just posted."""
    bench = Bench()
    bench.add(close_takes=HOUR)
    sent = ago(hours=2)
    bench.take(persons_message(sent_at=sent, requested_at=NOW))

    [body] = bench.seen("close")
    [delay] = bench.delays
    assert 13 <= delay <= 17
    back = parse_message(body, sent_at=NOW, now=bench.now)
    assert (sent, NOW) == (back.sent_at, back.posted_at)
    assert "sent_at" not in json.loads(back.to_json())


def test_what_cannot_go_back_stays() -> None:
    """SQS refuses it twice: it breaks, and its next look knows nothing of its post."""
    bench = Bench(refused_queues=("close",))
    bench.add(close_takes=HOUR)

    assert ["m0"] == bench.take(sweeps_message())
    assert [] == bench.put_back
    assert [1] == bench.counted("RecordsBroken")


def hanging(count: int, **fields: Any) -> tuple[Bench, list[CloseMessage]]:
    """Return a bench with some jobs whose close takes long, and their messages."""
    bench = Bench(**fields)
    ids = [f"job-{n}" for n in range(count)]
    for job_id in ids:
        bench.add(job_id, close_takes=HOUR)
    return bench, [sweeps_message(job_id=job_id) for job_id in ids]


def test_what_a_batch_puts_back_is_sent_in_one_call() -> None:
    """SQS takes ten messages in a call, and a call costs as much as one."""
    bench, messages = hanging(10)

    assert [] == bench.take(*messages)
    assert 10 == len(bench.put_back) == len(bench.delays)
    assert 1 == bench.sends


def test_one_that_cannot_go_back_keeps_no_other() -> None:
    """SQS refuses it twice: it breaks alone."""
    bench, messages = hanging(3, refused_jobs=("job-1",))

    assert ["m1"] == bench.take(*messages)
    assert ["job-0", "job-2"] == bench.put_back
    assert [1] == bench.counted("RecordsBroken")


def test_what_has_posted_stays_while_sqs_is_away() -> None:
    """No record is finished before its message is sent."""
    bench, messages = hanging(3, sqs_is_away=True)

    assert ["m0", "m1", "m2"] == bench.take(*messages)
    assert [] == bench.put_back
    assert [1] * 3 == bench.counted("RecordsBroken")


def test_nothing_goes_back_to_the_force_closer() -> None:
    """It has the right to park alone; what comes to it says what the Closer did."""
    bench = force_closers()
    bench.add(close_takes=HOUR)

    assert ["m0"] == bench.take(sweeps_message(handed_at=NOW))
    assert [] == bench.put_back


def test_a_stamp_that_is_there_stays() -> None:
    """What is handed over again keeps the closing that was seen before."""
    bench = Bench()
    bench.add(state="failed")
    bench.take(persons_message(closing_seen_at=ago(minutes=50)))

    [body] = map(json.loads, bench.seen("force"))
    assert ago(minutes=50) == moment(body["closing_seen_at"])


def test_what_cannot_be_handed_over_is_not_told_as_sent() -> None:
    """SQS refuses it twice: the record stays, and the others go on."""
    bench = Bench(refused_queues=("force",))
    bench.add("stuck", state="failed")
    bench.add()

    assert ["m0"] == bench.take(persons_message(job_id="stuck"), sweeps_message())
    assert [] == bench.seen("sent")
    assert [1] == bench.counted("RecordsBroken")
    assert ["web: closed idle_datafeed_stopped"] == bench.ends


def test_a_foreign_message_closes_nothing_here() -> None:
    """A job of the same name may live there; an order to force it makes no odds."""
    bench = force_closers()
    bench.add()

    assert [] == bench.take(persons_message(cluster="other", force=True))
    assert ["web: parked foreign_cluster"] == bench.ends
    assert [] == bench.posts


def test_a_foreign_message_is_parked_while_the_cluster_is_away() -> None:
    """Its own cluster says nothing of a message that is not for it."""
    bench = Bench()
    bench.stand_in.faults.append(Fault(status=503))

    assert [] == bench.take(sweeps_message(cluster="other"))
    assert ["web: parked foreign_cluster"] == bench.ends


@pytest.mark.parametrize(
    ("status", "calls", "why", "refused"),
    [(503, 1, "cluster_unavailable", []), (403, 2, "cluster_refused", [1])],
)
def test_a_cluster_that_cannot_be_read_costs_a_batch_one_call(
    status: int, calls: int, why: str, refused: list[float]
) -> None:
    """Nothing is tried, and all of it waits for a quarter of an hour.

    A refused count may be for want of a privilege, so the jobs are read all the same.
    """
    bench = Bench()
    bench.stand_in.faults.append(Fault(status=status))
    batch = [sweeps_message(job_id=job_id) for job_id in "abc"]

    assert ["m0", "m1", "m2"] == bench.take(*batch)
    assert (calls, 1) == (len(bench.seen("call")), len(bench.seen("cluster_trouble")))
    assert [f"{job_id}: {why}" for job_id in "abc"] == bench.waits
    assert refused == bench.counted("ClusterRefused")
    [looks] = bench.seen("inbox")
    assert all(810 <= seconds <= 990 for seconds in looks.values())


def test_an_id_that_became_a_groups_name_closes_nothing() -> None:
    """The answer holds the jobs of the group, and none of them is the job."""
    bench = Bench()
    bench.add("other", groups=("web",))

    assert [] == bench.take(sweeps_message())
    assert ["web: skipped gone"] == bench.ends
    assert [] == bench.posts


def test_bad_bodies_hold_nobody_up() -> None:
    """One is parked as it came, one waits for newer code, and the good one closes."""
    bench = Bench()
    bench.add()
    newer = json.dumps(json.loads(sweeps_message().to_json()) | {"version": 2})

    assert ["m1"] == bench.take("{", newer, sweeps_message())
    assert [": parked unreadable", "web: closed idle_datafeed_stopped"] == bench.ends
    assert ["{"] == bench.seen("parking")
    assert [{"r1": 900}] == bench.seen("inbox")


def test_the_next_look_is_told_with_its_reason() -> None:
    """The line and SQS have the same seconds."""
    bench = Bench()
    bench.add(state="closing", close_takes=HOUR)

    assert ["m0"] == bench.take(sweeps_message())
    [told] = bench.seen("waiting")
    assert "still_closing" == told["why"]
    assert [{"r0": told["seconds"]}] == bench.seen("inbox")
    assert 108 <= told["seconds"] <= 132


def test_a_batch_of_nothing_that_is_whole_reads_nothing() -> None:
    """What is no record of SQS is parked, and leaves no message to look at."""
    bench = Bench()
    answer = close_batch({"Records": [{"body": "{}"}]}, bench.services, lambda: 99)

    assert {"batchItemFailures": []} == answer
    assert [] == bench.seen("call")
    assert ["{}"] == bench.seen("parking")
