"""The functions as Lambda calls them; what they send stops where SQS would read it."""

import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from builders import NOW
from hostile.bodies import record
from idle_jobs import aws, services
from local.runner import AWS_KEYS, Runner
from standin.cluster import Cluster

# SQS's own limits: a message with its attributes, and the characters it may hold.
LONGEST_MESSAGE = 1_048_576
NOT_TAKEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Entry = dict[str, Any]


def takes(entry: Entry) -> bool:
    """Tell whether SQS takes an entry."""
    beside = entry.get("MessageAttributes", {}).values()
    texts = [entry["MessageBody"], *(value["StringValue"] for value in beside)]
    if any(not text or NOT_TAKEN.search(text) for text in texts):
        return False
    return sum(len(text.encode()) for text in texts) < LONGEST_MESSAGE


@dataclass
class Edge:
    """A stack whose functions are called with anything.

    `sent` holds what SQS took, and `refused` what it would not; `slowest` is how many
    seconds of a processor the slowest look took.
    """

    stack: Runner
    sent: list[Entry] = field(default_factory=list)
    refused: list[Entry] = field(default_factory=list)
    slowest: float = 0

    def send_message_batch(self, **call: Any) -> dict[str, Any]:
        """Take entries as SQS does, each for itself."""
        failed = [entry for entry in call["Entries"] if not takes(entry)]
        taken = (entry for entry in call["Entries"] if entry not in failed)
        self.sent += [entry | {"QueueUrl": call["QueueUrl"]} for entry in taken]
        self.refused += failed
        return {"Failed": [{"Id": entry["Id"]} for entry in failed]}

    def change_message_visibility_batch(self, **call: Any) -> dict[str, Any]:
        """Take what SQS takes: twelve hours at most."""
        waits = [entry["VisibilityTimeout"] for entry in call["Entries"]]
        self.refused += [entry for entry in waits if not 0 <= entry <= 43_200]
        return {"Failed": []}

    def look(self, function: str, bodies: Sequence[str]) -> "Seen":
        """Hand bodies to a function, as one batch; return what came of it."""
        self.stack.log.clear()
        sent = len(self.sent)
        records = [record(body, number) for number, body in enumerate(bodies)]
        began = time.process_time()
        answer = self.stack.call(function, {"Records": records})
        self.slowest = max(self.slowest, time.process_time() - began)
        stay = [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]
        return Seen(len(bodies), stay, list(self.stack.log), self.sent[sent:])


@dataclass
class Seen:
    """What came of a batch."""

    handed: int
    stay: Sequence[str]
    log: Sequence[dict[str, Any]]
    sent: Sequence[Entry]

    def lines(self, *messages: str) -> list[dict[str, Any]]:
        """Return the lines of the log with one of these messages."""
        return [line for line in self.log if line["message"] in messages]

    @property
    def longest_line(self) -> int:
        """Return the bytes of the longest line; the log has to be able to hold it."""
        written = (
            json.dumps(line, default=str, ensure_ascii=False) for line in self.log
        )
        return max((len(text.encode()) for text in written), default=0)


@contextmanager
def edge(**parameters: str) -> Iterator[Edge]:
    """Yield a stack at NOW, whose cluster is for the test to answer for."""
    make = aws.client
    with Runner(Cluster(), NOW, parameters) as stack, pytest.MonkeyPatch.context() as p:
        it = Edge(stack)
        for name in {*os.environ} - {*AWS_KEYS, "PATH", "HOME"}:
            p.delenv(name)  # It is copied for every call.

        def client(name: Any, **own: Any) -> Any:
            return it if name == "sqs" else make(name, **own)

        p.setattr(services, "client", client)
        yield it
