"""The topic of a stack's digests, and a queue that keeps what is published there."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import boto3

from local.place import ACCOUNT, REGION


class Published(NamedTuple):
    """A digest as a subscriber gets it."""

    subject: str
    text: str


class Digests:
    """The topic, subscribed to as an operator would."""

    def __init__(self, stack: str) -> None:
        name = f"{stack}-heard"
        self._queue = boto3.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        sns = boto3.client("sns")
        self.topic = sns.create_topic(Name=f"{stack}-digests")["TopicArn"]
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn)

    def heard(self) -> list[Published]:
        """Return what was published since one last asked."""
        return [
            Published(told["Subject"], told["Message"]) for told in taken(self._queue)
        ]


def taken(queue: str) -> Iterator[dict[str, Any]]:
    """Yield the bodies of all messages of a queue, which are deleted."""
    sqs = boto3.client("sqs")
    while more := sqs.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=0
    ).get("Messages"):
        for message in more:
            yield json.loads(message["Body"])
            receipt = message["ReceiptHandle"]
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=receipt)
