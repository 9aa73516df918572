"""Whether the ledger and the cluster agree: every close of ours has one item (I9)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from simulation.findings import Problem
from simulation.history import Posted, Told, Written
from simulation.repeats import CLOSES
from simulation.truth import CLOCKS, REOPENED_TOLERANCE, Truth, grouped, posts

_MOMENT = timedelta.resolution
_OTHERS = ("elasticsearch", "somebody_else")


def unwritten(truth: Truth) -> Iterator[Problem]:
    """Find closings that a closer told, or that we posted, and that have no item."""
    if not truth.written:
        return  # The naive peer keeps no ledger.
    for key, outcomes in truth.told.items():
        for told in outcomes:
            if told.ended in CLOSES and not _is_written(truth, told):
                what = f"{key.job_id} is told {told.ended}, and has no item"
                yield Problem(told.at, "I9", "unwritten", key, what)
    for post in posts(truth):
        closed = _closed_by(truth, post)
        if closed and not _excused(truth, post, closed):
            items = truth.written.get(post.key.job_id, ())
            if not any(item.at >= closed for item in items):
                what = f"{post.key.job_id} was closed by us, and has no item"
                yield Problem(closed, "I9", "unwritten", post.key, what)


def untrue_items(truth: Truth) -> Iterator[Problem]:
    """Find items that say that we closed a job and did not, or the other way round."""
    ours = grouped(posts(truth), lambda post: post.key.job_id)
    for job_id, items in truth.written.items():
        for item in items:
            mine = item.closed_by == "us"
            if mine and not _is_ours(truth, item, ours) and not _hides(truth, item):
                what = f"the item of {job_id} says that we closed it, and we did not"
                yield Problem(item.at, "I9", "untrue_item", item.key, what)
        # Another message may still know more, and the last item of a closing counts.
        last = {} if _is_left(truth, job_id) else {item.closed: item for item in items}
        for item in last.values():
            if item.closed_by in _OTHERS and _is_ours(truth, item, ours):
                what = f"the item of {job_id} says {item.closed_by}, and we closed it"
                yield Problem(item.at, "I9", "untrue_item", item.key, what)


def _is_left(truth: Truth, job_id: str) -> bool:
    return any(left.key.job_id == job_id for left in truth.history.left)


def _is_written(truth: Truth, told: Told) -> bool:
    """Tell whether the closing was written before it was told.

    The Sweeper, which closes nothing, also tells what it could not write.
    """
    if truth.function(told.invocation) == "Sweeper":
        return True
    items = truth.written.get(told.key.job_id, ())
    return any(item.at <= told.at for item in items)


def _closed_by(truth: Truth, post: Posted) -> datetime | None:
    """Return when the close that was posted closed its job, if it did."""
    life = truth.lives[post.key.job_id]
    if post.after == "closed" and post.before not in ("", "closed"):
        return post.at
    if post.after != "closing":
        return None
    ends = [b for b in life.state.spans("closed", post.at, truth.history.end) if b]
    closed = min((end for end in ends if end > post.at), default=None)
    if closed is None or any(post.at < at <= closed for at in life.opened):
        return None
    return closed


def _excused(truth: Truth, post: Posted, closed: datetime) -> bool:
    """Tell whether no closer could write the closing.

    Its message had ended before, or is still there. The job was opened, created anew or
    deleted before anybody looked, or it closed without a finish time: then it was
    opening, or closed before its request as far as clocks agree.
    """
    key, life = post.key, truth.lives[post.key.job_id]
    wish = truth.wish(key)
    return (
        any(told.at <= closed for told in truth.told.get(key, ()))
        or any(left.key == key for left in truth.history.left)
        or any(at > closed for at in (*life.opened, *life.created))
        # From right after it: at the very moment it was open, too.
        or not life.state.always("closed", closed + _MOMENT, truth.history.end)
        or post.before == "opening"
        or (wish is not None and closed <= wish.at + REOPENED_TOLERANCE)
    )


def _hides(truth: Truth, item: Written) -> bool:
    """Tell whether a closing of ours came before this one, and nobody saw it.

    The job was opened and closed by somebody else before our next look. A closed job
    does not show that, where both closings are within the time that a close may take.
    """
    wish, at = truth.wish(item.key), datetime.fromisoformat(item.closed)
    if wish is None:
        return False
    written = truth.written.get(item.key.job_id, ())
    seen = [datetime.fromisoformat(each.closed) for each in written]
    closings = [
        closed
        for post in truth.posted.get(item.key, ())
        if (closed := _closed_by(truth, post)) and closed < at <= post.at + wish.timeout
    ]
    return any(all(abs(each - own) > CLOCKS for each in seen) for own in closings)


def _is_ours(truth: Truth, item: Written, ours: dict[str, list[Posted]]) -> bool:
    """Tell whether a close of ours made this closing.

    An item without a finish time has that of its request, which is before the post.
    """
    at = datetime.fromisoformat(item.closed)
    for post in ours.get(item.key.job_id, ()):
        closed = _closed_by(truth, post)
        same = closed is not None and abs(closed - at) <= CLOCKS
        if closed and closed <= item.at and (same or at <= post.at):
            return True
    return False
