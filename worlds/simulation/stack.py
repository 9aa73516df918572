"""A stack of models: functions, event sources and a rule, wired by template.yaml."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from local.schedule import scheduled_event
from local.topology import Source, Topology
from simulation.faults import Faults
from simulation.history import Began, Delivered, Event, Lived
from simulation.invocation import Death, Invocation, event_of, finished_ids, receipts
from simulation.keys import FIRST
from simulation.sqs import Message, Queues
from simulation.table import Table
from simulation.world import World
from standin.cluster import Cluster

Story = Callable[["Stack", Invocation, dict[str, Any]], Any]

# An effect that an invocation dies at; one with fewer dies with its answer.
LATEST_DEATH = 14

# Lambda tries an event of a rule twice more, after one and after two minutes.
TRIES_AGAIN = (60, 120)


@dataclass
class Stack:
    """Invokes stories for what the queues hold and the rule fires.

    `dies` overrides the drawn deaths: by function and number of its invocation. With
    `narrow`, the key to the cluster may not see its tasks.
    """

    world: World
    cluster: Cluster
    topology: Topology
    stories: Mapping[str, Story]
    faults: Faults
    source: Random
    events: list[Event] = field(default_factory=list)
    mode: str = "close"
    parameters: tuple[tuple[str, str], ...] = ()
    modes: dict[str, tuple[datetime, Any]] = field(default_factory=dict)
    no_modes: bool = False
    narrow: bool = False
    secret: str = FIRST
    copies: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    broken: list[BaseException] = field(default_factory=list)
    ledger: Table = field(init=False)
    dies: Mapping[tuple[str, int], Death] = field(default_factory=dict)
    invoked: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.queues = Queues(
            self.topology.queues, self.world, self.faults, self.source, self.note
        )
        self.queues.listen = self._poll
        # Of its own, so that the queues do the same whatever the ledger does.
        source = Random(f"{self.source.random()} ledger")  # noqa: S311 - no secret
        self.ledger = Table(self.world, self.faults, source, self.note)
        self._running: Counter[str] = Counter()
        self._sources = {
            source.queue: (function.name, source)
            for function in self.topology.functions.values()
            for source in function.sources
        }

    def note(self, event: Event) -> None:
        """Write an event down."""
        self.events.append(event)

    def watch(self, job_id: str) -> None:
        """Write down how a closing ends, whoever began it, if nobody ends it before."""
        job = self.cluster.jobs[job_id]
        until = job.closing_until
        if job.state == "closed":
            # One without a node: its task is removed at once, without a finish time.
            self.note(Lived(self.world.now, job_id, "closed"))
        if job.state != "closing" or until is None:
            return

        def ended() -> None:
            if self.cluster.jobs.get(job_id) is not job:
                return
            state = self.cluster.state_of(job_id, self.world.now)
            if state == "failed" or (state == "closed" and job.finished == until):
                self.note(Lived(until, job_id, state))

        self.world.at(until, ended)

    def fire(self, due: datetime, tries: tuple[int, ...] = TRIES_AGAIN) -> None:
        """Let the rule fire: an event that is tried again if its invocation fails."""
        event = scheduled_event(due)
        invocation = self._invocation("Sweeper")

        def task() -> None:
            self._tell(invocation, event)
            if invocation.answered or not tries:
                return
            self.world.after(tries[0], lambda: self.fire(due, tries[1:]))

        self.world.start(task)

    def ask(self, function: str, event: dict[str, Any]) -> Any:
        """Invoke a function and wait for its answer; None if it has none."""
        return self._tell(self._invocation(function), event)

    def _poll(self, queue: str) -> None:
        """Give the function of a queue what it may take at once."""
        if queue not in self._sources:
            return
        function, source = self._sources[queue]
        while self._running[queue] < source.max_concurrency:
            messages = self.queues.receive(queue, source.batch_size)
            if not messages:
                return
            self._take(function, source, messages)

    def _take(self, function: str, source: Source, messages: list[Message]) -> None:
        invocation = self._invocation(function)
        self._running[source.queue] += 1
        for m in messages:
            self.note(
                Delivered(
                    self.world.now,
                    invocation.number,
                    source.queue,
                    m.message_id,
                    m.key,
                    m.receives,
                )
            )
        invocation.hold(messages)
        event, held = event_of(messages, source), receipts(messages)

        def task() -> None:
            answer = self._tell(invocation, event)
            if answer is not None:
                for message_id, receipt in finished_ids(answer, held):
                    self.queues.delete(source.queue, message_id, receipt)

        def over() -> None:
            self._running[source.queue] -= 1
            self._poll(source.queue)

        invocation.when_over = over
        self.world.start(task)

    def _invocation(self, name: str) -> Invocation:
        function = self.topology.functions[name]
        self.invoked[name] += 1
        number = sum(self.invoked.values())
        self.note(Began(self.world.now, number, name))
        death = self.dies.get((name, self.invoked[name])) or self._drawn_death()
        return Invocation(
            number,
            name,
            function.timeout,
            self.world,
            self.source,
            self.note,
            death,
            self.faults.stalls,
        )

    def _drawn_death(self) -> Death | None:
        if self.source.random() >= self.faults.deaths:
            return None
        return Death(self.source.randint(1, LATEST_DEATH), self.source.random() < 0.5)

    def _tell(self, invocation: Invocation, event: dict[str, Any]) -> Any:
        """Run a story to its answer; None if it dies or raises."""
        return invocation.run(
            lambda: self.stories[invocation.function](self, invocation, event)
        )
