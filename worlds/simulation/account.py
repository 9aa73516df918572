"""A day that can pass in the models or in the runner, and the account of how it went.

It knows of the functions only what goes into them and what comes out.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from simulation.history import Key
from simulation.sqs import key_of
from standin.cluster import Cluster

ASKED_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Day:
    """What happens: jobs, a sweep, bodies for RequestQueue, invocations that are lost.

    `dies` are invocations, by function and number, that have had all their effects;
    every invocation of the functions in `broken` is lost before its first one.
    """

    start: datetime
    sweep: datetime
    end: datetime
    jobs: Mapping[str, Mapping[str, Any]]
    bodies: Sequence[str]
    parameters: Mapping[str, str]
    dies: Collection[tuple[str, int]] = ()
    broken: Collection[str] = ()

    @property
    def asked(self) -> datetime:
        """Return when the bodies are sent."""
        return self.sweep + ASKED_AFTER

    def cluster(self) -> Cluster:
        """Return the cluster as the day begins."""
        cluster = Cluster()
        for job_id, fields in self.jobs.items():
            cluster.add_job(job_id, now=self.start, **fields)
        return cluster


class Receive(NamedTuple):
    """A message was handed to a function: when, and with which SentTimestamp."""

    at: datetime
    sent_at: datetime


@dataclass
class Account:
    """How a day went: steps by key, receives by queue and key, and what is left.

    Keys are those of the bodies; a message's own id, which only its queue chooses, is
    left empty. Waits that follow each other are one step: their number is a latency.
    """

    steps: dict[Key, list[tuple[str, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    receives: dict[tuple[str, Key], list[Receive]] = field(
        default_factory=lambda: defaultdict(list)
    )
    left: Counter[tuple[str, Key]] = field(default_factory=Counter)
    states: dict[str, str] = field(default_factory=dict)

    def deliver(self, event: Mapping[str, Any], now: datetime) -> set[Key]:
        """Note what a function is handed; return its keys."""
        keys = set()
        for record in event.get("Records", ()):
            queue = record["eventSourceARN"].rpartition(":")[2]
            milliseconds = int(record["attributes"]["SentTimestamp"])
            sent_at = datetime.fromtimestamp(milliseconds / 1000, UTC)
            key = key_of(record["body"], "")
            self.receives[queue, key].append(Receive(now, sent_at))
            keys.add(key)
        return keys

    def finish(
        self,
        function: str,
        held: Iterable[Key],
        sends: Iterable[tuple[Key, str]],
        tells: Iterable[tuple[Key, str]],
    ) -> None:
        """Note what an invocation did for each key, first what it sent."""
        deeds = [
            *((key, f"sends to {queue}") for key, queue in sorted(sends)),
            *sorted(tells),
        ]
        idle = set(held) - {key for key, _ in deeds}
        for key, deed in [*deeds, *((key, "waits") for key in idle)]:
            step = (function, deed)
            if deed != "waits" or self.steps[key][-1:] != [step]:
                self.steps[key].append(step)


def without_id(key: Key) -> Key:
    """Return a key without the id of a message that has no other."""
    return key if key.job_id else Key("", "")
