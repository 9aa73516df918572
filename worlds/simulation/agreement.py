"""One day in the models and in the runner on moto, told in the same words.

It compares nothing itself, and knows nothing of what happens on the day.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from local.outcomes import outcome_in
from local.runner import Runner
from local.topology import Topology
from simulation.account import Account, Day, without_id
from simulation.faults import calm
from simulation.history import Began, Delivered, Finished, Key, Sent, Told
from simulation.invocation import Death, Invocation
from simulation.sqs import key_of
from simulation.stack import Stack, Story
from simulation.stories import OURS
from simulation.world import World

AT_ONCE = Death(1, after=False)
BEFORE_ITS_ANSWER = Death(1_000_000, after=True)
MANY = 1_000


class Lost(Exception):
    """An invocation that was over before its first effect."""


@dataclass
class WatchedRunner(Runner):
    """The runner, with an account of what goes in and comes out of its functions."""

    account: Account = field(default_factory=Account)
    broken: Collection[str] = ()

    def invoke(self, name: str, event: dict[str, Any]) -> Any:
        """Run a function, and note what it was handed and what it did."""
        held = self.account.deliver(event, self.now)
        before, lines = self.held(), len(self.log)
        answer = super().invoke(name, event)
        sends = [(key, queue) for queue, key in (self.held() - before).elements()]
        tells = [
            (
                without_id(Key(line["request_id"], line.get("job_id", ""))),
                _words(**line),
            )
            for line in filter(None, map(outcome_in, self.log[lines:]))
        ]
        self.account.finish(name, held, sends, tells)
        return answer

    def call(self, name: str, event: dict[str, Any]) -> Any:
        """Call a handler, unless its invocations are lost."""
        if name in self.broken:
            raise Lost
        return super().call(name, event)

    def held(self) -> Counter[tuple[str, Key]]:
        """Return the keys of what is in the queues, in flight or not."""
        return Counter(
            (queue, key_of(body, ""))
            for queue in self.topology.queues
            for body in self.queues.bodies(queue)
        )


def in_runner(day: Day) -> Account:
    """Let a day pass in the runner."""
    cluster, account = day.cluster(), Account()
    watched = WatchedRunner(cluster, day.start, day.parameters, account=account)
    watched.dies, watched.broken = day.dies, day.broken
    with watched as runner:
        for body in day.bodies:
            runner.plan(day.asked, partial(runner.queues.send, "RequestQueue", body))
        runner.run(day.end)
        account.left = runner.held()
    account.states = {job: cluster.state_of(job, day.end) for job in cluster.jobs}
    return account


def in_model(day: Day) -> Account:
    """Let a day pass in the models."""
    world, cluster, account = World(day.start), day.cluster(), Account()
    topology = Topology.load(parameters=day.parameters)
    stories = {name: _watched(story, account) for name, story in OURS.items()}
    stack = Stack(
        world,
        cluster,
        topology,
        stories,
        calm(),
        Random(1),  # noqa: S311 - a seed is no secret
    )
    stack.parameters, stack.dies = tuple(day.parameters.items()), _deaths(day)
    world.at(day.sweep, lambda: stack.fire(day.sweep))
    for body in day.bodies:
        world.at(day.asked, partial(stack.queues.send, "RequestQueue", body))
    world.run(day.end, lambda: False)
    _retell(stack, account)
    left = stack.queues.left()
    account.left = Counter((one.queue, without_id(one.key)) for one in left)
    account.states = {job: cluster.state_of(job, day.end) for job in cluster.jobs}
    return account


def _watched(story: Story, account: Account) -> Story:
    def watched(stack: Stack, invocation: Invocation, event: dict[str, Any]) -> Any:
        account.deliver(event, stack.world.now)
        return story(stack, invocation, event)

    return watched


def _deaths(day: Day) -> Mapping[tuple[str, int], Death]:
    broken = {(name, n): AT_ONCE for name in day.broken for n in range(1, MANY)}
    return broken | dict.fromkeys(day.dies, BEFORE_ITS_ANSWER)


def _retell(stack: Stack, account: Account) -> None:
    """Tell the steps of the models' events, an invocation's as it finishes."""
    functions: dict[int, str] = {}
    held: dict[int, set[Key]] = defaultdict(set)
    sends: dict[int, list[tuple[Key, str]]] = defaultdict(list)
    tells: dict[int, list[tuple[Key, str]]] = defaultdict(list)
    for event in stack.events:
        if isinstance(event, Began):
            functions[event.invocation] = event.function
        elif isinstance(event, Delivered):
            held[event.invocation].add(without_id(event.key))
        elif isinstance(event, Sent):
            sends[event.invocation].append((without_id(event.key), event.queue))
        elif isinstance(event, Told):
            told = (without_id(event.key), _words(event.ended, event.reason))
            tells[event.invocation].append(told)
        elif isinstance(event, Finished):
            n = event.invocation
            account.finish(functions[n], held[n], sends[n], tells[n])


def _words(ended: str, reason: str, **_: object) -> str:
    return f"{ended} {reason}"
