"""Everybody else: who asks, whose jobs they are, and who operates the application."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from idle_jobs.times import spoken
from simulation.asks import Asks
from simulation.history import Asked, Posted, Redriven, Turned
from simulation.keys import FIRST, SECOND, granted
from simulation.owners import Owners
from simulation.sqs import Message
from simulation.stack import Stack

HOUR = timedelta(hours=1)
AILS = {
    "no_modes": "the mode cannot be read",
    "away": "DynamoDB takes no items",
    "ill": "SQS refuses most of the messages that are sent",
}


class People:
    """Plans, before a schedule begins, what everybody will do in it and when."""

    def __init__(
        self, stack: Stack, kinds: dict[str, str], source: Random, span: timedelta
    ) -> None:
        self._stack, self._source = stack, source
        self._start, self._span = stack.world.now, span
        self._ids = sorted(kinds)
        self._asks = Asks(stack, self._ids, source)
        self._owners = Owners(stack, kinds, source)

    def plan(self, scale: float) -> None:
        """Plan it all; `scale` is how much they do beside asking."""
        self._at(self._span, self._asks.some)
        owners = self._owners
        for act, times in (
            (owners.give_data, 10),
            (owners.start_datafeed, 6),
            (owners.reopen, 6),
            (owners.delete, 4),
            (owners.say, 9),
            (owners.forecast, 3),
            (owners.reset, 3),
            (owners.close, 4),
            (owners.move, 4),
            (self._asks.of_another_cluster, 0.6),
            (self._asks.before_it_opens, 1),
        ):
            for _ in range(round(times * scale)):
                self._at(self._span, act)
        if self._source.random() < 0.3 * scale:
            self._turn("mode", self._source.choice(("paused", "observe")), "close")
        if self._source.random() < 0.2 * scale:
            self._turn("upgrade_mode", "on", "off")
        if self._source.random() < 0.3 * scale:
            self._park_long_ago()
            self._at(self._span, self._redrive)
        if self._source.random() < 0.2 * scale:
            self._pause_at_a_force()
        self._plan_ills(scale)
        self._stack.world.at(self._start + self._span + 26 * HOUR, self._redrive)
        night = self._start.replace(hour=0, minute=30) + timedelta(days=1)
        self._stack.world.at(night, owners.close_at_night)

    def _plan_ills(self, scale: float) -> None:
        """Plan what ails everything that the functions call."""
        share = self._stack.faults.silent_nodes
        if share and self._source.random() < share:
            failures = self._source.choice(("node_failures", "task_failures"))
            self._turn(failures, "on", "off")
        if self._source.random() < 0.3 * scale:
            self._at(self._span, self._rotate)
        if self._source.random() < 0.2 * scale:
            self._ail("no_modes", 10)
        if self._source.random() < 0.3 * scale:
            self._ail("ill", 3)
            self._ail("ill", 3)
        if self._source.random() < 0.3 * scale:
            self._ail("away", 40)

    def plan_around(self, due: datetime, scale: float) -> None:
        """Plan what is done to jobs in the minutes before and after a sweep."""
        for act, earliest, latest in (
            (self._owners.close_for_a_moment, -20, -1),
            (self._owners.reopen_at_once, 20, 240),
        ):
            seconds = self._source.uniform(earliest, latest)
            if self._source.random() < 0.7 * scale:
                self._stack.world.at(due + timedelta(seconds=seconds), act)

    def _at(self, span: timedelta, act: Callable[[], object]) -> None:
        self._stack.world.at(self._start + span * self._source.random(), act)

    def _turn(self, what: Any, first: str, then: str) -> None:
        begin = self._start + self._span * self._source.random()
        for when, value in ((begin, first), (begin + 1.5 * HOUR, then)):
            self._stack.world.at(when, partial(self._set, what, value))

    def _pause_at_a_force(self) -> None:
        """Pause as soon as a force is seen, as an operator does who fears the worst."""
        stack, seen = self._stack, 0

        def look() -> None:
            nonlocal seen
            new, seen = stack.events[seen:], len(stack.events)
            if any(isinstance(event, Posted) and event.force for event in new):
                self._set("mode", "paused")
                stack.world.after(
                    HOUR.total_seconds(), lambda: self._set("mode", "close")
                )
            elif stack.world.now < self._start + self._span:
                stack.world.after(5, look)

        look()

    def _set(self, what: Any, value: str) -> None:
        if what == "mode":
            self._stack.mode = value
        elif what in ("node_failures", "task_failures"):
            failure: dict[str, object] = {"type": "failed_node_exception"}
            getattr(self._stack.cluster, what)[:] = [failure] * (value == "on")
            whose = f"{what.partition('_')[0]}s"
            words = f"some {whose} do not answer"
            if value == "off":
                words = f"all {whose} answer again"
            self._stack.note(Turned(self._stack.world.now, "cluster", words))
            return
        else:
            self._stack.cluster.upgrade_mode = value == "on"
        self._stack.note(Turned(self._stack.world.now, what, value))

    def _ail(self, what: str, minutes: float) -> None:
        """Let the Parameter Store or DynamoDB be away, or SQS be ill, for minutes."""
        stack = self._stack
        owners = {"no_modes": stack, "away": stack.ledger, "ill": stack.queues}
        owner: Any = owners[what]
        begin = self._start + self._span * self._source.random()
        words = f"{AILS[what]} for {spoken(timedelta(minutes=minutes))}"
        stack.note(Turned(begin, "aws", words))
        stack.world.at(begin, lambda: setattr(owner, what, True))
        end = begin + timedelta(minutes=minutes)
        stack.world.at(end, lambda: setattr(owner, what, False))

    def _rotate(self) -> None:
        """Change the key: with both valid for a while, or first at the cluster."""
        stack, world = self._stack, self._stack.world
        now, gap = world.now, self._source.random() < 0.5
        new = granted((SECOND,), narrow=stack.narrow)
        both = granted((FIRST, SECOND), narrow=stack.narrow)
        stack.cluster.keys = new if gap else both
        stored = now + timedelta(minutes=self._source.uniform(1, 6))
        if gap:
            stack.note(Turned(now, "door", "shut"))
            stack.note(Turned(stored, "door", "open"))
        world.at(stored, lambda: setattr(stack, "secret", SECOND))
        world.after(900, lambda: setattr(stack.cluster, "keys", new))

    def _park_long_ago(self) -> None:
        """Leave requests of last week parked when a schedule begins."""
        for job_id in self._source.sample(self._ids, 5):
            sent = self._start - timedelta(days=self._source.uniform(1, 8))
            request_id = f"old-{job_id}"
            force = self._source.random() < 0.5
            jobs = frozenset({job_id})
            self._stack.note(Asked(sent, request_id, job_id, jobs, False, force))
            body = {
                "version": 1,
                "cluster": "simulated",
                "request_id": request_id,
                "job_id": job_id,
                "requested_at": sent.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "only_if_idle": False,
                "force": force,
                "parked_reason": "server_error: for a day",
            }
            self._stack.queues.hold("ParkingQueue", json.dumps(body), sent)

    def _redrive(self) -> None:
        """Move everything that is parked back to where requests are judged anew."""
        for message in self._stack.queues.take_all("ParkingQueue"):
            self._send_again(message)

    def _send_again(self, message: Message) -> None:
        if not message.key.job_id:
            # Nobody can tell any more what it was sent as: it is a new request.
            return self._asks.send_body(message.body)
        now = self._stack.world.now
        self._stack.note(Redriven(now, message.message_id, message.key))
        self._stack.queues.send("RequestQueue", message.body)
        return None
