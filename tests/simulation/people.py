"""Everybody else: owners, operators, pipelines, and Elasticsearch's nightly closer."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

from simulation.history import Asked, Lived, Redriven, Turned
from simulation.sqs import Message
from simulation.stack import Stack
from simulator.cluster import Request

KEY = {"Authorization": "ApiKey dGVzdDp0ZXN0"}
HOUR = timedelta(hours=1)
NONSENSE = ('{"job_id": ""}', "close job-001", "{}", "[1]")


class People:
    """Plans, before a schedule begins, what everybody will do in it and when."""

    def __init__(
        self, stack: Stack, kinds: dict[str, str], source: Random, span: timedelta
    ) -> None:
        self._stack, self._kinds, self._source = stack, kinds, source
        self._start, self._span = stack.world.now, span
        self._asked = 0
        self._ids = sorted(kinds)

    def plan(self, scale: float) -> None:
        """Plan it all; `scale` is how much they do beside asking."""
        for _ in range(2):
            self._at(self._span, self._ask_for_some)
        for act, times in (
            (self._give_data, 10),
            (self._start_datafeed, 6),
            (self._reopen, 6),
            (self._delete, 4),
            (self._protect, 5),
            (self._reset, 3),
            (self._close, 4),
            (self._move, 4),
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
        share = self._stack.faults.silent_nodes
        if share and self._source.random() < share:
            self._turn("node_failures", "on", "off")
        self._stack.world.at(self._start + self._span + 26 * HOUR, self._redrive)
        night = self._start.replace(hour=0, minute=30) + timedelta(days=1)
        self._stack.world.at(night, self._close_at_night)

    def _at(self, span: timedelta, act: Callable[[], object]) -> None:
        self._stack.world.at(self._start + span * self._source.random(), act)

    # What people ask for.

    def _ask_for_some(self) -> None:
        """Send requests one after the other, as a pipeline does."""
        for _ in range(self._source.randint(8, 16)):
            drawn = self._source.random()
            if drawn < 0.8:
                self._ask_for_one()
            elif drawn < 0.83:
                self._ask("*", only_if_idle=True)
            elif drawn < 0.95:
                group = self._source.choice(("sales", "ops", "web"))
                self._ask(group, only_if_idle=self._source.random() < 0.5)
            else:
                self._send_nonsense()

    def _ask_for_one(self) -> None:
        job_id = self._source.choice(self._ids)
        order = self._source.random() < 0.2
        given: dict[str, Any] = {"force": True} if order else {}
        if self._source.random() < 0.3:
            given["only_if_idle"] = True
        self._ask(job_id, **given)

    def _ask(self, expression: str, **given: Any) -> None:
        self._asked += 1
        request_id = f"ask-{self._asked}"
        jobs = self._jobs_of(expression)
        idle = bool(given.get("only_if_idle"))
        now = self._stack.world.now
        self._stack.note(
            Asked(now, request_id, expression, jobs, idle, bool(given.get("force")))
        )
        body = {"job_id": expression, "request_id": request_id, **given}
        self._stack.queues.send("RequestQueue", json.dumps(body))

    def _jobs_of(self, expression: str) -> frozenset[str]:
        jobs = self._stack.cluster.jobs
        return frozenset(
            job_id
            for job_id, job in jobs.items()
            if expression in ("*", job_id) or expression in job.groups
        )

    def _send_nonsense(self) -> None:
        self._send_body(self._source.choice(NONSENSE))

    def _send_body(self, body: str) -> None:
        """Send what no function can read; it is known by its message's id."""
        message = self._stack.queues.send("RequestQueue", body)
        now, none = self._stack.world.now, frozenset[str]()
        asked = Asked(now, message.message_id, "", none, False, readable=False)
        self._stack.note(asked)

    # What happens to jobs.

    def _some(self, states: Sequence[str], *kinds: str) -> str | None:
        now, cluster = self._stack.world.now, self._stack.cluster
        cluster.settle(now)
        fitting = [
            job_id
            for job_id, job in cluster.jobs.items()
            if job.state in states
            and (not kinds or self._kinds.get(job_id) in kinds)
            and not job.blocked
        ]
        return self._source.choice(fitting) if fitting else None

    def _lived(self, job_id: str, what: str) -> None:
        self._stack.note(Lived(self._stack.world.now, job_id, what))

    def _give_data(self) -> None:
        if job_id := self._some(["opened"], "idle", "never_fed", "no_datafeed", "dry"):
            self._stack.cluster.give_data(job_id, self._stack.world.now)
            self._lived(job_id, "data")

    def _start_datafeed(self) -> None:
        if job_id := self._some(["opened"], "idle", "never_fed"):
            self._stack.cluster.jobs[job_id].datafeed = "started"
            self._kinds[job_id] = "busy"
            self._lived(job_id, "feed_started")

    def _reopen(self) -> None:
        if job_id := self._some(["closed"]):
            self._stack.cluster.reopen_job(job_id, self._stack.world.now)
            self._lived(job_id, "opened")

    def _move(self) -> None:
        """Let a node leave: a job's process starts anew on another one."""
        if job_id := self._some(["opened"]):
            self._stack.cluster.jobs[job_id].opened = self._stack.world.now
            self._lived(job_id, "opened")

    def _delete(self) -> None:
        if job_id := self._some(["opened", "closed", "failed"]):
            self._stack.cluster.delete_job(job_id)
            self._lived(job_id, "deleted")

    def _protect(self) -> None:
        if job_id := self._some(["opened"], "idle", "never_fed"):
            settings = {"idle_closer": {"mode": "never"}}
            self._stack.cluster.jobs[job_id].custom_settings = settings
            self._lived(job_id, "protected")

    def _reset(self) -> None:
        if job_id := self._some(["opened"], "idle"):
            job = self._stack.cluster.jobs[job_id]
            job.blocked = "reset"
            self._lived(job_id, "blocked")
            self._stack.world.after(600, lambda: self._unblock(job_id))

    def _unblock(self, job_id: str) -> None:
        if job := self._stack.cluster.jobs.get(job_id):
            job.blocked = None
            self._lived(job_id, "unblocked")

    def _close(self) -> None:
        """Close a job, as somebody else."""
        if job_id := self._some(["opened"], "idle", "busy"):
            now, cluster = self._stack.world.now, self._stack.cluster
            path = f"/_ml/anomaly_detectors/{job_id}/_close"
            faults, cluster.faults = cluster.faults, []
            cluster.handle(Request("POST", path, KEY), now)
            cluster.faults = faults
            if cluster.jobs[job_id].state != "opened":
                self._lived(job_id, "closing")
                self._stack.watch(job_id)

    def _close_at_night(self) -> None:
        """Elasticsearch itself closes what is idle, where its version does."""
        now, cluster = self._stack.world.now, self._stack.cluster
        opened = [job for job in cluster.jobs.values() if job.state == "opened"]
        cluster.settle(now)
        for job in opened:
            if job.state != "opened":
                self._lived(job.job_id, "closing")
                self._stack.watch(job.job_id)

    # What operators do.

    def _turn(self, what: Any, first: str, then: str) -> None:
        begin = self._start + self._span * self._source.random()
        for when, value in ((begin, first), (begin + 1.5 * HOUR, then)):
            self._stack.world.at(when, partial(self._set, what, value))

    def _set(self, what: Any, value: str) -> None:
        if what == "mode":
            self._stack.mode = value
        elif what == "node_failures":
            failure: dict[str, object] = {"type": "failed_node_exception"}
            self._stack.cluster.node_failures[:] = [failure] * (value == "on")
            return
        else:
            self._stack.cluster.upgrade_mode = value == "on"
        self._stack.note(Turned(self._stack.world.now, what, value))

    def _park_long_ago(self) -> None:
        """Leave requests of last week parked when a schedule begins."""
        for job_id in self._source.sample(self._ids, 5):
            sent = self._start - timedelta(days=self._source.uniform(1, 8))
            self._asked += 1
            request_id = f"old-{self._asked}"
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
            return self._send_body(message.body)
        now = self._stack.world.now
        self._stack.note(Redriven(now, message.message_id, message.key))
        self._stack.queues.send("RequestQueue", message.body)
        return None
