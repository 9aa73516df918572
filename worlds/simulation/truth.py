"""One reading of a history, indexed once; it says what was so, and judges nothing.

It must not know how the product decides: nothing here imports it.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from simulation.history import (
    Announced,
    Asked,
    Began,
    Delivered,
    Expired,
    Finished,
    History,
    Key,
    Posted,
    Rang,
    Read,
    Redriven,
    Sent,
    Spoiled,
    Told,
    Written,
)
from simulation.lives import Life, Track

# The clocks of SQS, of a rule's event and of the cluster may each show whole seconds.
CLOCKS = timedelta(seconds=1)
# Two clocks may be 5 s apart: a process that started so soon after the request is taken
# for older than it, a closing that ended so shortly before it for later.
REOPENED_TOLERANCE = timedelta(seconds=5)
# A mode may be read from a cache of 30 s, and the call that follows takes its time.
MODE_KNOWN_AFTER = timedelta(seconds=31)

E = TypeVar("E")


def grouped(events: Iterable[E], by: Callable[[E], Any]) -> dict[Any, list[E]]:
    """Group events, each group in the order of time."""
    groups: defaultdict[Any, list[E]] = defaultdict(list)
    for event in events:
        groups[by(event)].append(event)
    return dict(groups)


@dataclass(frozen=True, slots=True)
class Truth:
    """The events by what they are about; `indexing.read` makes it."""

    history: History
    asked: dict[str, Asked]
    began: dict[int, Began]
    finished: dict[int, Finished]
    sent: dict[Key, list[Sent]]
    told: dict[Key, list[Told]]
    posted: dict[Key, list[Posted]]
    reads: dict[int, list[Read]]
    written: dict[str, list[Written]]
    announced: dict[str, list[Announced]]
    redriven: dict[Key, list[Redriven]]
    spoiled: dict[Key, list[Spoiled]]
    expired: dict[Key, list[Expired]]
    held: dict[tuple[int, Key], Delivered]
    lives: defaultdict[str, Life]
    mode: Track
    upgrade: Track
    door: Track
    rang: list[Rang]

    def wish(self, key: Key) -> Asked | None:
        """Return what was asked; a sweep's watch has an id of its own, from its."""
        return self.asked.get(key.request_id.removesuffix("/watch"))

    def as_a_whole(self, key: Key) -> tuple[Key, ...]:
        """Return the keys under which the key's whole request goes about and ends."""
        wish = self.asked.get(key.request_id)
        rid = key.request_id
        return (Key(rid, wish.expression), Key(rid, "")) if wish else ()

    def together(self, key: Key) -> set[Key]:
        """Return the key and those of its whole request."""
        return {key, *self.as_a_whole(key)}

    def redrives(self, key: Key) -> list[datetime]:
        """Return when a person gave this key, or its request, another try."""
        if not self.redriven:
            return []
        return sorted(
            r.at for k in self.together(key) for r in self.redriven.get(k, ())
        )

    def start_of(self, invocation: int, otherwise: datetime) -> datetime:
        """Return when an invocation began."""
        began = self.began.get(invocation)
        return began.at if began else otherwise

    def episode(self, key: Key, event: Told | Posted) -> int:
        """Return the number of redrives that the event's invocation knew of.

        What began before a redrive belongs to the old episode, whenever it is told.
        """
        redrives = self.redrives(key)
        return bisect_right(redrives, self.start_of(event.invocation, event.at))

    def episodes(self, key: Key) -> dict[int, list[Told]]:
        """Return the outcomes of a key, by episode."""
        outcomes = self.told.get(key, [])
        if not self.redriven:
            return {0: outcomes} if outcomes else {}
        return grouped(outcomes, lambda told: self.episode(key, told))

    def looked_from(self, told: Told) -> datetime:
        """Return the earliest time from which the outcome's teller may have its facts.

        A batch is read once, as it begins, and what is told of its last message is as
        old as that read. Whoever has posted reads once more: older facts do not count.
        """
        posts = self.posted.get(told.key, ())
        own = [p.at for p in posts if p.invocation == told.invocation]
        if mine := [at for at in own if at <= told.at]:
            return mine[-1]
        reads = self.reads.get(told.invocation)
        return reads[0].at if reads else self.start_of(told.invocation, told.at)

    def states(self, told: Told) -> list[str]:
        """Return the job's states since the teller looked."""
        life = self.lives[told.key.job_id]
        return life.state.between(self.looked_from(told), told.at)

    def born_in(self, key: Key) -> set[str]:
        """Return the modes in which messages of this key may have been born.

        A Sweeper asks for the mode as it begins, and may get one that is 30 s old.
        """
        modes: set[str] = set()
        for sent in self.sent.get(key, ()):
            began = self.began.get(sent.invocation)
            if sent.kind and began and began.function == "Sweeper":
                modes.update(self.mode.between(began.at - MODE_KNOWN_AFTER, began.at))
        return modes

    def kinds(self, key: Key) -> set[str]:
        """Return the kinds of the messages of this key."""
        return {sent.kind for sent in self.sent.get(key, ()) if sent.kind}

    def function(self, invocation: int) -> str:
        """Return the name of an invocation's function, empty if it never began."""
        began = self.began.get(invocation)
        return began.function if began else ""


def posts(truth: Truth) -> Iterator[Posted]:
    """Yield every close that reached the cluster, key by key."""
    for of_key in truth.posted.values():
        yield from of_key
