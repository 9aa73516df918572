"""A batch: what each record leaves behind, without a stack."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bench import Bench, record
from builders import NOW, ago, sweeps_message
from idle_jobs.batch import (
    LAST_SECONDS,
    PAUSED_FOR,
    NotFinished,
    give_back,
    handle_batch,
    in_time,
    park_body,
    records_of,
)
from idle_jobs.messages.close_message import NewerVersion
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.records import Record, sort_records
from idle_jobs.modes import ModeUnreadable
from idle_jobs.outbox import SendRefused
from idle_jobs.reasons import Reason
from sweeper import answer_requests

Handle = Callable[[Record], None]


def whole(sent: dict[str, Any]) -> Record:
    """Return a record as it is read."""
    [[read], []] = sort_records({"Records": [sent]})
    return read


def handled(bench: Bench, handle: Handle, *bodies: Any) -> list[Any]:
    """Handle a batch; return the ids of the records that stay."""
    records = [whole(record(n, body)) for n, body in enumerate(bodies)]
    timely = in_time(handle, lambda: bench.left)
    answer = handle_batch(records, timely, bench.services, NOW)
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def waits(seconds: float) -> Handle:
    """Return a handler whose records are looked at again after some seconds."""

    def handle(_record: Record) -> None:
        raise NotFinished(timedelta(seconds=seconds))

    return handle


def breaks(_record: Record) -> None:
    """Break, as a bug does."""
    raise ZeroDivisionError("a bug")


def test_what_is_finished_leaves_nothing() -> None:
    """No record stays, no look is set, and no age is measured."""
    bench = Bench()

    assert [] == handled(bench, lambda _: None, "a", "b")
    assert [] == bench.events
    assert [] == bench.counted("WorkOverdue")


def test_next_looks_are_set_in_one_call_after_the_last_record() -> None:
    """Each record has its own wait, in whole seconds; the finished ones have none."""
    bench = Bench()
    looks = {"a": 14.6, "c": 900.2}

    def handle(each: Record) -> None:
        bench.events.append(("handled", each.body))
        if each.body in looks:
            raise NotFinished(timedelta(seconds=looks[each.body]))

    assert ["m0", "m2"] == handled(bench, handle, "a", "b", "c")
    assert ("inbox", {"r0": 15, "r2": 900}) == bench.events[-1]
    assert ["handled"] * 3 + ["inbox"] == [kind for kind, _ in bench.events]


def test_a_batch_that_waits_as_a_whole_is_no_error() -> None:
    """The function's Errors mean a bug, not a slow job."""
    assert ["m0", "m1"] == handled(Bench(), waits(15), "a", "b")


def test_a_look_that_cannot_be_set_is_told() -> None:
    """The record falls back to its queue's visibility, and the others keep theirs."""
    bench = Bench(lost_receipts=("r0",))

    assert ["m0", "m1"] == handled(bench, waits(15), "a", "b")
    [told] = bench.seen("visibility_failed")
    assert "ReceiptHandleIsInvalid" == told["detail"]


def test_an_unexpected_exception_is_told_and_counted() -> None:
    """The record stays for its queue's whole visibility; the next one is handled."""
    bench = Bench()

    def handle(each: Record) -> None:
        if each.body == "a":
            breaks(each)

    assert ["m0"] == handled(bench, handle, "a", "b")
    [told] = bench.seen("record_broken")
    assert ("m0", "ZeroDivisionError") == (told["message_id"], told["exception_name"])
    assert [1] == bench.counted("RecordsBroken")
    assert [] == bench.seen("inbox")


def test_waiting_is_not_breaking() -> None:
    """The normal way to wait rings no alarm."""
    bench = Bench()
    handled(bench, waits(15), "a")

    assert [] == bench.counted("RecordsBroken") == bench.seen("record_broken")


@pytest.mark.parametrize("handle", [waits(15), breaks], ids=["waits", "breaks"])
def test_the_age_of_what_stays_is_measured(handle: Handle) -> None:
    """From when it was sent first, whatever keeps it, once it is an hour old."""
    bench = Bench()
    ages = (ago(hours=26), ago(hours=1), ago(minutes=59))
    handled(bench, handle, *(sweeps_message(sent_at=sent) for sent in ages))

    assert [26 * 3_600, 3_600] == bench.counted("WorkOverdue")


@pytest.mark.parametrize(
    ("left", "stays"), [(LAST_SECONDS, []), (LAST_SECONDS - 0.1, ["m0", "m1"])]
)
def test_no_work_is_begun_in_the_last_seconds(left: float, stays: list[str]) -> None:
    """Untouched records go back at once."""
    bench, seen = Bench(left=left), []

    assert stays == handled(bench, lambda each: seen.append(each.body), "a", "b")
    assert (["a", "b"] if not stays else []) == seen
    assert ([{"r0": 0, "r1": 0}] if stays else []) == bench.seen("inbox")
    assert [] == bench.seen("record_broken")


def test_time_may_run_out_within_a_batch() -> None:
    """What was begun is finished; what comes after it goes back."""
    bench = Bench(left=50)

    assert ["m1", "m2"] == handled(bench, lambda _: bench.spend(31), "a", "b", "c")


def test_a_pause_gives_a_record_back_for_an_hour() -> None:
    """Nothing moves meanwhile."""
    bench = Bench()

    assert ["m0"] == handled(bench, give_back(NotFinished(PAUSED_FOR)), "a")
    assert [{"r0": 3_600}] == bench.seen("inbox")


UNREAD = {1: 60, 4 * 60: 60, 40 * 60: 600, 7 * 60 * 60: 3_600}


