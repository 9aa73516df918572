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
    return next(_told(body), "")


def _told(body: Mapping[str, object]) -> Iterator[str]:
    for kind, fields, instead in _ENVELOPES:
        if fields <= body.keys():
            yield f"{kind}: {instead}" if instead else kind
    if "Records" in body:
        yield f"records of {sources(body['Records'])}"


def sources(records: object) -> str:
    """Name the sources of a list of records, such as `aws:s3`."""
    named = []
    for record in records if isinstance(records, list) else ():
        fields = record if isinstance(record, dict) else {}
        source = fields.get("eventSource", fields.get("EventSource"))
        named.append(
            f"{source:.60}" if isinstance(source, str) else "an unknown source"
        )
    return ", ".join(sorted(set(named))[:3]) or "nothing"
