"""Whether each force had evidence at its time (I3)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from simulation.findings import Problem
from simulation.history import Posted
from simulation.lives import latest
from simulation.posts import FRESH
from simulation.truth import Truth, posts

MEASURED_WITHIN = timedelta(minutes=10)


def needless_forces(truth: Truth) -> Iterator[Problem]:
    """Find the forces that none of the four kinds of evidence stands for."""
    for post in posts(truth):
        if not post.force:
            continue
        if truth.function(post.invocation) != "ForceCloser":
            why = "only the ForceCloser may force"
        elif any(proves(truth, post) for proves in _EVIDENCE):
            continue
        else:
            why = "it had not failed, was not closing for long, no datafeed of it"
            why += " refused to stop, and nobody ordered it"
        what = f"{post.key.job_id} was {post.before or 'gone'} and forced: {why}"
        yield Problem(post.at, "I3", "needless_force", post.key, what)


def _failed(truth: Truth, post: Posted) -> bool:
    """Tell whether it had failed when it was last read, at most 60 s before.

    A sweep may force what failed in its own hands, or where an operator lets it.
    """
    life, wish = truth.lives[post.key.job_id], truth.wish(post.key)
    if "failed" not in life.state.between(post.at - FRESH, post.at):
        return False
    explicit = wish is not None and not wish.only_if_idle
    return explicit or truth.history.rules.force_failed or _in_our_hands(truth, post)


def _in_our_hands(truth: Truth, post: Posted) -> bool:
    """Tell whether it was not opened since this message posted, or saw it closing."""
    life = truth.lives[post.key.job_id]
    opened = latest(life.starts, post.at - FRESH)
    own = [p.at for p in truth.posted[post.key] if p.at < post.at]
    sent = min(s.at for s in truth.sent[post.key])
    ended = (begun for begun in life.state.spans("closing", sent, post.at) if begun)
    return any(opened is None or at >= opened for at in (*own, *ended))


def _stuck(truth: Truth, post: Posted) -> bool:
    """Tell whether it was closing, without a break, for as long as the rule says.

    The end of that closing may be missed by the 60 s that a read may be old.
    """
    state, wish = truth.lives[post.key.job_id].state, truth.wish(post.key)
    long = truth.history.rules.force_after
    if wish is not None:
        # A request that gives Elasticsearch more time gives it to the closing, too.
        long = max(long, wish.timeout)
    return any(
        begun is None or post.at - begun >= long
        for begun in state.spans("closing", post.at - FRESH, post.at)
    )


def _ordered(truth: Truth, post: Posted) -> bool:
    """Tell whether a person ordered to force this one job, not too long ago.

    That is enough where the operator says so and it was open, or opening, when the
    Sweeper took the order; or where it was closing already. Expiry is judged by the
    time at which the invocation began, at most 60 s before.
    """
    wish = truth.wish(post.key)
    if wish is None or not wish.force or wish.only_if_idle:
        return False
    fresh = post.at - FRESH - wish.at <= truth.history.rules.request_expires_after
    if not fresh or wish.expression != post.key.job_id:
        return False
    if truth.history.rules.force_orders == "allowed":
        start = latest(truth.lives[post.key.job_id].starts, post.at)
        return post.before != "opening" or _was_sent_since(truth, post, start)
    return _closed_before(truth, post)


def _closed_before(truth: Truth, post: Posted) -> bool:
    """Tell whether it was closing when the Sweeper sent it on, and is since then."""
    state = truth.lives[post.key.job_id].state
    return any(
        _was_sent_since(truth, post, begun)
        for begun in state.spans("closing", post.at - FRESH, post.at)
    )


def _was_sent_since(truth: Truth, post: Posted, begun: datetime | None) -> bool:
    """Tell whether the Sweeper that sent it on last may have seen what began then."""
    sents = (s for s in truth.sent.get(post.key, ()) if s.kind and s.at <= post.at)
    sent = [s.at for s in sents if truth.function(s.invocation) == "Sweeper"]
    return begun is None or bool(sent and begun <= sent[-1])


def _measured(truth: Truth, post: Posted) -> bool:
    """Tell whether its datafeed would not stop, measured late enough.

    The force follows the measured try within the same look, a few minutes at most.
    """
    return any(
        earlier.measured_409
        and timedelta() <= post.at - earlier.at <= MEASURED_WITHIN
        and truth.function(earlier.invocation) == "ForceCloser"
        and _handed_long_before(truth, earlier)
        for earlier in truth.posted[post.key]
    )


def _handed_long_before(truth: Truth, tried: Posted) -> bool:
    """Tell whether the message had come for long enough when the try was made.

    It is stamped with the time at which its sender began. One that SQS itself moved has
    no stamp, and counts from when it was first sent.
    """
    held = truth.held.get((tried.invocation, tried.key))
    if held is None:
        return False
    for sent in truth.sent.get(tried.key, ()):
        if sent.message_id == held.message_id:
            handed = truth.start_of(sent.invocation, sent.at)
            return tried.at - handed >= truth.history.rules.force_after
    return False


_EVIDENCE = (_failed, _stuck, _ordered, _measured)
