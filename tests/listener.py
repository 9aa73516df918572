"""What a rule of an event bus makes of events: a queue keeps those that it matches."""

from typing import Any

import boto3

from local.digests import taken
from local.place import ACCOUNT, REGION


class Listener:
    """A bus, a rule of it, and a queue; made as an operator would make them."""

    def __init__(self, bus: str, pattern: str) -> None:
        self._queue = boto3.client("sqs").create_queue(QueueName="heard")["QueueUrl"]
        target = {"Id": "queue", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:heard"}
        events = boto3.client("events")
        events.create_event_bus(Name=bus)
        events.put_rule(EventBusName=bus, Name="rule", EventPattern=pattern)
        events.put_targets(EventBusName=bus, Rule="rule", Targets=[target])

    @property
    def heard(self) -> list[dict[str, Any]]:
        """Return the events that have come since one last asked."""
        return list(taken(self._queue))
