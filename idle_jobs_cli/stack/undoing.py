"""Asks the Reopener of a stack: which closings there are, and to undo some."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError

from idle_jobs.messages.undo_request import MOST_CLOSINGS
from idle_jobs_cli.exits import CouldNot
from idle_jobs_cli.stack.invoke import ask_function
from idle_jobs_cli.stack.stack import Stack

REOPENER = "Reopener"
NEXT_ROUND = 15  # seconds
TRIES = 3  # of a round that fails

Entry = Mapping[str, Any]


def closings_of(stack: Stack, asked: Mapping[str, str]) -> list[Entry]:
    """Return the closings that are asked for, and which of them can be undone."""
    answer = ask_function(stack, REOPENER, {"undo": asked})
    return [*answer["closings"]]


def reopen(
    stack: Stack,
    closings: Sequence[str],
    asked: Mapping[str, str],
    seconds: float,
    tell: Callable[[Entry], object],
) -> list[Entry]:
    """Undo closings, round after round; return what has not ended in this time.

    `tell` gets each one that ends, once. A round that fails is begun again: what it has
    done is in the ledger and in the cluster.
    """
    left: list[Entry] = [{"closed": closed, "reason": ""} for closed in closings]
    deadline, failed = time.monotonic() + seconds, 0
    while left:
        now, later = left[:MOST_CLOSINGS], left[MOST_CLOSINGS:]
        wanted = {"closings": [each["closed"] for each in now], **asked}
        try:
            results = ask_function(stack, REOPENER, {"reopen": wanted})["results"]
        except (CouldNot, BotoCoreError):
            if (failed := failed + 1) == TRIES:
                raise
            results = now
        else:
            failed = 0
        ended = [each for each in results if each.get("ended")]
        for each in ended:
            tell(each)
        left = [each for each in results if not each.get("ended")] + later
        if time.monotonic() >= deadline:
            break
        if left and not ended:
            time.sleep(min(NEXT_ROUND, max(deadline - time.monotonic(), 0)))
    return left
