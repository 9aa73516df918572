"""One seed, one schedule: build a stack, let a day pass, write its history down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from idle_jobs.times import spoken
from local.schedule import Schedule as Clock
from local.schedule import scheduled_event
from local.topology import Topology
from simulation.faults import Faults, in_words, windows
from simulation.history import Asked, History, Turned
from simulation.keys import FIRST, granted
from simulation.people import People
from simulation.population import Stops, outage, populate
from simulation.stack import Stack, Story
from simulation.stories import OURS, settings, topology
from simulation.turning import HALTING, NOTICES, OTHER_RULES
from simulation.world import World
from standin.cluster import Cluster

START = datetime(2026, 3, 2, 5, 50, tzinfo=UTC)

# Rules fire and people ask for so long; then the stack is let to finish. Most schedules
# see one sweep, with all that happens close to it, and every eighth a second one.
SPANS = (timedelta(hours=2), timedelta(hours=7))
LONGEST = timedelta(hours=72)
SWEEPS = Clock("cron(0 0/6 * * ? *)")

# Of so many stacks, the key may not see the tasks, and each sweep reads all jobs.
NARROW_KEYS = 0.3

WORKING = ("RequestQueue", "CloseQueue", "ForceQueue")


@dataclass(frozen=True)
class Schedule:
    """What a seed is run with; the same values give the same history."""

    seed: int
    jobs: int = 300
    faults: Faults = field(default_factory=Faults)
    stories: Mapping[str, Story] = field(default_factory=lambda: OURS)
    topology: Topology = field(default_factory=topology)


def run(
    schedule: Schedule, disturb: Callable[[Stack], object] = lambda _: None
) -> History:
    """Run a schedule to its end; `disturb` gets the stack before its time begins."""
    stack = build(schedule)
    disturb(stack)
    world, until = stack.world, START + _span(schedule)
    world.run(START + LONGEST, lambda: world.now > until and _settled(stack))
    if stack.broken:
        raise stack.broken[0]
    cluster = stack.cluster
    states = {job_id: cluster.state_of(job_id, world.now) for job_id in cluster.jobs}
    events = sorted(stack.events, key=lambda event: event.at)
    left, rules = stack.queues.left(), settings(stack.parameters).rules
    return History(schedule.seed, START, world.now, events, left, states, rules)


def build(schedule: Schedule) -> Stack:
    """Make a stack with its jobs, its faults, and all that people are going to do."""
    faults = schedule.faults
    # Of their own, so that people do the same whatever the functions do.
    life = Random(f"{schedule.seed} life")  # noqa: S311 - a seed is no secret
    source = Random(f"{schedule.seed} functions")  # noqa: S311 - as above
    version = "9.5.0" if life.random() < 0.3 else "8.9.0"
    cluster = Cluster(version)
    world = World(START)
    stack = Stack(world, cluster, schedule.topology, schedule.stories, faults, source)
    rights = Random(f"{schedule.seed} rights")  # noqa: S311 - as above
    stack.narrow = rights.random() < NARROW_KEYS
    cluster.keys = granted((FIRST,), narrow=stack.narrow)
    stops = _turn(stack, life)
    kinds = populate(cluster, schedule.jobs, START, faults, life, stack.note, stops)
    span = _span(schedule)
    cluster.faults = windows(life, START, span, faults.windows)
    for fault in cluster.faults:
        if not fault.start or not fault.until:
            continue
        words = f"{in_words(fault)} for {spoken(fault.until - fault.start)}"
        stack.note(Turned(fault.start, "cluster", words))
        if fault.status in {403, 404}:
            stack.note(Turned(fault.start, "door", "shut"))
            stack.note(Turned(fault.until, "door", "open"))
    people = People(stack, kinds, life, span)
    people.plan(faults.people)
    due = START
    while (due := SWEEPS.next_firing(due)) < START + span:
        _plan_sweep(stack, due, life)
        people.plan_around(due, faults.people)
    return stack


def _turn(stack: Stack, life: Random) -> Stops | None:
    """Draw the rules, and whether the datafeeds of busy jobs stopped together."""
    if stack.faults.notices and life.random() < stack.faults.notices:
        stack.parameters = tuple(life.choice(NOTICES).items())
        return None
    if life.random() < stack.faults.mass_events:
        stack.parameters = tuple(life.choice(HALTING).items())
        return outage(settings(stack.parameters).rules, START, life)
    if life.random() < stack.faults.other_rules:
        stack.parameters = tuple(life.choice(OTHER_RULES).items())
    return None


def _span(schedule: Schedule) -> timedelta:
    return SPANS[schedule.seed % 8 == 3]


def _plan_sweep(stack: Stack, due: datetime, life: Random) -> None:
    late = timedelta(seconds=life.uniform(0, 20))
    stack.world.at(due + late, lambda: _fire(stack, due))
    if life.random() < stack.faults.double_firings:
        stack.world.at(due + 2 * late, lambda: stack.fire(due))


def _fire(stack: Stack, due: datetime) -> None:
    request_id = scheduled_event(due)["id"]
    jobs = frozenset(stack.cluster.jobs)
    stack.note(Asked(due, request_id, "*", jobs, only_if_idle=True, scheduled=True))
    stack.fire(due)


def _settled(stack: Stack) -> bool:
    return stack.queues.empty(*WORKING)
