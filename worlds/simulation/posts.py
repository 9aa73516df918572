"""Whether each close was wanted and harmless, as far as could be known then (I2)."""

from collections.abc import Iterator
from datetime import timedelta
from fnmatch import fnmatchcase
from urllib.parse import unquote

from simulation.findings import Problem
from simulation.history import Asked, Posted, Read
from simulation.idle import protects, why_busy
from simulation.lives import latest
from simulation.truth import (
    CLOCKS,
    MODE_KNOWN_AFTER,
    REOPENED_TOLERANCE,
    Truth,
    posts,
)

# A state may be 60 s old when it is acted on, and the call takes up to a second more:
# what happened within that could not be known, so it never counts against a close.
FRESH = timedelta(seconds=61)
# Before a force the mode is read afresh; a second is the call's own time.
FORCE_MODE_KNOWN_AFTER = timedelta(seconds=1)


def wrong_posts(truth: Truth) -> Iterator[Problem]:
    """Find closes that nobody asked for, that the mode forbade, or of a live job."""
    for post in posts(truth):
        wish = truth.wish(post.key)
        if wish is None or (why := _unasked(truth, post, wish)):
            why = "nobody asked for it" if wish is None else why
            yield _problem(post, "unasked", why)
        elif why := _forbidden(truth, post):
            yield _problem(post, "forbidden", why)
        elif why := _live(truth, post, wish):
            yield _problem(post, "live_closed", why)
        elif not _checked(truth, post):
            why = "its state was not read in the 60 s before"
            yield _problem(post, "unchecked", why)


def _problem(post: Posted, kind: str, why: str) -> Problem:
    what = "forced" if post.force else "closed"
    sentence = (
        f"{post.key.job_id} was {post.before or 'no job'} and {what}, though {why}"
    )
    return Problem(post.at, "I2", kind, post.key, sentence)


def _checked(truth: Truth, post: Posted) -> bool:
    """Tell whether its invocation has read its state, by its id, so shortly before."""
    return any(
        read.ok
        and post.at - FRESH <= read.at <= post.at
        and post.key.job_id in _read_by_id(read)
        for read in truth.reads.get(post.invocation, ())
    )


def _read_by_id(read: Read) -> list[str]:
    """Return the ids in the path of a read of job stats: /_ml/…/ids/_stats."""
    parts = read.path.split("/")
    return unquote(parts[3]).split(",") if parts[-1] == "_stats" else []


def _unasked(truth: Truth, post: Posted, wish: Asked) -> str:
    """Say why nobody wanted this very id closed by this invocation."""
    delivered = truth.held.get((post.invocation, post.key))
    if delivered is None or delivered.queue not in ("CloseQueue", "ForceQueue"):
        return "no message of this invocation names it"
    job, life = post.key.job_id, truth.lives[post.key.job_id]
    made_since = any(at > wish.at for at in life.created)
    if not wish.scheduled and job not in wish.jobs and not made_since:
        return f"{wish.expression} does not stand for it"
    if truth.kinds(post.key) == {"watch"} and not post.force:
        return "its message only watches"
    if life.state.always("", post.at - FRESH, post.at):
        return "there is no such job, and its id may be a group's name"
    return ""


def _forbidden(truth: Truth, post: Posted) -> str:
    """Say which mode forbade it: the one in force, or the one it was born in."""
    known = FORCE_MODE_KNOWN_AFTER if post.force else MODE_KNOWN_AFTER
    modes = truth.mode.between(post.at - known, post.at)
    if "close" not in modes:
        return f"the mode was {modes[-1]}"
    born = truth.born_in(post.key)
    if born and "close" not in born:
        return f"its message was born in {'/'.join(sorted(born))}"
    return ""


def _live(truth: Truth, post: Posted, wish: Asked) -> str:
    """Say why the job was live, and could be known to be."""
    if post.before not in ("opened", "opening"):
        return ""
    life = truth.lives[post.key.job_id]
    known = post.at - FRESH
    start = latest(life.starts, known)
    if start and start > wish.at + REOPENED_TOLERANCE + CLOCKS:
        return "it was created or opened after the request"
    if life.kept.always("yes", known, post.at):
        return "its owner protects it"
    if all(protects(word, post.at) for word in life.said(known, post.at)):
        return "its owner's settings protect it"
    patterns = truth.history.rules.keep_patterns
    if any(fnmatchcase(post.key.job_id, pattern) for pattern in patterns):
        return "a keep pattern protects it"
    expires = truth.history.rules.request_expires_after
    if wish.only_if_idle or known - wish.at > expires:
        return why_busy(truth, life, post.at, known)
    return ""
