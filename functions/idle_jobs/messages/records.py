"""The records of an event: complete records of SQS, and all others; pure.

Only SQS delivers an unfinished record again. Lambda tries an event of SNS or S3 three
times and then drops it. A record without an id cannot be returned to SQS at all.
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from idle_jobs.messages.envelopes import envelope, source_of
from idle_jobs.messages.readers import (
    LONGEST_TEXT,
    BadBody,
    name,
    parse_object,
    read_fields,
)
from idle_jobs.safe_text import printable

_MILLISECONDS = re.compile(r"\d{1,14}", re.ASCII)  # Up to the year 5138.


@dataclass(frozen=True, slots=True)
class Record:
    """A record of SQS, as far as it is read.

    `sent_at` is when the message was sent first: it keeps that time when SQS
    dead-letters it. `sent_by` is the principal that sent it (SenderId), or "". `first`
    tells whether SQS delivers it for the first time, as far as it says.
    """

    message_id: str
    receipt_handle: str
    body: str
    sent_at: datetime
    sent_by: str
    first: bool


@dataclass(frozen=True, slots=True)
class Odd:
    """A record that cannot be handled: its body, its id or "", and what is wrong.

    `body` is never empty: without a body, it is the whole record as JSON.
    """

    body: str
    message_id: str
    why: str


def sort_records(event: object) -> tuple[list[Record], list[Odd]]:
    """Return the records of SQS and the odd ones; BadBody if there are no records."""
    fields: Mapping[str, Any] = event if isinstance(event, Mapping) else {}
    records = fields.get("Records", event)
    if "Records" not in fields or not isinstance(records, list) or not records:
        kind = "" if "Records" in fields else envelope(fields).partition(":")[0]
        got = kind or f"{records!r:.60}"
        raise BadBody(f"Records: expected SQS records, got {got}")
    whole, odd = [], []
    for record in records:
        if why := _oddity(record):
            expected = f"Records: expected SQS records, got {why}"
            odd.append(Odd(_body(record), _text(record, "messageId"), expected))
        else:
            whole.append(_read(record))
    return whole, odd


def request_id_of(body: str, message_id: str) -> str:
    """Return the `request_id` of a body, or SQS's message id if it has none."""
    with suppress(BadBody):
        read = read_fields(parse_object(body), {"request_id": name})
        return str(read.get("request_id", message_id))
    return message_id


def _read(record: Mapping[str, Any]) -> Record:
    attributes = record["attributes"]
    return Record(
        message_id=record["messageId"],
        receipt_handle=record["receiptHandle"],
        body=record["body"],
        sent_at=datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
        sent_by=printable(str(attributes.get("SenderId", "")), most=LONGEST_TEXT),
        first=attributes.get("ApproximateReceiveCount") == "1",
    )


def _oddity(record: object) -> str:
    """Return how a record differs from a complete record of SQS, "" if it does not."""
    if not isinstance(record, Mapping):
        return f"{record!r:.60}"
    if source_of(record) not in ("", "aws:sqs"):
        return source_of(record)
    for field in ("messageId", "receiptHandle", "body"):
        if not _text(record, field):
            return f"one without {field}"
    attributes = record.get("attributes")
    sent = attributes.get("SentTimestamp") if isinstance(attributes, Mapping) else None
    if not isinstance(sent, str) or not _MILLISECONDS.fullmatch(sent):
        return "one without attributes.SentTimestamp"
    return ""


def _body(record: object) -> str:
    """Return the body of a record, which a person may want to send again."""
    notification = record.get("Sns") if isinstance(record, Mapping) else None
    sent = _text(record, "body") or _text(notification, "Message")
    return sent or json.dumps(record)


def _text(value: object, field: str) -> str:
    text = value.get(field) if isinstance(value, Mapping) else None
    return text if isinstance(text, str) else ""
