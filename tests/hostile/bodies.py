"""Bodies of RequestQueue, CloseQueue and ForceQueue, most of them spoiled."""

import json
from random import Random

from builders import ago
from hostile.texts import document, object_of
from idle_jobs.times import rfc3339

SENT = ago(minutes=3)
EVIDENCE = {
    "state": '"opened"',
    "last_activity": f'"{rfc3339(ago(days=10))}"',
    "open_start": f'"{rfc3339(ago(days=30))}"',
    "datafeed_state": '"stopped"',
}
MESSAGE = {
    "version": "1",
    "cluster": '"demo"',
    "request_id": '"r-1"',
    "job_id": '"web"',
    "requested_at": f'"{rfc3339(SENT)}"',
    "kind": '"close"',
    "origin": '"request"',
    "mode": '"close"',
    "only_if_idle": "true",
    "force": "false",
    "timeout": '"30m"',
    "requested_by": '"ann"',
    "reason": '"idle_datafeed_stopped"',
}
REQUEST = {
    "job_id": '"web"',
    "allow_no_match": "true",
    "force": "false",
    "timeout": '"45m"',
    "only_if_idle": "true",
    "reason": '"not needed"',
    "requested_by": '"ann"',
    "request_id": '"r-1"',
    "requested_at": f'"{rfc3339(SENT)}"',
}


def request(r: Random) -> str:
    """Return a body for RequestQueue: a request, or a redriven close message."""
    if r.random() < 0.2:
        return message(r)
    return document(r, object_of(r, REQUEST))


def message(r: Random) -> str:
    """Return a body for CloseQueue or ForceQueue."""
    fields = dict(MESSAGE)
    if r.random() < 0.5:
        fields["evidence"] = object_of(r, EVIDENCE)
    if r.random() < 0.3:
        handed = f'"{rfc3339(ago(minutes=1))}"'
        fields |= {"handed_at": handed, "closing_seen_at": handed}
    return document(r, object_of(r, fields))


def record(body: str, number: int) -> dict[str, object]:
    """Return a body as SQS hands it to Lambda."""
    milliseconds = int(SENT.timestamp() * 1000)
    return {
        "messageId": f"m{number}",
        "receiptHandle": f"receipt-{number}",
        "body": body or " ",  # SQS takes no empty one.
        "attributes": {"SentTimestamp": str(milliseconds)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:Queue",
        "awsRegion": "eu-west-1",
    }


def forced(body: str) -> bool:
    """Tell whether a body really is an order to force."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(given, dict) and given.get("force") is True
