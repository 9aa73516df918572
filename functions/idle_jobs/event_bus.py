"""The only module that calls EventBridge: outcomes, and jobs held or announced.

The log has all that is in an event. So a bus that fails loses events, and it neither
delays nor changes what becomes of a job.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

SOURCE = "idle-job-closer"
OUTCOME, HALT = "Job closing outcome", "Sweep halted"
ANNOUNCEMENT = "Job announced"
# A new field does not change the version. A field that goes, or means something else,
# does.
VERSION = 1
MOST_ENTRIES = 10  # of a call. Ten of the longest outcomes are below its limit of 1 MB.
# Seconds: those that are left of an invocation when a call begins, and those that all
# calls take. A call without an answer takes about 5 (BUS_CONFIG).
LEAST_LEFT, MOST_TAKEN = 10, 30

Entry = Mapping[str, str]


class Client(Protocol):
    """What is needed of a client of EventBridge."""

    def put_events(self, *, Entries: Sequence[Entry]) -> Mapping[str, Any]:  # noqa: N803
        """Send events."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Events that the bus did not take, and why."""

    events: int
    detail: str


@dataclass(frozen=True, slots=True)
class EventBus:
    """Collects the events of one invocation, and sends them at its end.

    `connect` returns a client, made if needed. Events are collected since a request may
    have thousands of outcomes, and a call takes ten.
    """

    connect: Callable[[], Client]
    name: str
    cluster: str
    _waiting: list[Entry] = field(default_factory=list)

    def add(self, detail_type: str, fields: Mapping[str, object]) -> None:
        """Keep an event until `send`; threads may do so at the same time."""
        detail = {"version": VERSION, "cluster": self.cluster, **fields}
        entry = {"EventBusName": self.name, "Source": SOURCE, "DetailType": detail_type}
        self._waiting.append(entry | {"Detail": json.dumps(detail)})

    def send(self, seconds_left: Callable[[], float]) -> Lost | None:
        """Send all events; return what is lost. It never raises.

        After a call that fails there is no other one, so that a bus which is away costs
        the time of one call. Nor is there one when time is short.
        """
        until = max(LEAST_LEFT, seconds_left() - MOST_TAKEN)
        refused: list[str] = []
        for start in range(0, len(self._waiting), MOST_ENTRIES):
            left = len(self._waiting) - start
            if seconds_left() < until:
                return Lost(len(refused) + left, "no time was left")
            try:
                answer = self.connect().put_events(
                    Entries=self._waiting[start : start + MOST_ENTRIES]
                )
            except (BotoCoreError, ClientError) as error:
                return Lost(len(refused) + left, str(error))
            refused += [e["ErrorCode"] for e in answer["Entries"] if "ErrorCode" in e]
        codes = ", ".join(sorted(set(refused)))
        return Lost(len(refused), codes) if refused else None
