"""Whether requests that say how many jobs they mean are taken at their word (R15)."""

import re
from collections.abc import Iterator
from datetime import datetime

from simulation.findings import Problem
from simulation.history import Asked, Key, Told
from simulation.truth import CLOCKS, REOPENED_TOLERANCE, Truth

_NOT_OPEN = frozenset({"closed", ""})


def unexpected(truth: Truth) -> Iterator[Problem]:
    """Find requests that close something though their number was never right."""
    for key, sents in truth.sent.items():
        wish = truth.asked.get(key.request_id)
        if wish is None or wish.expected is None or not key.job_id:
            continue
        for sent in sents:
            if not sent.kind or truth.function(sent.invocation) != "Sweeper":
                continue
            least, most = _not_closed(truth, wish, sent.at)
            if not least <= wish.expected <= most:
                what = f"{key.job_id} is sent to be closed, though {wish.expected} jobs"
                what += f" were expected, and {_span(least, most)} not closed"
                yield Problem(sent.at, "I2", "unexpected", key, what)


def miscounted(truth: Truth) -> Iterator[Problem]:
    """Find requests that are parked for a right number, or without both numbers."""
    for key, outcomes in truth.told.items():
        wish = truth.wish(key)
        for told in outcomes:
            if told.reason == "unexpected_number" and wish is not None:
                yield from _miscounted(truth, key, told, wish)


def _miscounted(truth: Truth, key: Key, told: Told, wish: Asked) -> Iterator[Problem]:
    least, most = _not_closed(truth, wish, told.at)
    said = [int(number) for number in re.findall(r"\d+", told.detail)]
    if least == wish.expected == most:
        why = f"{least} it was"
    elif wish.expected not in said or not any(least <= n <= most for n in said):
        why = f"{wish.expected} and {_span(least, most)} are not both told"
    else:
        return
    what = f"{wish.expression} is parked for its number of jobs, though {why}"
    yield Problem(told.at, "I1", "false", key, what)


def _not_closed(truth: Truth, wish: Asked, until: datetime) -> tuple[int, int]:
    """Return how many of its jobs were not closed: at the least, and at the most.

    From its sending on, as far as clocks agree; what was closed since then counts.
    """
    least = most = 0
    for job_id in wish.jobs:
        state = truth.lives[job_id].state
        states = state.between(wish.at - REOPENED_TOLERANCE - CLOCKS, until)
        least += _NOT_OPEN.isdisjoint(states)
        most += not _NOT_OPEN.issuperset(states)
    return least, most


def _span(least: int, most: int) -> str:
    return str(least) if least == most else f"{least} to {most}"
