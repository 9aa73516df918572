"""The envelopes that AWS services put around a message; pure.

An envelope is recognised by its fields. It is refused with an error that names the part
of it to send instead.
"""

from collections.abc import Iterator, Mapping

# Name, fields that all envelopes of this kind have, and advice. Special kinds first.
_ENVELOPES: tuple[tuple[str, frozenset[str], str], ...] = (
    ("an alarm of CloudWatch", frozenset({"alarmArn", "alarmData"}), ""),
    ("an alarm of CloudWatch", frozenset({"AlarmName", "NewStateValue"}), ""),
    (
        "an event of EventBridge",
        frozenset({"detail-type", "detail"}),
        "send the value of detail (InputPath: $.detail)",
    ),
    (
        "a notification of SNS",
        frozenset({"TopicArn", "Message"}),
        "send the value of Message (raw message delivery)",
    ),
    (
        "the record of a Lambda destination",
        frozenset({"requestContext", "requestPayload"}),
        "send the value of requestPayload",
    ),
    ("an HTTP request", frozenset({"requestContext"}), "send the value of body"),
    ("a test event of S3", frozenset({"Service", "Event", "Bucket"}), ""),
)


def envelope(body: Mapping[str, object]) -> str:
    """Return the name of the envelope and what to send instead, or "".

    The `version` of an envelope is not the version of a close message.
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
    """Return the service that made a record, such as `aws:s3`; "" if there is none."""
    if not isinstance(record, Mapping):
        return ""
    # Only SNS writes the field with a capital letter.
    source = record.get("eventSource", record.get("EventSource"))
    return f"{source!s:.60}" if source is not None else ""
