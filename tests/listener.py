"""What a rule of an event bus makes of events: a queue keeps those that it matches."""

import json
from typing import Any

import boto3

from local.place import ACCOUNT, REGION


class Listener:
    """A bus, a rule of it, and a queue; made as an operator would make them."""

    def __init__(self, bus: str, pattern: str) -> None:
        self._sqs = boto3.client("sqs")
        self._queue = self._sqs.create_queue(QueueName="heard")["QueueUrl"]
        target = {"Id": "queue", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:heard"}
        events = boto3.client("events")
        events.create_event_bus(Name=bus)
        events.put_rule(EventBusName=bus, Name="rule", EventPattern=pattern)
        events.put_targets(EventBusName=bus, Rule="rule", Targets=[target])

    @property
    def heard(self) -> list[dict[str, Any]]:
        """Return the events that have come since one last asked."""
        found = []
        while more := self._sqs.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=0
        ).get("Messages"):
            for message in more:
                found.append(json.loads(message["Body"]))
                receipt = message["ReceiptHandle"]
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=receipt)
        return found
