"""One cause rings one alarm: what stacks in trouble tell, and which alarms ring for it.

What the functions count is what they count here. The age of the Sweeper's events, and
the ages in the queues, are told as Lambda and SQS would tell them.
"""

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
# Lambda waits for a minute before the second try of an event, and for two before the
# third.
AGES = (0, 60, 180)
QUEUES = ("RequestQueue", "CloseQueue", "ForceQueue")


def tries(stack: Runner) -> Told:
    """Let the schedule fire, and Lambda try as often as it does and tell of it."""
    age = next((age for age in AGES if sweep(stack) is not None), AGES[-1])
    return {("AsyncEventAge", "Sweeper", "Maximum"): 1000 * age}


def deliveries(stack: Runner) -> Told:
    """Let SQS deliver for a quarter of an hour; return the ages that it tells.

    Those of the last three minutes, at least, since QueueOld looks at three.
    """
    told: dict[str, list[float]] = {queue: [] for queue in QUEUES}
    for _ in range(15):
        stack.poll()
        stack.shift(timedelta(minutes=1))
        for queue, ages in told.items():
            ages.append(stack.queues.age_of_oldest(queue))
    name = "ApproximateAgeOfOldestMessage"
    return {(name, queue, "Maximum"): min(told[queue][-3:]) for queue in QUEUES}


def refused(stack: Runner) -> Told:
    """Change the key of the cluster: nobody is let in."""
    stack.cluster.keys = ()
    return tries(stack)


def away(stack: Runner) -> Told:
    """Let the cluster answer nobody."""
    stack.cluster.faults.append(Fault(".", kind="refuse"))
    return tries(stack)


def unreadable(stack: Runner) -> Told:
    """Take the right to read the mode away."""
    with mode_refused():
        return tries(stack)


def paused(stack: Runner) -> Told:
    """Forget for two days that the application is paused; a request waits."""
    stack.set_mode("paused")
    stack.request(job_id="web")
    stack.shift(timedelta(days=2))
    stack.poll()
    assert "WorkOverdue" not in stack.metrics, "sweeps may be seldom"
    return tries(stack)


def disabled(_: Runner) -> Told:
    """Disable the rule of the schedule."""
    return {}


def unmapped(stack: Runner) -> Told:
    """Disable the mapping of a queue."""
    stack.queues.send("CloseQueue", "nobody takes it")
    with nobody_takes(stack):
        return tries(stack) | deliveries(stack)


def garbage(stack: Runner) -> Told:
    """Send what no function can read."""
    told = tries(stack)
    stack.queues.send("RequestQueue", "no JSON")
    stack.poll()
    return told | {("ApproximateNumberOfMessagesVisible", "ParkingQueue", "Maximum"): 1}


def neglected(stack: Runner) -> Told:
    """Leave it parked: the first alarm lasts, and a second one rings before it goes."""
    age = ("ApproximateAgeOfOldestMessage", "ParkingQueue", "Maximum")
    return garbage(stack) | {age: 11 * DAY}


def broken_ingest(stack: Runner) -> Told:
    """Let the datafeeds of many jobs stop at once."""
    for number in range(30):
        stopped = START - timedelta(days=3)
        add_idle(stack, f"job-{number}", last_data=stopped)
    return tries(stack)


def wrong_setting(stack: Runner) -> Told:
    """Deploy a setting that no function takes."""
    stack.timeouts = {"READ_TIMEOUT": "soon"}
    return tries(stack)


def wrong_setting_and_work(stack: Runner) -> Told:
    """Deploy it while a request waits."""
    stack.request(job_id="web")
    return wrong_setting(stack) | deliveries(stack)


def hanging(stack: Runner) -> Told:
    """Let six jobs hang while closing: they are forced."""
    for number in range(6):
        add_idle(stack, f"job-{number}", close_ends="hangs")
    told = tries(stack)
    stack.run(after(hours=5))
    return told


def unclosable(stack: Runner) -> Told:
    """Let one job fail each close, the forced one, too."""
    add_idle(stack, close_ends="hangs", force_works=False)
    tries(stack)
    stack.run(after(hours=30))
    return tries(stack)


