"""Reads a history into the one index that all checks ask; judges nothing."""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, TypeVar

from simulation.history import (
    Announced,
    Asked,
    Began,
    Delivered,
    Event,
    Expired,
    Finished,
    History,
    Posted,
    Rang,
    Read,
    Redriven,
    Sent,
    Spoiled,
    Told,
    Turned,
    Written,
)
from simulation.lives import Track, lives_of
from simulation.truth import Truth, grouped

E = TypeVar("E")
_key = attrgetter("key")


def read(history: History) -> Truth:
    """Index the events, each once."""
    of = _by_type(history.events)
    asked: dict[str, Asked] = {}
    for wish in of(Asked):
        asked.setdefault(wish.request_id, wish)
    return Truth(
        history=history,
        asked=asked,
        began={b.invocation: b for b in of(Began)},
        finished={f.invocation: f for f in of(Finished)},
        sent=grouped(of(Sent), _key),
        told=grouped(of(Told), _key),
        posted=grouped(of(Posted), _key),
        reads=grouped(of(Read), attrgetter("invocation")),
        written=grouped(of(Written), lambda item: item.key.job_id),
        announced=grouped(of(Announced), lambda told: told.key.job_id),
        redriven=grouped(of(Redriven), _key),
        spoiled=grouped(of(Spoiled), _key),
        expired=grouped(of(Expired), _key),
        held={(d.invocation, d.key): d for d in of(Delivered)},
        lives=lives_of(history.events),
        mode=_turns(of(Turned), "mode", "close"),
        upgrade=_turns(of(Turned), "upgrade_mode", "off"),
        door=_door(of(Turned)),
        rang=of(Rang),
    )


def _by_type(events: Iterable[Event]) -> Callable[[type[E]], list[E]]:
    groups: dict[Any, Any] = grouped(events, type)

    def of(kind: type[E]) -> list[E]:
        found: list[E] = groups.get(kind, [])
        return found

    return of


def _turns(events: Iterable[Turned], what: str, first: str) -> Track:
    """Follow a mode; before its first turn it is `close`, the upgrade mode is off."""
    track = Track(first)
    for event in events:
        if event.what == what:
            value = event.value if what == "mode" else _switch(event.value)
            track.turn(event.at, value)
    return track


def _door(events: Iterable[Turned]) -> Track:
    """Follow the door, which several things may hold shut at a time."""
    track, held = Track("open"), 0
    for event in events:
        if event.what == "door":
            held += 1 if event.value == "shut" else -1
            track.turn(event.at, "shut" if held else "open")
    return track


def _switch(value: str) -> str:
    return "off" if value.lower() in ("", "off", "false", "no") else "on"
