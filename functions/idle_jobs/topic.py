"""The only module that calls SNS: publishes digests."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from idle_jobs.steps.digest_item import Every


class Unpublished(Exception):
    """SNS did not take a digest, or did not say that it did."""


class Publisher(Protocol):
    """What is needed of a client of SNS."""

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> object:  # noqa: N803
        """Publish a message."""


@dataclass(frozen=True, slots=True)
class Topic:
    """The topic of the digests. `connect` returns a client, made if needed.

    `gib_hour_price` is what the operator says that a GiB-hour costs, or 0.
    """

    connect: Callable[[], Publisher]
    arn: str
    every: Every
    gib_hour_price: float = 0

    def publish(self, subject: str, text: str) -> None:
        """Publish a digest. Raises Unpublished."""
        try:
            self.connect().publish(TopicArn=self.arn, Subject=subject, Message=text)
        except (BotoCoreError, ClientError) as error:
            raise Unpublished(str(error)) from error
