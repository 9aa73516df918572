"""What one invocation, and all that run at a time, may do (I4, I6, I8)."""

from collections.abc import Iterator
from datetime import timedelta

from simulation.findings import Problem
from simulation.history import (
    Began,
    Finished,
    HungUp,
    Key,
    Posted,
    Read,
    Sent,
    Told,
)
from simulation.truth import Truth

CLOSES_IN_FLIGHT = 32
A_MOMENT = timedelta(seconds=2)
NOBODY = Key("", "")
_EFFECTS = (Sent, Posted, Told, Read)


def out_of_life(truth: Truth) -> Iterator[Problem]:
    """Find effects of an invocation that never began, or that had finished (I4).

    A dead function does nothing. That what it held is not lost follows from I1.
    """
    alive: set[int] = {0}  # People and SQS itself never die.
    for event in truth.history.events:
        if isinstance(event, Began):
            alive.add(event.invocation)
        elif isinstance(event, Finished):
            alive.discard(event.invocation)
        elif isinstance(event, _EFFECTS) and event.invocation not in alive:
            key = NOBODY if isinstance(event, Read) else event.key
            what = f"invocation {event.invocation} was over, and still"
            what += f" {type(event).__name__.lower()} {key.job_id}"
            yield Problem(event.at, "I4", "again", key, what)


def not_broken_off(truth: Truth) -> Iterator[Problem]:
    """Find what an invocation still asked of a cluster that could not be read (I6).

    The breaker is the read that a batch begins with. A proof read after a close is
    none: the other closes of the batch may be on their way already.
    """
    posted: set[int] = set()
    broken: set[int] = set()
    for event in truth.history.events:
        if not isinstance(event, Read | Posted):
            continue
        invocation = event.invocation
        if invocation in broken:
            broken.discard(invocation)
            key = event.key if isinstance(event, Posted) else NOBODY
            what = f"invocation {invocation} could not read the cluster and went on"
            yield Problem(event.at, "I6", "not_broken_off", key, what)
        if isinstance(event, Posted):
            posted.add(invocation)
        elif not event.ok and invocation not in posted:
            broken.add(invocation)


def too_many_at_once(truth: Truth) -> Iterator[Problem]:
    """Find when more closes than 32 were in flight (I8); a dead client has hung up."""
    flying: dict[tuple[int, Key], None] = {}
    for event in truth.history.events:
        if isinstance(event, Posted):
            flying[event.invocation, event.key] = None
            if len(flying) == CLOSES_IN_FLIGHT + 1:
                what = f"{len(flying)} closes were in flight at once"
                yield Problem(event.at, "I8", "too_many", event.key, what)
        elif isinstance(event, HungUp):
            flying.pop((event.invocation, event.key), None)
        elif isinstance(event, Finished) and flying:
            for of_it in [f for f in flying if f[0] == event.invocation]:
                del flying[of_it]


def too_many_in_a_sweep(truth: Truth) -> Iterator[Problem]:
    """Find the sweeps that send more jobs to be closed than they may (I8).

    A sweep may run twice for one event. What its first run sent counts for the second
    while it is closing or closed; a job that failed, went away or came back to life
    meanwhile leaves its place to another one, and one that became closable since then
    comes on top: no run can know that the other one has not seen it.
    """
    most = truth.history.rules.max_closes_per_sweep
    for sents in _sent_by_sweeps(truth).values():
        counted = _without_new(truth, sents)
        for sent in sents:
            jobs = {
                other.key.job_id
                for other in counted
                if other.at <= sent.at and _holds_a_place(truth, other, sent)
            }
            if len(jobs) > most:
                what = f"one sweep sends {len(jobs)} jobs to be closed, not {most}"
                yield Problem(sent.at, "I8", "too_many", sent.key, what)
                break


def _sent_by_sweeps(truth: Truth) -> dict[str, list[Sent]]:
    sweeps: dict[str, list[Sent]] = {}
    for key, sents in truth.sent.items():
        wish = truth.asked.get(key.request_id)
        if wish is not None and (wish.scheduled or wish.only_if_idle):
            closes = [sent for sent in sents if sends_to_close(truth, sent)]
            sweeps.setdefault(key.request_id, []).extend(closes)
    return sweeps


def _without_new(truth: Truth, sents: list[Sent]) -> list[Sent]:
    """Leave out what a later run sent and the first one could not have."""
    runs = {sent.invocation for sent in sents}
    if len(runs) < 2:
        return sents
    first = min(sents, key=lambda each: each.at)
    return [
        sent
        for sent in sents
        if sent.invocation == first.invocation or not _changed(truth, first, sent)
    ]


def _changed(truth: Truth, first: Sent, sent: Sent) -> bool:
    life, read = truth.lives[sent.key.job_id], first.at - A_MOMENT
    tracks = (life.state, life.fed, life.kept, life.blocked, life.forecast)
    words = life.said(read, sent.at)
    kept = (word.keep_open_until for word in words)
    ends = any(until and read <= until <= sent.at for until in kept)
    changes = any(len(track.between(read, sent.at)) > 1 for track in tracks)
    return changes or ends or len(words) > 1


def _holds_a_place(truth: Truth, other: Sent, sent: Sent) -> bool:
    if other.invocation == sent.invocation:
        return True
    track = truth.lives[other.key.job_id].state
    if "failed" in track.between(other.at, sent.at):
        return False  # A run since then may have given its place to another.
    # As the second run read it, a moment before it sent; and it is this sweep's close.
    read = sent.at - A_MOMENT
    states = track.between(read, sent.at)
    posted = any(p.at <= sent.at for p in truth.posted.get(other.key, ()))
    return posted and set(states) <= {"closing", "closed"}


def sends_to_close(truth: Truth, sent: Sent) -> bool:
    """Tell whether a Sweeper sends a job to be closed."""
    if sent.kind != "close" or sent.queue not in ("CloseQueue", "ForceQueue"):
        return False
    return truth.function(sent.invocation) == "Sweeper"
