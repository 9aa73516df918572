"""What was told or posted more than once, and what in the history excuses it (I1, I7).

SQS and EventBridge deliver at least once, and a function that dies is run again; the
cause must stand in the history of this very key, one for each repetition.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from simulation.findings import Problem
from simulation.history import Key, Posted, Told
from simulation.truth import REOPENED_TOLERANCE, Truth, posts

CLOSES = frozenset({"closed", "force_closed"})
# After these a request is spent: nothing that may come later makes it a wish again.
FINAL = frozenset({"already_closed", "gone", "no_such_job", "no_match", "reopened"})
RANK = ("force_closed", "closed", "reopened", "parked", "skipped")


def excuses(truth: Truth, key: Key, until: datetime) -> int:
    """Count what may have brought one more copy of this key's messages about.

    A message delivered twice or a delete that was lost, of the key or of its whole
    request; a function that told it or sent it on, and died, for each of the messages
    that it held; a Sweeper that sent it and was run again.
    """
    spoiled = sum(
        event.at <= until
        for one in truth.together(key)
        for event in truth.spoiled.get(one, ())
    )
    told = Counter(t.invocation for t in truth.told.get(key, ()))
    makers = set(told)
    makers |= {s.invocation for s in truth.sent.get(key, ())}
    died = {i for i in makers if _ended(truth, i, "died", until)}
    again = sum(max(1, told[i]) for i in died)
    return spoiled + again + _reruns(truth, key, makers - died, until)


def _ended(truth: Truth, invocation: int, how: str, until: datetime) -> bool:
    finished = truth.finished.get(invocation)
    return finished is not None and finished.how == how and finished.at <= until


def _reruns(truth: Truth, key: Key, makers: set[int], until: datetime) -> int:
    """Count the Sweepers that were run again with the same request.

    A rule may fire twice, and is tried again if its sweep fails. A request stays in its
    queue if SQS refused one of its sends, which the history does not show: then its
    Sweeper has told nothing yet. One that told an outcome has no excuse to come again.
    """
    wish = truth.wish(key)
    sweepers = sorted(
        i
        for i in makers
        if truth.function(i) == "Sweeper" and truth.began[i].at <= until
    )
    scheduled = wish is not None and wish.scheduled
    return sum(scheduled or not _told_of(truth, i, key) for i in sweepers[:-1])


def _told_of(truth: Truth, invocation: int, key: Key) -> bool:
    return any(
        outcome.invocation == invocation
        for one in (key, *truth.as_a_whole(key))
        for outcome in truth.told.get(one, ())
    )


def repeated(truth: Truth) -> Iterator[Problem]:
    """Find the keys whose outcomes do not deduplicate to one that all can stand by."""
    for key, outcomes in truth.told.items():
        if len(outcomes) < 2:
            continue
        for episode in truth.episodes(key).values():
            if len(episode) > 1:
                yield from _repeated(truth, key, episode)


def _repeated(truth: Truth, key: Key, episode: list[Told]) -> Iterator[Problem]:
    ends = [told.ended for told in episode]
    words = ", then ".join(f"{told.ended} ({told.reason})" for told in episode)
    last = episode[-1]
    if why := _impossible(truth, key, episode):
        what = f"{key.job_id} is told {words}: {why}"
        yield Problem(last.at, "I1", "contradicting", key, what)
    elif excuses(truth, key, last.at) < len(episode) - 1:
        kind = "contradicting" if len(set(ends)) > 1 else "repeated"
        why = "no repeated delivery and no death explains that"
        yield Problem(last.at, "I1", kind, key, f"{key.job_id} is told {words}: {why}")


def _impossible(truth: Truth, key: Key, episode: list[Told]) -> str:
    """Say which of these outcomes cannot be right after another, whatever happened.

    A copy that forced before the other found it closed may well tell so later.
    """
    for nth, told in enumerate(episode):
        closed = [before for before in episode[:nth] if before.ended in CLOSES]
        if not closed:
            continue
        if told.ended == "force_closed" and _forced_anew(truth, closed[-1], told):
            return "it was closed, not opened again, and forced all the same"
        gentle = closed[-1].ended == "closed" and "watch" not in truth.kinds(key)
        timed = gentle and not _closed_without_a_node(truth, key)
        if timed and told.reason == "already_closed":
            return "it was closed since the request, so it was not closed before it"
    return ""


def _closed_without_a_node(truth: Truth, key: Key) -> bool:
    """Tell whether the job was still opening: then its close leaves no finish time."""
    return any(p.before == "opening" for p in truth.posted.get(key, ()))


def _forced_anew(truth: Truth, closed: Told, told: Told) -> bool:
    """Tell whether a closed job was forced by an invocation that could know it closed.

    One that had begun before may have read the job while it still closed.
    """
    opened = truth.lives[told.key.job_id].opened
    return any(
        post.force
        and post.invocation == told.invocation
        and closed.at < truth.start_of(post.invocation, post.at)
        and closed.at < post.at <= told.at
        and not any(closed.at < at <= post.at for at in opened)
        for post in truth.posted.get(told.key, ())
    )


def after_the_end(truth: Truth, excused: set[Key]) -> Iterator[Problem]:
    """Find closes posted for a key that has its outcome already (I7).

    An invocation that had begun before could not know. A message that was delivered
    again may be acted on if it was only skipped for now, or parked; its key joins
    `excused`. Once closed, or spent, nothing excuses another close.
    """
    for post in posts(truth):
        for told in _known_ends(truth, post):
            final = told.ended in CLOSES or told.reason in FINAL
            again = not final or _opened_with_the_request(truth, told, post)
            if again and excuses(truth, post.key, post.at):
                excused.add(post.key)
                continue
            what = f"{post.key.job_id} was {post.before or 'gone'} and got a close"
            what += f" though its request had ended {told.ended} ({told.reason})"
            yield Problem(post.at, "I7", "after_end", post.key, what)
            break


def _opened_with_the_request(truth: Truth, told: Told, post: Posted) -> bool:
    """Tell whether a job that was closed was opened at the time of its request.

    Within the tolerance of clocks nobody can tell which of the two came first, so a
    message that is delivered again closes what its first delivery found closed.
    """
    wish = truth.wish(post.key)
    if wish is None or told.reason != "already_closed":
        return False
    # It may have been opened since its teller read that it was closed.
    read = truth.looked_from(told)
    opened = [at for at in truth.lives[post.key.job_id].opened if read < at <= post.at]
    return bool(opened) and max(opened) <= wish.at + REOPENED_TOLERANCE


def _known_ends(truth: Truth, post: Posted) -> list[Told]:
    outcomes = truth.told.get(post.key)
    if not outcomes:
        return []
    began = truth.start_of(post.invocation, post.at)
    if outcomes[0].at >= began:
        return []
    episode = truth.episodes(post.key).get(truth.episode(post.key, post), [])
    return [told for told in episode if told.at < began]
