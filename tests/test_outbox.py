"""Sending, handing over, parking and next looks, through moto's SQS API."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws
from mypy_boto3_sqs import SQSClient

from builders import NOW, sweeps_message
from idle_jobs.outbox import Outbox, SendRefused
from local.runner import SESSION


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[SQSClient]:
    """Yield a client with three queues."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        boto3.setup_default_session(botocore_session=SESSION)
        client = boto3.client("sqs")
        for name in ("close", "force", "parking"):
            client.create_queue(QueueName=name)
        yield client


@pytest.fixture
def outbox(sqs: SQSClient) -> Outbox:
    """Return an outbox of the three queues."""
    names = ("close", "force", "parking")
    return Outbox(sqs, *(sqs.get_queue_url(QueueName=n)["QueueUrl"] for n in names))


def received(sqs: SQSClient, url: str) -> list[Any]:
    """Return the messages of a queue, up to ten."""
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return answer.get("Messages", [])


def refuse(sqs: SQSClient, times: int) -> list[int]:
    """Let SQS refuse the first entry of each batch, some times; count the batches."""
    batches: list[int] = []

    def answer(parsed: dict[str, Any], **_: object) -> None:
        batches.append(len(parsed["Successful"]))
        if len(batches) <= times:
            failed = parsed["Successful"].pop(0)
            parsed["Failed"] = [{"Id": failed["Id"], "Code": "InternalError"}]

    sqs.meta.events.register("after-call.sqs.SendMessageBatch", answer)
    return batches


def test_messages_are_sent_in_tens(sqs: SQSClient, outbox: Outbox) -> None:
    """Twenty-three messages take three calls."""
    batches = refuse(sqs, times=0)
    outbox.send(sweeps_message(job_id=f"job-{n}") for n in range(23))

    assert batches == [10, 10, 3]


def test_nothing_is_sent_for_nothing(sqs: SQSClient, outbox: Outbox) -> None:
    """SQS refuses an empty batch."""
    batches = refuse(sqs, times=0)
    outbox.send([])

    assert batches == []


@pytest.mark.row(8)
def test_a_refused_entry_is_sent_once_more(sqs: SQSClient, outbox: Outbox) -> None:
    """Only the refused one: the others have arrived."""
    batches = refuse(sqs, times=1)
    outbox.send(sweeps_message(job_id=f"job-{n}") for n in range(3))

    assert batches == [3, 1]


@pytest.mark.row(8)
def test_no_batch_forgets_what_an_earlier_one_was_refused(
    sqs: SQSClient, outbox: Outbox
) -> None:
    """One entry of the first batch: it alone is sent twice, and moto keeps both."""
    batches = refuse(sqs, times=1)
    outbox.send(sweeps_message(job_id=f"job-{n}") for n in range(23))
    came = [m for _ in range(3) for m in received(sqs, outbox.close_queue)]
    jobs = Counter(json.loads(message["Body"])["job_id"] for message in came)

    assert batches == [10, 10, 3, 1]
    assert jobs == {f"job-{n}": 1 for n in range(23)} | {"job-0": 2}


@pytest.mark.row(8)
def test_an_entry_refused_twice_is_an_error(sqs: SQSClient, outbox: Outbox) -> None:
    """Whoever sent it is not finished: a sent message is never believed."""
    refuse(sqs, times=2)

    with pytest.raises(SendRefused, match="1 of 3"):
        outbox.send(sweeps_message(job_id=f"job-{n}") for n in range(3))


def test_an_error_of_the_second_try_spoils_what_was_refused_alone(
    sqs: SQSClient, outbox: Outbox
) -> None:
    """The others have arrived, and are not to be sent once more."""
    refuse(sqs, times=1)
    calls: list[object] = []

    def fail(**_: object) -> None:
        calls.append(None)
        if len(calls) == 2:
            raise EndpointConnectionError(endpoint_url="sqs")

    sqs.meta.events.register("before-call.sqs.SendMessageBatch", fail)
    messages = [(sweeps_message(job_id=f"job-{n}"), 1) for n in range(3)]

    with pytest.raises(SendRefused, match="1 of 3") as refused:
        outbox.put_back(messages)
    assert {0} == refused.value.places


def test_a_message_handed_over_is_stamped(sqs: SQSClient, outbox: Outbox) -> None:
    """The ForceCloser counts the age from then."""
    outbox.hand_over([sweeps_message()], NOW)
    [message] = received(sqs, outbox.force_queue)

    assert json.loads(message["Body"])["handed_at"] == "2026-11-23T12:00:00Z"


