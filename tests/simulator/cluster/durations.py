"""How long closings take, where a test does not say it of each job."""

import math
from collections.abc import Callable
from datetime import timedelta
from random import Random


def lognormal(
    source: Random, median: timedelta, sigma: float
) -> Callable[[], timedelta]:
    """Draw durations spread around a median: many short ones, a few very long."""
    middle = math.log(median.total_seconds())
    return lambda: timedelta(seconds=source.lognormvariate(middle, sigma))
