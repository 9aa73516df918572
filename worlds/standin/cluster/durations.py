"""How long closings take, where a test does not say it of each job."""

import math
from collections.abc import Callable
from datetime import timedelta
from random import Random

# A draw from far out would lead beyond the calendar.
LONGEST = timedelta(days=365)


def lognormal(
    source: Random, median: timedelta, sigma: float
) -> Callable[[], timedelta]:
    """Draw durations spread around a median: many short ones, a few very long.

    The median is above zero and at most a year; no draw is longer than a year.
    """
    middle = math.log(median.total_seconds())
    longest = LONGEST.total_seconds()
    return lambda: timedelta(seconds=min(source.lognormvariate(middle, sigma), longest))