def stuck_opening(stack: Runner) -> Told:
    """Let a job wait for a node with room for it."""
    opened = START - timedelta(days=1)
    waits: dict[str, Any] = {"state": "opening", "assigned": False}
    add_idle(stack, created=opened, opened=opened, last_data=opened, **waits)
    return tries(stack)


def overdue(stack: Runner) -> Told:
    """Let a record fail each look for more than a day."""
    return tries(stack) | {("WorkOverdue", "cluster", "Maximum"): 91_000}


def a_bug(stack: Runner) -> Told:
    """Let a function meet what nobody expected in one of its records."""
    told = tries(stack)
    stack.request(job_id="web", force=True)
    add_idle(stack)
    stack.queues.remove("CloseQueue")
    stack.take_one("Sweeper")
    return told


def closer_crashes(stack: Runner) -> Told:
    """Let the Closer run out of time, or out of memory, at each delivery."""
    add_idle(stack)
    told = tries(stack)
    stack.dies = [("Closer", number) for number in range(1, 9)]
    return told | deliveries(stack)


def closer_crashes_once(stack: Runner) -> Told:
    """Let it run out of time once; SQS delivers the messages again."""
    add_idle(stack)
    told = tries(stack)
    stack.dies = [("Closer", 1)]
    return told | deliveries(stack)


CAUSES: dict[str, tuple[Callable[[Runner], Told], set[str]]] = {
    "the cluster refuses the key": (refused, {"WorkFailed"}),
    "the cluster is away": (away, {"SweepMissing"}),
    "the mode cannot be read": (unreadable, {"WorkFailed"}),
    "a pause was forgotten": (paused, {"WorkOverdue"}),
    "the schedule is disabled": (disabled, {"SweepMissing"}),
    "a mapping is disabled": (unmapped, {"QueueOld"}),
    "a request cannot be read": (garbage, {"ParkingQueueNotEmpty"}),
    "nobody looks at it": (neglected, {"ParkingQueueNotEmpty", "ParkedForLong"}),
    "the ingest is broken": (broken_ingest, {"SweepHalted"}),
    "a setting is wrong": (wrong_setting, {"SweepMissing"}),
    # Sweeps and messages fail, each by itself.
    "it is wrong for both": (wrong_setting_and_work, {"SweepMissing", "QueueOld"}),
    "closes hang": (hanging, {"ManyForces"}),
    "a job cannot be closed": (unclosable, {"JobsStuck"}),
    "a job waits for a node": (stuck_opening, {"JobsStuck"}),
    "a last step is refused": (overdue, {"WorkOverdue"}),
    "a record breaks a function": (a_bug, {"WorkFailed"}),
    "a closer always runs out of time": (closer_crashes, {"QueueOld"}),
    "a closer runs out of time once": (closer_crashes_once, set()),
}


@contextmanager
def nobody_takes(stack: Runner) -> Iterator[None]:
    """Disable the mapping of the Closer."""
    closer = stack.topology.functions.pop("Closer")
    try:
        yield
    finally:
        stack.topology.functions["Closer"] = closer


@contextmanager
def running(**parameters: str) -> Iterator[Runner]:
    """Yield a stack in mode `close`."""
    with Runner(Cluster(), START, DAILY | parameters) as stack:
        yield stack


def told_by(stack: Runner, beside: Told) -> Told:
    """Return what CloudWatch was told by a stack, and by Lambda and SQS beside it."""
    told: Told = {(name, "cluster", "Sum"): n for name, n in stack.metrics.items()}
    told |= {(name, "cluster", "Maximum"): n for name, n in stack.peaks.items()}
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
        age = tries(stack)
        stack.run(after(hours=1))
        undo(stack)
        assert set(ringing(ALARMS, told_by(stack, age))) == set()


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
    for act in (unreadable, broken_ingest, hanging, stuck_opening, garbage, a_bug):
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

    assert told >= set(Metric)