def test_a_parked_message_says_why(sqs: SQSClient, outbox: Outbox) -> None:
    """In its body, and beside it for whoever only lists."""
    outbox.park(sweeps_message(), "upgrade_mode: for 24h")
    [message] = received(sqs, outbox.parking_queue)

    assert json.loads(message["Body"])["parked_reason"] == "upgrade_mode: for 24h"
    assert message["MessageAttributes"]["parked_reason"]["StringValue"] == (
        "upgrade_mode: for 24h"
    )


def test_a_parked_body_stays_as_it_came(sqs: SQSClient, outbox: Outbox) -> None:
    """Its reason, however long, is beside it."""
    outbox.park_body("{ not json", "unreadable: " + "x" * 2_000)
    [message] = received(sqs, outbox.parking_queue)

    assert message["Body"] == "{ not json"
    assert len(message["MessageAttributes"]["parked_reason"]["StringValue"]) == 500


def test_what_sqs_would_refuse_is_parked_with_a_mark_in_its_place(
    sqs: SQSClient, outbox: Outbox
) -> None:
    """One character that it does not take, and a person would never see the body."""
    outbox.park_body("a\ud800\x00\tb", "bad_request: \x1b[2J: unknown field")
    [message] = received(sqs, outbox.parking_queue)
    reason = message["MessageAttributes"]["parked_reason"]["StringValue"]

    assert message["Body"] == "a\ufffd\ufffd\tb"
    assert reason == "bad_request: \ufffd[2J: unknown field"


def test_a_body_that_fills_a_message_is_parked_without_a_reason(
    sqs: SQSClient, outbox: Outbox
) -> None:
    """SQS counts attributes: a reason beside it would be one too many."""
    body = "x" * 1024 * 1024
    outbox.park_body(body, "unreadable")
    [message] = received(sqs, outbox.parking_queue)

    assert message["Body"] == body
    assert "MessageAttributes" not in message


def test_next_looks_are_set_and_refusals_told(sqs: SQSClient, outbox: Outbox) -> None:
    """One that cannot be set falls back to its queue's visibility."""
    outbox.send([sweeps_message()])
    [message] = received(sqs, outbox.close_queue)
    looks = {message["ReceiptHandle"]: 0, "no-such-receipt": 15}
    failed = outbox.set_visibility(outbox.close_queue, looks)

    assert failed == "ReceiptHandleIsInvalid"
    assert len(received(sqs, outbox.close_queue)) == 1


def test_ten_next_looks_take_one_call(sqs: SQSClient, outbox: Outbox) -> None:
    """A batch sets all of them at once, after its last record."""
    calls: list[int] = []
    event = "before-call.sqs.ChangeMessageVisibilityBatch"
    sqs.meta.events.register(event, lambda **_: calls.append(1))
    outbox.set_visibility(outbox.close_queue, {f"r{n}": 15 for n in range(10)})

    assert len(calls) == 1


def test_a_call_that_fails_as_a_whole_is_told_too(outbox: Outbox) -> None:
    """The batch's work is done all the same: nothing is raised."""
    failed = outbox.set_visibility("https://sqs.eu-west-1.amazonaws.com/1/no", {"r": 1})

    assert "NonExistentQueue" in failed


def test_what_is_parked_is_counted(sqs: SQSClient, outbox: Outbox) -> None:
    """Also what somebody is looking at."""
    for _ in range(3):
        outbox.park_body("{}", "bad_request")
    sqs.receive_message(QueueUrl=outbox.parking_queue, MaxNumberOfMessages=1)

    assert outbox.parked() == 3


def test_what_waits_is_counted(sqs: SQSClient, outbox: Outbox) -> None:
    """Also what was received and comes back, but not what was put back."""
    outbox.send(sweeps_message(job_id=f"job-{n}") for n in range(3))
    outbox.put_back([(sweeps_message(), 60)])
    sqs.receive_message(QueueUrl=outbox.close_queue, MaxNumberOfMessages=1)

    assert outbox.waiting() == 3


def test_a_queue_that_cannot_be_counted_is_not_empty(outbox: Outbox) -> None:
    """SQS refuses, so nobody knows."""
    gone = replace(outbox, parking_queue=outbox.parking_queue + "-gone")

    assert gone.parked() is None
