"""What is closing at once stays within MaxClosing, however many messages there are."""

from collections import Counter
from datetime import datetime

import pytest

from benchmark.lambda_time import Meter, drawn, simulate
from idle_jobs.policy.rules import Rules
from simulation.history import Posted

# Three batches of ten may count at the same moment, and each sees none of the others.
UNSEEN = 2 * 10


@pytest.mark.slow
def test_no_more_jobs_are_closing_than_the_limit_and_what_nobody_saw() -> None:
    """Of 200 idle jobs whose closes take 30 s, each is posted once and closed."""
    takes = drawn(200)
    posts = [e for e in simulate(takes, Meter()).events if isinstance(e, Posted)]
    changes: Counter[datetime] = Counter()
    for post, close_takes in zip(
        sorted(posts, key=lambda post: post.key.job_id), takes, strict=True
    ):
        changes[post.at] += 1
        changes[post.at + close_takes] -= 1
    closing = [sum(n for at, n in changes.items() if at <= when) for when in changes]

    limit = Rules().max_closing
    assert limit - UNSEEN < max(closing) <= limit + UNSEEN
