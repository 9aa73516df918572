"""The product's own stories, bound to the models; nothing of it is written again."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache, partial
from typing import Any, cast

import sweeper
from idle_jobs.closing import close_batch
from idle_jobs.elastic.cluster import Cluster
from idle_jobs.ledger import Ledger
from idle_jobs.messages.terms import Mode
from idle_jobs.messages.undo_request import Undo, parse_undo
from idle_jobs.modes import MODE_MAX_AGE, ModeUnreadable
from idle_jobs.outbox import Outbox, SendRefused
from idle_jobs.reopening import reopen_closings
from idle_jobs.services import Services
from idle_jobs.settings import Settings
from idle_jobs.steps.role import Role
from idle_jobs.telemetry import Metric, Telemetry
from idle_jobs.undo_list import show_closings
from local.outcomes import outcome_in
from local.topology import Topology, environment_of
from simulation.history import Key, Rang, Said, Told
from simulation.invocation import Invocation
from simulation.keys import signer
from simulation.sqs import Client
from simulation.stack import Stack, Story
from simulation.table import TableClient
from simulation.wire import SimulatedWire

CLUSTER_NAME = "simulated"


@cache
def topology() -> Topology:
    """Read the template, once for all schedules."""
    return Topology.load()


@cache
def settings(parameters: tuple[tuple[str, str], ...] = ()) -> Settings:
    """Return the settings that the template's functions have."""
    given = {"ClusterName": CLUSTER_NAME, "ClusterUrl": "https://simulated"}
    given |= dict(parameters)
    stack = topology()
    resources = {name: f"https://sqs/{name}" for name in stack.queues}
    resources |= {"Ledger": "ledger", "AWS::StackName": "simulated"}
    given |= {"AuthMode": "api_key", "SecretArn": "arn:aws:secretsmanager:x:1:secret:x"}
    return Settings.from_env(
        environment_of(stack.functions["Closer"], given, resources)
    )


class Recorder:
    """Takes the place of logger and metrics: what is said goes into the history."""

    def __init__(self, stack: Stack, invocation: Invocation) -> None:
        self._stack, self._invocation = stack, invocation

    def info(self, message: str, extra: Mapping[str, Any]) -> None:
        """Keep a line: an outcome, or what a reader will want to know."""
        key = Key(extra.get("request_id", ""), extra.get("job_id", ""))
        if outcome := outcome_in({"message": message, **extra}):
            told = (str(outcome["ended"]), str(outcome["reason"]))
            number, now = self._invocation.number, self._stack.world.now
            said = str(outcome.get("detail", ""))
            self._stack.note(Told(now, number, key, *told, said))
        match message:
            case "waiting":
                self._say("waits", key, extra["why"], extra["seconds"])
            case "sent" if extra["queue"] == "ForceQueue":
                self._say("hands_over", key, extra["why"])
            case "swept":
                read = sum(extra["verdicts"].values())
                jobs = f"reads {read} job{'' if read == 1 else 's'}: " if read else ""
                self._say("swept", key, jobs + extra["in_words"])

    def _say(self, what: Any, key: Key, why: object, seconds: int = 0) -> None:
        number, now = self._invocation.number, self._stack.world.now
        self._stack.note(Said(now, number, key, what, str(why), seconds))

    def warning(self, *_: object, **__: object) -> None:
        """Hear a line; warnings are no outcomes."""

    def error(self, message: str, *_: object, **fields: Any) -> None:
        """Keep what broke a record: here, that is a bug to be seen.

        But for a send that SQS refused twice, after which a record is to stay.
        """
        if message == "mode_unreadable":
            self._say("no_mode", Key("", ""), "throttled")
        broken = fields.get("exc_info")
        if broken is not None and not isinstance(broken, SendRefused):
            self._stack.broken.append(broken)

    def add_metric(self, name: str, value: float, **_: object) -> None:
        """Hear a number; one that an alarm rings for at once is kept."""
        if name == Metric.CLUSTER_REFUSED and value:
            number, now = self._invocation.number, self._stack.world.now
            self._stack.note(Rang(now, number, name))


def services(stack: Stack, invocation: Invocation, inbox: str) -> Services:
    """Return what a story needs at hand."""
    own = settings(stack.parameters)
    client = Client(stack.queues, invocation)
    recorder = Recorder(stack, invocation)
    wire = SimulatedWire(
        stack.cluster,
        invocation,
        own.timeouts,
        stack.faults,
        stack.source,
        stack.watch,
        signer(stack, invocation),
    )
    return Services(
        cluster_name=CLUSTER_NAME,
        cluster=Cluster(wire),
        outbox=Outbox(cast("Any", client), "CloseQueue", "ForceQueue", "ParkingQueue"),
        ledger=Ledger(lambda: cast("Any", TableClient(stack.ledger, invocation)), "t"),
        inbox=inbox,
        telemetry=Telemetry(cast("Any", recorder), cast("Any", recorder)),
        timeouts=own.timeouts,
        role=Role(own.rules),
        clock=lambda: stack.world.now,
        ask_mode=partial(_read_mode, stack, invocation),
    )


def _read_mode(stack: Stack, invocation: Invocation, *, fresh: bool = False) -> Mode:
    """Ask the Parameter Store, or remember for half a minute what it said."""
    known = stack.modes.get(invocation.function)
    now = stack.world.now
    if known and not fresh and (now - known[0]).total_seconds() < MODE_MAX_AGE:
        return Mode(known[1])
    if stack.source.random() < stack.faults.slow_modes:
        # The SDK's three tries take no longer.
        invocation.sleep(stack.source.uniform(2, 21))
    mode = Mode(invocation.effect(lambda: stack.mode))
    if stack.no_modes or stack.source.random() < stack.faults.unreadable_modes:
        raise ModeUnreadable("throttled")
    stack.modes[invocation.function] = (stack.world.now, mode)
    return mode


def _sweeper(stack: Stack, invocation: Invocation, event: dict[str, Any]) -> Any:
    own = services(stack, invocation, "RequestQueue")
    if "Records" in event:
        return sweeper.answer_requests(event, own, invocation.seconds_left)
    return sweeper.sweep_on_schedule(sweeper.scheduled(event, own.clock()), own)


def _closer(stack: Stack, invocation: Invocation, event: dict[str, Any]) -> Any:
    own = services(stack, invocation, "CloseQueue")
    left, run = invocation.seconds_left, invocation.run_all
    return close_batch(event, own, left, run)


def _force_closer(stack: Stack, invocation: Invocation, event: dict[str, Any]) -> Any:
    own = services(stack, invocation, "ForceQueue")
    may_force = replace(own, role=Role(own.rules, may_force=True))
    left, run = invocation.seconds_left, invocation.run_in_turn
    return close_batch(event, may_force, left, run)


def _reopener(stack: Stack, invocation: Invocation, event: dict[str, Any]) -> Any:
    own = services(stack, invocation, "")
    asked = parse_undo(event, now := own.clock())
    if isinstance(asked, Undo):
        return show_closings(asked, own)
    ends = now + timedelta(seconds=invocation.seconds_left())
    return reopen_closings(asked, own, ends)


OURS: Mapping[str, Story] = {
    "Sweeper": _sweeper,
    "Closer": _closer,
    "ForceCloser": _force_closer,
    "Reopener": _reopener,
}
