"""Which keys are owed an outcome, and which of them never got one (I1)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from idle_jobs.times import spoken
from simulation.findings import Problem
from simulation.history import Asked, Key, Left
from simulation.truth import Truth

# The Closer gives up after 3 h; a look may be due up to 2 h after an age has passed:
# a quarter of an hour between looks, an hour where a pause sent a message back.
CLOSER_GIVES_UP_AFTER = timedelta(hours=3)
LOOK_MAY_BE_LATE = timedelta(hours=2)
PAUSED_FOR = timedelta(hours=1)


def owed_keys(truth: Truth) -> dict[Key, datetime]:
    """Return every key that is owed an outcome, and since when.

    A schedule asks for nothing by name: what it sends is owed, the rest is its verdict.
    """
    keys: dict[Key, datetime] = {}
    for asked in truth.asked.values():
        for job in () if asked.scheduled else _named(asked):
            keys[Key(asked.request_id, job)] = asked.at
    for key, sent in truth.sent.items():
        if first := next((s for s in sent if s.kind), None):
            keys.setdefault(key, first.at)
    return keys


def _named(asked: Asked) -> frozenset[str]:
    if not asked.readable:
        return frozenset({""})
    return asked.jobs or frozenset({asked.expression})


def unfinished(truth: Truth) -> Iterator[Problem]:
    """Find what is lost, stranded or overdue."""
    working = {m.key for m in truth.history.left if m.queue != "ParkingQueue"}
    looks: dict[str, tuple[datetime, datetime] | None] = {}
    for key, since in owed_keys(truth).items():
        if _has_ended(truth, key):
            continue
        rid = key.request_id
        if rid not in looks:
            looks[rid] = _answered_from(truth, key)
        if _is_not_owed(truth, key, looks[rid]):
            continue
        if expired := truth.expired.get(key):
            why = f"expired in {expired[-1].queue} without an outcome"
            yield _lost(expired[-1].at, key, why)
        elif not truth.together(key) & working:
            yield _lost(since, key, "is in no queue any more and has no outcome")
    for left in truth.history.left:
        yield from _stranded(truth, left)
        yield from _overdue(truth, left)


def _lost(at: datetime, key: Key, why: str) -> Problem:
    return Problem(at, "I1", "lost", key, f"the request for {key.job_id or key} {why}")


def _has_ended(truth: Truth, key: Key) -> bool:
    """Tell whether the key has an outcome since it was last redriven.

    One outcome for the request as a whole ends all that was not sent on by then.
    """
    last = len(truth.redrives(key))
    if truth.told.get(key) and last in truth.episodes(key):
        return True
    again = truth.redrives(key)[-1:]
    sent = truth.sent.get(key, ())
    if any(s.kind and (not again or s.at >= again[0]) for s in sent):
        return False
    return any(
        told.ended in ("parked", "skipped") and truth.episode(key, told) == last
        for whole in truth.as_a_whole(key)
        for told in truth.told.get(whole, ())
    )


def _answered_from(truth: Truth, key: Key) -> tuple[datetime, datetime] | None:
    """Return when the Sweeper that answered the request last read the jobs.

    From the first to the last of its reads: the state is told by one of them.
    """
    whole = truth.as_a_whole(key)
    found = None
    for invocation, held in truth.held:
        finished = truth.finished.get(invocation)
        if held not in whole or finished is None or finished.how != "answered":
            continue
        if times := [r.at for r in truth.reads.get(invocation, ()) if r.ok]:
            found = (times[0], times[-1])
    return found


def _is_not_owed(
    truth: Truth, key: Key, read: tuple[datetime, datetime] | None
) -> bool:
    """Tell whether the answer could leave this job out.

    Whatever is sent is owed. Else a pattern's closed jobs may stay a number; a job that
    was not named itself may be gone by the time of the answer; and an expression that
    stood for nothing may by then stand for jobs that were made since.
    """
    asked = truth.asked.get(key.request_id)
    if asked is None or asked.scheduled or key in truth.sent or read is None:
        return False
    if not asked.jobs:
        return asked.readable and _stands_for_new_jobs(truth, asked)
    states = truth.lives[key.job_id].state.between(*read)
    pieces = [piece.strip() for piece in asked.expression.split(",")]
    if "" in states and key.job_id not in pieces:
        return True
    return "closed" in states and any("*" in p or p == "_all" for p in pieces)


def _stands_for_new_jobs(truth: Truth, asked: Asked) -> bool:
    return any(
        key.request_id == asked.request_id
        and any(at > asked.at for at in truth.lives[key.job_id].created)
        for key in (*truth.sent, *truth.told)
        if key.job_id
    )


def _stranded(truth: Truth, left: Left) -> Iterator[Problem]:
    """Find what lies in ParkingQueue though no outcome says so.

    A function that died between parking and telling leaves a copy, which does no harm
    once the key has another outcome.
    """
    if left.queue != "ParkingQueue":
        return
    keys = truth.together(left.key)
    told = [outcome for key in keys for outcome in truth.told.get(key, ())]
    if any(outcome.ended == "parked" for outcome in told):
        return
    parkers = (
        truth.finished.get(s.invocation)
        for s in truth.sent.get(left.key, ())
        if s.queue == "ParkingQueue"
    )
    if told and any(p is not None and p.how == "died" for p in parkers):
        return
    yield _lost(left.sent_at, left.key, "lies in ParkingQueue and no outcome says so")


def _overdue(truth: Truth, left: Left) -> Iterator[Problem]:
    """Find what waits longer than the ages allow; while paused, no clock runs."""
    end = truth.history.end
    if left.queue == "ParkingQueue":
        return
    may = CLOSER_GIVES_UP_AFTER + truth.history.rules.park_after + LOOK_MAY_BE_LATE
    age = end - left.sent_at
    if age <= may:
        return
    paused, times = truth.mode.lasted("paused", left.sent_at, end)
    if age > may + paused + times * PAUSED_FOR:
        why = f"still waits in {left.queue} after {spoken(age)}"
        what = f"the request for {left.key.job_id} {why}"
        yield Problem(left.sent_at, "I1", "overdue", left.key, what)
