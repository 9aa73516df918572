"""Envelopes of AWS, and bodies with a `version` that is not ours."""

import json
from typing import Any

import pytest

from builders import NOW, ago, sweeps_message
from idle_jobs.messages.close_message import NewerVersion, parse_message
from idle_jobs.messages.envelopes import envelope
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.request import parse_request
from idle_jobs.reasons import Reason

SENT = ago(minutes=2)
FIELDS = (
    "job_id, allow_no_match, expected_jobs, force, timeout, only_if_idle, "
    "despite_halt, reason, requested_by, request_id, requested_at"
)
REQUEST = {"job_id": "old-payments"}
WRITTEN = json.dumps(REQUEST)

# As AWS documents them, shortened by what tells nothing.
ENVELOPES: dict[str, tuple[dict[str, Any], str]] = {
    "an event of EventBridge (F2)": (
        {
            "version": "0",
            "id": "1",
            "detail-type": "close",
            "source": "my.app",
            "detail": REQUEST,
        },
        "an event of EventBridge: send the value of detail (InputPath: $.detail)",
    ),
    "that event, its version mended as it was told (F2)": (
        {"version": 1, "id": "1", "detail-type": "close", "detail": REQUEST},
        "an event of EventBridge: send the value of detail",
    ),
    "EventBridge Scheduler without a payload (F2)": (
        {
            "version": "0",
            "id": "1",
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "time": "2026-11-23T11:58:00Z",
            "resources": ["arn:aws:scheduler:eu-west-1:1:schedule/default/sweep"],
            "detail": "{}",
        },
        "an event of EventBridge",
    ),
    "a notification of SNS": (
        {
            "Type": "Notification",
            "MessageId": "1",
            "TopicArn": "arn:aws:sns:eu-west-1:1:close",
            "Message": WRITTEN,
            "SignatureVersion": "1",
        },
        "a notification of SNS: send the value of Message (raw message delivery)",
    ),
    "API Gateway's HTTP API, a function URL (F2)": (
        {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/",
            "requestContext": {"http": {"method": "POST"}},
            "body": WRITTEN,
        },
        "an HTTP request: send the value of body",
    ),
    "API Gateway's REST API": (
        {"httpMethod": "POST", "path": "/", "requestContext": {}, "body": WRITTEN},
        "an HTTP request: send the value of body",
    ),
    "a Lambda destination (F2)": (
        {
            "version": "1.0",
            "timestamp": "2026-11-23T11:58:00Z",
            "requestContext": {"condition": "RetriesExhausted"},
            "requestPayload": REQUEST,
        },
        "the record of a Lambda destination: send the value of requestPayload",
    ),
    "an alarm that invokes a function": (
        {"source": "aws.cloudwatch", "alarmArn": "arn:aws:cloudwatch", "alarmData": {}},
        "an alarm of CloudWatch",
    ),
    "an alarm by way of SNS": (
        {"AlarmName": "idle", "NewStateValue": "ALARM", "NewStateReason": "1 > 0"},
        "an alarm of CloudWatch",
    ),
    "a file in S3": (
        {"Records": [{"eventSource": "aws:s3", "s3": {}}]},
        "records of aws:s3",
    ),
    "S3's test event": (
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"},
        "a test event of S3",
    ),
}


def refused_request(body: object) -> str:
    """Return why a body is no request."""
    with pytest.raises(BadBody) as refused:
        parse_request(json.dumps(body), request_id="r", sent_at=SENT, now=NOW)
    assert refused.value.reason is Reason.BAD_REQUEST
    return str(refused.value)


@pytest.mark.parametrize(("body", "told"), ENVELOPES.values(), ids=ENVELOPES)
def test_an_envelope_is_refused_by_its_name(body: dict[str, Any], told: str) -> None:
    """Whoever sent it learns what it is, where the request is, and its fields."""
    assert refused_request(body).startswith(
        f"body: expected the fields {FIELDS}, got {told}"
    )


@pytest.mark.parametrize(("body", "told"), ENVELOPES.values(), ids=ENVELOPES)
def test_an_envelope_is_no_close_message(body: dict[str, Any], told: str) -> None:
    """A closer that is sent one refuses it by its name, too."""
    with pytest.raises(BadBody) as refused:
        parse_message(json.dumps(body), sent_at=SENT, now=NOW)

    expected = f"body: expected a close message of the Sweeper, got {told}"
    assert str(refused.value).startswith(expected)


OWN: dict[str, dict[str, Any]] = {
    "as a number (F2)": {"version": 1},
    "as a text": {"version": "1.0"},
    "of the next year": {"version": 2027},
    "beside an id and a time": {
        "version": 1,
        "request_id": "ann-1",
        "requested_at": "2026-11-23T11:00:00Z",
    },
    "that is none": {"version": None},
}


@pytest.mark.parametrize("fields", OWN.values(), ids=OWN)
def test_a_version_of_ones_own_is_an_unknown_field(fields: dict[str, Any]) -> None:
    """A request has no version, and one that has is not taken for a close message."""
    expected = f"version: unknown field, expected one of {FIELDS}"

    assert expected == refused_request(REQUEST | fields)


def test_a_close_message_is_told_whatever_else_it_has() -> None:
    """A newer one may have any field, even one that an envelope has (F2)."""
    body = json.loads(sweeps_message().to_json()) | {"requestContext": {}}
    read = parse_request(json.dumps(body), request_id="r", sent_at=SENT, now=NOW)

    assert sweeps_message().job_id == read.job_id
    newer = json.dumps(body | {"version": 2})
    with pytest.raises(NewerVersion):
        parse_request(newer, request_id="r", sent_at=SENT, now=NOW)


def test_a_request_in_a_closers_queue_is_told_where_it_belongs() -> None:
    """It has no version, and asking for one would not help (F2)."""
    with pytest.raises(BadBody, match=r"got None; requests go to RequestQueue$"):
        parse_message(WRITTEN, sent_at=SENT, now=NOW)


def test_a_request_is_no_envelope() -> None:
    """None of its fields is one of an envelope's."""
    assert "" == envelope(dict.fromkeys(FIELDS.split(", ")))


SOURCES: dict[str, tuple[dict[str, object], str]] = {
    "SNS, which writes it with a capital": (
        {"Records": [{"EventSource": "aws:sns"}]},
        "records of aws:sns",
    ),
    "two": (
        {"Records": [{"eventSource": "aws:sqs"}, {"eventSource": "aws:s3"}] * 2},
        "records of aws:s3, aws:sqs",
    ),
    "none that is named": (
        {"Records": [{"body": "{}"}, 5]},
        "records of an unknown source",
    ),
    "no records": ({"Records": []}, "records of nothing"),
    "no list": ({"Records": {"a": 1}}, ""),
    "one record": ({"eventSource": "aws:s3", "s3": {}}, "a record of aws:s3"),
}


@pytest.mark.parametrize(("body", "expected"), SOURCES.values(), ids=SOURCES)
def test_records_are_told_by_their_sources(
    body: dict[str, object], expected: str
) -> None:
    """Each source once, up to three; one record alone, as it is parked, too."""
    assert expected == envelope(body)
