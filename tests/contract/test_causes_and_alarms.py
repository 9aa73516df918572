"""One cause rings one alarm: what stacks in trouble tell, and which alarms ring for it.

What the functions count is what they count here; their errors and the ages in the
queues are told as Lambda and SQS would tell them.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from idle_jobs.telemetry import Metric
from local.runner import Runner
from local.schedule import DAILY
from rows.ringing import ringing
from rows.translated import ALARM, of_type
from stacks import START, add_idle, after, mode_refused, sweep, undo
from standin.cluster import Cluster, Fault

pytestmark = pytest.mark.slow

ALARMS = of_type(ALARM)
Told = dict[tuple[str, str, str], float]
DAY = 86_400


def tries(stack: Runner) -> None:
    """Let the schedule fire, and Lambda try as often as it does."""
    for _ in range(3):
        if sweep(stack) is not None:
            return


def refused(stack: Runner) -> Told:
    """Change the key of the cluster: nobody is let in."""
    stack.cluster.keys = ()
    tries(stack)
    return {}


def away(stack: Runner) -> Told:
    """Let the cluster answer nobody."""
    stack.cluster.faults.append(Fault(".", kind="refuse"))
    tries(stack)
    return {}


def unreadable(stack: Runner) -> Told:
    """Take the right to read the mode away."""
    with mode_refused():
        tries(stack)
    return {}


def paused(stack: Runner) -> Told:
    """Forget for two days that the application is paused; a request waits."""
    stack.set_mode("paused")
    stack.request(job_id="web")
    stack.shift(timedelta(days=2))
    stack.poll()
    assert "WorkOverdue" not in stack.metrics, "sweeps may be seldom"
    tries(stack)
    return {}


def disabled(_: Runner) -> Told:
    """Disable the rule of the schedule."""
    return {}


def unmapped(stack: Runner) -> Told:
    """Disable the mapping of a queue."""
    tries(stack)
    age = ("ApproximateAgeOfOldestMessage", "CloseQueue", "Maximum")
    return {age: 700}


def garbage(stack: Runner) -> Told:
    """Send what no function can read."""
    tries(stack)
    stack.queues.send("RequestQueue", "no JSON")
    stack.poll()
    return {("ApproximateNumberOfMessagesVisible", "ParkingQueue", "Maximum"): 1}


def neglected(stack: Runner) -> Told:
    """Leave it parked: the first alarm lasts, and a second one rings before it goes."""
    age = ("ApproximateAgeOfOldestMessage", "ParkingQueue", "Maximum")
    return garbage(stack) | {age: 11 * DAY}


def broken_ingest(stack: Runner) -> Told:
    """Let the datafeeds of many jobs stop at once."""
    for number in range(30):
        stopped = START - timedelta(days=3)
        add_idle(stack, f"job-{number}", last_data=stopped)
    tries(stack)
    return {}


def wrong_setting(stack: Runner) -> Told:
    """Deploy a setting that no function takes."""
    stack.timeouts = {"READ_TIMEOUT": "soon"}
    stack.request(job_id="web")
    stack.poll()
    tries(stack)
    return {}


def hanging(stack: Runner) -> Told:
    """Let six jobs hang while closing: they are forced."""
    for number in range(6):
        add_idle(stack, f"job-{number}", close_ends="hangs")
    tries(stack)
    stack.run(after(hours=5))
    return {}


def unclosable(stack: Runner) -> Told:
    """Let one job fail each close, the forced one, too."""
    add_idle(stack, close_ends="hangs", force_works=False)
    tries(stack)
    stack.run(after(hours=30))
    tries(stack)
    return {}


def stuck_opening(stack: Runner) -> Told:
    """Let a job wait for a node with room for it."""
    opened = START - timedelta(days=1)
    waits: dict[str, Any] = {"state": "opening", "assigned": False}
    add_idle(stack, created=opened, opened=opened, last_data=opened, **waits)
    tries(stack)
    return {}


def overdue(stack: Runner) -> Told:
    """Let a record fail each look for more than a day."""
    tries(stack)
    return {("WorkOverdue", "cluster", "Maximum"): 91_000}


def a_bug(stack: Runner) -> Told:
    """Let a function meet what nobody expected in one of its records."""
    tries(stack)
    return {("RecordsBroken", "cluster", "Sum"): 1}


def dropped(stack: Runner) -> Told:
    """Let Lambda take the flow of messages for a loop."""
    tries(stack)
    return {("RecursiveInvocationsDropped", "Closer", "Sum"): 1}


def closer_crashes(stack: Runner) -> Told:
    """Let the Closer run out of time."""
    tries(stack)
    return {("Errors", "Closer", "Sum"): 1}


CAUSES: dict[str, tuple[Callable[[Runner], Told], set[str]]] = {
    "the cluster refuses the key": (refused, {"ClusterRefused"}),
    "the cluster is away": (away, {"FunctionErrors"}),
    "the mode cannot be read": (unreadable, {"ModeUnreadable"}),
    "a pause was forgotten": (paused, {"ModePaused"}),
    "the schedule is disabled": (disabled, {"SweepMissing"}),
    "a mapping is disabled": (unmapped, {"QueueOld"}),
    "a request cannot be read": (garbage, {"ParkingQueueNotEmpty"}),
    "nobody looks at it": (neglected, {"ParkingQueueNotEmpty", "ParkedForLong"}),
    "the ingest is broken": (broken_ingest, {"SweepHalted"}),
    "a setting is wrong": (wrong_setting, {"FunctionErrors"}),
    "closes hang": (hanging, {"ManyForces"}),
    "a job cannot be closed": (unclosable, {"JobsUnclosable"}),
    "a job waits for a node": (stuck_opening, {"JobsStuckOpening"}),
    "a last step is refused": (overdue, {"WorkOverdue"}),
    "a record breaks a function": (a_bug, {"RecordsBroken"}),
    "Lambda sees a loop": (dropped, {"RecursiveInvocationsDropped"}),
    "a closer runs out of time": (closer_crashes, {"FunctionErrors"}),
}


@contextmanager
def running(**parameters: str) -> Iterator[Runner]:
    """Yield a stack in mode `close`."""
    with Runner(Cluster(), START, DAILY | parameters) as stack:
        yield stack


def told_by(stack: Runner, beside: Told) -> Told:
    """Return what CloudWatch was told by a stack, and by Lambda and SQS beside it."""
    told: Told = {(name, "cluster", "Sum"): n for name, n in stack.metrics.items()}
    told |= {(name, "cluster", "Maximum"): n for name, n in stack.peaks.items()}
    errors = Counter(function for function, _ in stack.errors)
    told |= {("Errors", function, "Sum"): n for function, n in errors.items()}
    return told | beside


@pytest.mark.parametrize("cause", CAUSES)
def test_one_cause_rings_one_alarm(cause: str) -> None:
    """The one whose description says what to do; nothing rings without a cause."""
    act, expected = CAUSES[cause]
    with running() as stack:
        found = set(ringing(ALARMS, told_by(stack, act(stack))))

    assert found == expected


def test_a_stack_that_is_well_rings_nothing() -> None:
    """It sweeps, closes a job, and undoes it."""
    with running() as stack:
        add_idle(stack)
        tries(stack)
        stack.run(after(hours=1))
        undo(stack)
        assert set(ringing(ALARMS, told_by(stack, {}))) == set()


def test_every_alarm_has_a_cause() -> None:
    """None is there that nothing rings."""
    assert set().union(*(rung for _, rung in CAUSES.values())) == ALARMS.keys()


def test_every_metric_is_told_by_some_stack() -> None:
    """Those of the causes, and of a stack that is well."""
    told: set[str] = set()
    for cause in ("the cluster refuses the key", "a pause was forgotten"):
        with running() as stack:
            CAUSES[cause][0](stack)
            told |= set(stack.metrics)
    for act in (unreadable, broken_ingest, hanging, stuck_opening, garbage):
        with running() as stack:
            act(stack)
            told |= set(stack.metrics)
    with running(CreateDashboard="true") as stack:
        add_idle(stack, datafeed="starting", last_data=START - timedelta(days=20))
        add_idle(stack, "undone")
        tries(stack)
        stack.run(after(hours=1))
        undo(stack)
        told |= set(stack.metrics)
    with running() as stack:
        unclosable(stack)
        told |= set(stack.metrics)

    assert told >= set(Metric) - {Metric.RECORDS_BROKEN}
