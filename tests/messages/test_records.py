"""Records of an event: those that SQS handed over whole, and what becomes of others."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.records import Odd, Record, sort_records

WHOLE: dict[str, Any] = {
    "messageId": "m-1",
    "receiptHandle": "receipt-1",
    "body": '{"job_id": "web"}',
    "attributes": {"SentTimestamp": "1772409900217"},
    "eventSource": "aws:sqs",
}
READ = Record(
    message_id="m-1",
    receipt_handle="receipt-1",
    body='{"job_id": "web"}',
    sent_at=datetime(2026, 3, 2, 0, 5, 0, 217_000, UTC),
    sent_by="",
    first=False,
)
SNS = {
    "EventSource": "aws:sns",
    "Sns": {"MessageId": "n-1", "Message": '{"job_id": "old-payments"}'},
}


def without(*fields: str) -> dict[str, Any]:
    """Return a record that lacks fields."""
    return {name: value for name, value in WHOLE.items() if name not in fields}


def odd_one(record: object) -> Odd:
    """Return what is told of the odd record beside a whole one."""
    [whole], [odd] = sort_records({"Records": [record, WHOLE]})
    assert READ == whole
    return odd


ODD: dict[str, tuple[object, str, str]] = {
    "SNS (F5)": (SNS, "aws:sns", '{"job_id": "old-payments"}'),
    "a body alone (F5)": (
        {"body": '{"job_id": "web"}'},
        "one without messageId",
        '{"job_id": "web"}',
    ),
    "S3 (F5)": ({"eventSource": "aws:s3", "s3": {"key": "a"}}, "aws:s3", ""),
    "Kinesis": ({"eventSource": "aws:kinesis", "kinesis": {}}, "aws:kinesis", ""),
    "DynamoDB": ({"eventSource": "aws:dynamodb", "eventID": "1"}, "aws:dynamodb", ""),
    "a source that is no text": (WHOLE | {"eventSource": 5}, "5", WHOLE["body"]),
    "no receipt": (
        without("receiptHandle"),
        "one without receiptHandle",
        WHOLE["body"],
    ),
    "no body": (without("body"), "one without body", ""),
    "an empty body": (WHOLE | {"body": ""}, "one without body", ""),
    "a body that is no text": (WHOLE | {"body": {}}, "one without body", ""),
    "no attributes (F5)": (
        without("attributes"),
        "one without attributes.SentTimestamp",
        WHOLE["body"],
    ),
    "a time that is none": (
        WHOLE | {"attributes": {"SentTimestamp": "yesterday"}},
        "one without attributes.SentTimestamp",
        WHOLE["body"],
    ),
    "a time beyond the calendar": (
        WHOLE | {"attributes": {"SentTimestamp": "9" * 15}},
        "one without attributes.SentTimestamp",
        WHOLE["body"],
    ),
    "a notification without a message": (
        {"EventSource": "aws:sns", "Sns": None},
        "aws:sns",
        "",
    ),
    "a text": ('{"job_id": "web"}', """'{"job_id": "web"}'""", ""),
    "null": (None, "None", ""),
}


@pytest.mark.parametrize(("record", "got", "body"), ODD.values(), ids=ODD)
def test_an_odd_record_is_told_by_what_it_is(
    record: object, got: str, body: str
) -> None:
    """What it carries is kept, and the record itself where it carries nothing."""
    odd = odd_one(record)

    assert f"Records: expected SQS records, got {got}" == odd.why
    assert (body or json.dumps(record)) == odd.body


def test_the_id_of_an_odd_record_is_kept() -> None:
    """Its outcome can be found by it."""
    assert ("m-1", "") == (odd_one(without("body")).message_id, odd_one(SNS).message_id)


def test_records_without_a_source_are_those_of_sqs() -> None:
    """Handmade ones leave out what nobody reads."""
    record = without("eventSource")

    assert ([READ], []) == sort_records({"Records": [record]})


def test_what_sqs_says_of_a_message_is_read() -> None:
    """Who sent it, and whether it comes for the first time."""
    says = WHOLE["attributes"] | {"SenderId": "AROAX:ann"}
    records = [
        WHOLE | {"attributes": says | {"ApproximateReceiveCount": count}}
        for count in ("1", "2")
    ]
    once, again = sort_records({"Records": records})[0]

    assert ("AROAX:ann", True, False) == (once.sent_by, once.first, again.first)


NONE: dict[str, tuple[object, str]] = {
    "no records": ({"Records": []}, "[]"),
    "records that are no list": ({"Records": {"body": "{}"}}, "{'body': '{}'}"),
    "another event": ({"a": 1}, "{'a': 1}"),
    "an event of EventBridge": (
        {"version": "0", "detail-type": "Scheduled Event", "detail": {}},
        "an event of EventBridge",
    ),
    "a list": ([WHOLE["body"]], """['{"job_id": "web"}']"""),
    "a text": ("web", "'web'"),
    "null": (None, "None"),
}


@pytest.mark.parametrize(("event", "got"), NONE.values(), ids=NONE)
def test_an_event_without_records_is_refused(event: object, got: str) -> None:
    """There is nothing in it to be kept, and its sender is told what was expected."""
    with pytest.raises(BadBody) as refused:
        sort_records(event)

    assert f"Records: expected SQS records, got {got}" == str(refused.value)
