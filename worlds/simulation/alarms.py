"""Whether an alarm rang for what it stands for (I6)."""

from collections.abc import Iterator

from simulation.findings import Problem
from simulation.invocations import NOBODY
from simulation.truth import Truth


def false_alarms(truth: Truth) -> Iterator[Problem]:
    """Find where the cluster is told to refuse us though its door was open.

    A key that was exchanged meanwhile is read anew, and is no reason to call a person.
    """
    for rang in truth.rang:
        began = truth.start_of(rang.invocation, rang.at)
        if "shut" not in truth.door.between(began, rang.at):
            what = f"invocation {rang.invocation} counts {rang.metric}, and the key in"
            what += " the store was valid all the time"
            yield Problem(rang.at, "I6", "false_alarm", NOBODY, what)
