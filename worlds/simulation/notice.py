"""Whether sweeps closed only what was announced for long enough (I2)."""

from collections.abc import Iterator

from simulation.findings import Problem
from simulation.history import Announced, Posted
from simulation.truth import CLOCKS, Truth, posts


def closed_without_notice(truth: Truth) -> Iterator[Problem]:
    """Find closes of sweeps that nobody was told of in time.

    The notice is void when the job got data, or was opened or created, until the Closer
    began. A close that failed its job is followed by a force, which needs none.
    """
    if not truth.history.rules.notice_period:
        return
    for post in posts(truth):
        wish = truth.wish(post.key)
        if wish is None or not wish.scheduled or post.before != "opened":
            continue
        told = truth.announced.get(post.key.job_id, ())
        if not any(_is_in_time(truth, one, post) for one in told):
            what = f"{post.key.job_id} was closed by a sweep without notice"
            yield Problem(post.at, "I2", "unannounced", post.key, what)


def _is_in_time(truth: Truth, told: Announced, post: Posted) -> bool:
    life = truth.lives[post.key.job_id]
    begun = truth.start_of(post.invocation, post.at)
    used = (*life.data, *life.opened, *life.created)
    over = told.since + truth.history.rules.notice_period
    return over <= post.at + CLOCKS and not any(
        told.since + CLOCKS < at < begun for at in used
    )
