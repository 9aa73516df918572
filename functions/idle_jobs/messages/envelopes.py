"""The envelopes that AWS puts around what somebody sends, told by their fields; pure.

A request that comes in one of them is refused, with where in it the request would be.
"""

from collections.abc import Iterator, Mapping

# Each with the fields that all of its kind have, the more particular kinds first.
_ENVELOPES: tuple[tuple[str, frozenset[str], str], ...] = (
    ("an alarm of CloudWatch", frozenset({"alarmArn", "alarmData"}), ""),
    ("an alarm of CloudWatch", frozenset({"AlarmName", "NewStateValue"}), ""),
    (
        "an event of EventBridge",
        frozenset({"detail-type", "detail"}),
        "send what is in detail (InputPath: $.detail)",
    ),
    (
        "a notification of SNS",
        frozenset({"TopicArn", "Message"}),
        "send what is in Message (raw message delivery)",
    ),
    (
        "the record of a Lambda destination",
        frozenset({"requestContext", "requestPayload"}),
        "send what is in requestPayload",
    ),
    ("an HTTP request", frozenset({"requestContext"}), "send what is in body"),
    ("a test event of S3", frozenset({"Service", "Event", "Bucket"}), ""),
)


def envelope(body: Mapping[str, object]) -> str:
    """Name the envelope that a body is, and what to send instead; empty if it is none.

    Its `version` is its own, whatever number it has.
    """
    return next(_kinds(body), "")


def _kinds(body: Mapping[str, object]) -> Iterator[str]:
    for kind, fields, instead in _ENVELOPES:
        if fields <= body.keys():
            yield f"{kind}: {instead}" if instead else kind
    if isinstance(records := body.get("Records"), list):
        found = {source_of(r) or "an unknown source" for r in records}
        yield f"records of {', '.join(sorted(found)[:3]) or 'nothing'}"
    if source := source_of(body):
        yield f"a record of {source}"


def source_of(record: object) -> str:
    """Return the service that made a record, such as `aws:s3`; empty if it is none."""
    if not isinstance(record, Mapping):
        return ""
    # SNS alone writes it with a capital.
    source = record.get("eventSource", record.get("EventSource"))
    return f"{source!s:.60}" if source is not None else ""