@pytest.mark.parametrize(("age", "waits"), UNREAD.items())
def test_an_unreadable_mode_costs_a_young_record_a_minute(age: int, waits: int) -> None:
    """The wait grows with the record's age, up to an hour (R8)."""
    bench = Bench()
    message = sweeps_message(sent_at=ago(seconds=age))

    assert ["m0"] == handled(bench, give_back(ModeUnreadable("away")), message)
    assert [{"r0": waits}] == bench.seen("inbox")


def test_what_sqs_did_not_hand_over_whole_is_parked_first() -> None:
    """It would not come again; the records beside it are handled (F5)."""
    bench = Bench()
    sns = {"EventSource": "aws:sns", "Sns": {"Message": '{"request_id": "r-7"}'}}
    whole = record(0, "a")
    records = records_of({"Records": [sns, whole, {"body": "b"}]}, bench.services)
    told = bench.seen("outcome")

    assert [whole["body"]] == [each.body for each in records]
    assert ['{"request_id": "r-7"}', "b"] == bench.seen("parking")
    assert [("r-7", "got aws:sns"), ("", "got one without messageId")] == [
        (line.get("request_id", ""), line["detail"].split(", ")[1]) for line in told
    ]


def test_what_cannot_be_parked_fails_the_whole_event() -> None:
    """So it comes again, or its sender is told (F5)."""
    bench = Bench(refused_queues=("parking",))

    with pytest.raises(SendRefused):
        records_of({"Records": [record(0, "a"), {"body": "b"}]}, bench.services)
    assert [] == bench.seen("outcome")


def test_a_bad_body_is_parked_as_it_came_and_then_told() -> None:
    """First it is safe, then it is said to be."""
    bench = Bench()
    body = '{"job_id": "web", "request_id": "r-7", "colour": 1}'
    bad = BadBody("colour: unknown field")
    park_body(whole(record(0, body)), bad, bench.services, NOW)

    [(queue, parked), (kind, told)] = bench.events
    assert ("parking", body, "outcome") == (queue, parked, kind)
    assert ("parked", "bad_request", "r-7") == (
        told["ended"],
        told["reason"],
        told["request_id"],
    )
    assert [1] == bench.counted("JobsParked")


@pytest.mark.parametrize(
    ("sender", "told"),
    [
        ({"SenderId": "AROAX:ann"}, "AROAX:ann"),
        ({"SenderId": "a\nb" + 300 * "c"}, "a?b" + 253 * "c"),
        ({"SenderId": 7}, "7"),
        ({}, None),
    ],
)
def test_a_bad_body_is_told_with_who_sent_it(
    sender: dict[str, Any], told: str | None
) -> None:
    """SQS says who it was, in whichever queue; it never breaks the log line."""
    bench, sent = Bench(), record(0, "{")
    sent["attributes"] |= sender
    park_body(whole(sent), BadBody("no"), bench.services, NOW)

    assert told == bench.seen("outcome")[0].get("sent_by")


@pytest.mark.parametrize("body", ["{", '{"request_id": 7}', '{"request_id": ""}'])
def test_a_body_that_names_no_request_goes_by_its_message_id(body: str) -> None:
    """What cannot be read is known by SQS's own id."""
    bench = Bench()
    park_body(whole(record(0, body)), BadBody("no"), bench.services, NOW)

    assert "m0" == bench.seen("outcome")[0]["request_id"]


def test_a_bad_body_that_cannot_be_parked_is_not_told_as_parked() -> None:
    """Its record breaks, and stays."""
    bench = Bench(refused_queues=("parking",))

    with pytest.raises(SendRefused):
        park_body(whole(record(0, "{")), BadBody("no"), bench.services, NOW)
    assert [] == bench.seen("outcome") == bench.counted("JobsParked")


NEWER = NewerVersion("version: expected at most 1, got 2", Reason.NEWER_VERSION)


@pytest.mark.parametrize(("minutes", "parked"), [(0, 0), (59, 0), (60, 1)])
def test_a_newer_version_is_parked_after_an_hour(minutes: float, parked: int) -> None:
    """Functions are deployed one by one: until then it is looked at each 15 minutes."""
    bench = Bench()
    young = sweeps_message(sent_at=ago(minutes=minutes))

    def handle(each: Record) -> None:
        park_body(each, NEWER, bench.services, NOW)

    stays = handled(bench, handle, young)

    assert parked == len(bench.seen("parking")) == len(bench.seen("outcome"))
    assert ([] if parked else ["m0"]) == stays
    assert ([] if parked else [{"r0": 900}]) == bench.seen("inbox")


@pytest.mark.parametrize("event", [{}, {"Records": []}, {"Records": {}}])
def test_an_event_without_records_is_refused_by_name(event: dict[str, Any]) -> None:
    """A batch is never empty: a handmade event is told so."""
    with pytest.raises(BadBody, match="Records"):
        records_of(event, Bench().services)


def test_a_record_was_sent_when_it_came_first() -> None:
    """SQS keeps this time over all queues, in milliseconds."""
    message = sweeps_message(sent_at=ago(seconds=1.5))

    assert ago(seconds=1.5) == whole(record(0, message)).sent_at


def test_a_batch_of_odd_records_alone_leaves_nothing_in_its_queue() -> None:
    """What SQS did not hand over whole is parked, and the cluster is not read (F5)."""
    bench = Bench()
    odd = {"eventSource": "aws:sqs", "body": '{"job_id": "web"}'}

    answer = answer_requests({"Records": [odd]}, bench.services, lambda: bench.left)

    assert {"batchItemFailures": []} == answer
    assert [] == bench.seen("call")
    assert 1 == len(bench.seen("outcome"))
