"""What people and pipelines ask of RequestQueue: jobs, groups, everything, nonsense."""

import json
from datetime import timedelta
from fnmatch import fnmatchcase
from itertools import count
from random import Random
from typing import Any

from simulation.history import Asked, Lived
from simulation.stack import Stack

TIMEOUTS = {
    "1m": timedelta(minutes=1),
    "30m": timedelta(minutes=30),
    "3h": timedelta(hours=3),
    "5h": timedelta(hours=5),
}
EVERYTHING = ("_all", "*")
SOME = ("job-00*", "job-*5", "o*", "sales", "web,job-01*", "job-021,job-02*")
NONSENSE = ('{"job_id": ""}', "close job-001", "{}", "[1]")


class Asks:
    """Sends requests to a stack, and writes each wish down."""

    def __init__(self, stack: Stack, ids: list[str], source: Random) -> None:
        self._stack, self._ids, self._source = stack, ids, source
        self._numbers = count(1)

    def some(self) -> None:
        """Send requests one after the other, as a pipeline does."""
        for _ in range(self._source.randint(5, 10)):
            drawn = self._source.random()
            if drawn < 0.77:
                self._for_one()
            elif drawn < 0.8:
                self._ask("*", **self._if_idle())
            elif drawn < 0.92:
                self._for_group()
            elif drawn < 0.95:
                self._counted()
            else:
                self._nonsense()

    def _for_one(self) -> None:
        job_id = self._source.choice(self._ids)
        order = self._source.random() < 0.2
        given: dict[str, Any] = {"force": True} if order else {}
        if self._source.random() < 0.3:
            given |= self._if_idle()
        if self._source.random() < 0.2:
            given["timeout"] = self._source.choice(("1m", "3h", "5h"))
        self._ask(job_id, **given)

    def _for_group(self) -> None:
        """Ask for a group; to order force of it is a mistake, and must not count."""
        group = self._source.choice(("sales", "ops", "web"))
        order = {"force": True} if self._source.random() < 0.3 else {}
        idle = self._source.random() < 0.65
        given = self._if_idle() if idle else {"only_if_idle": False}
        self._ask(group, **given, **order)

    def _if_idle(self) -> dict[str, Any]:
        """Ask for what is idle, now and then in spite of a halt."""
        halted = {"despite_halt": True} if self._source.random() < 0.3 else {}
        return {"only_if_idle": True} | halted

    def _counted(self) -> None:
        """Ask for jobs by their number, often a wrong one; few ask for all of them."""
        wide = self._source.random() < 0.1
        expression = self._source.choice(EVERYTHING if wide else SOME)
        cluster, now = self._stack.cluster, self._stack.world.now
        states = (cluster.state_of(i, now) for i in self._jobs_of(expression))
        number = sum(state != "closed" for state in states)
        if self._source.random() >= (0.3 if wide else 0.6):
            number += self._source.choice((-3, -1, 1, 20))
        silent = self._source.random() < 0.3
        given: dict[str, Any] = {} if silent else {"only_if_idle": False}
        self._ask(expression, expected_jobs=max(1, number), **given)

    def _ask(self, expression: str, **given: Any) -> None:
        request_id = f"ask-{next(self._numbers)}"
        jobs = self._jobs_of(expression)
        idle = bool(given.get("only_if_idle"))
        now = self._stack.world.now
        timeout = TIMEOUTS[given.get("timeout", "30m")]
        asked = Asked(
            now,
            request_id,
            expression,
            jobs,
            idle,
            force=bool(given.get("force")),
            timeout=timeout,
            despite_halt=bool(given.get("despite_halt")),
            expected=given.get("expected_jobs"),
        )
        self._stack.note(asked)
        body = {"job_id": expression, "request_id": request_id, **given}
        self._stack.queues.send("RequestQueue", json.dumps(body))

    def _jobs_of(self, expression: str) -> frozenset[str]:
        jobs, pieces = self._stack.cluster.jobs, expression.split(",")
        if expression in EVERYTHING:
            return frozenset(jobs)
        if expression in jobs:
            return frozenset({expression})
        return frozenset(
            job_id
            for job_id, job in jobs.items()
            for name in (job_id, *job.groups)
            if any(fnmatchcase(name, piece) for piece in pieces)
        )

    def of_another_cluster(self) -> None:
        """Send a close message to a queue of the wrong stack."""
        job_id, now = self._source.choice(self._ids), self._stack.world.now
        request_id, none = f"foreign-{next(self._numbers)}", frozenset[str]()
        self._stack.note(Asked(now, request_id, job_id, none, only_if_idle=False))
        body = {
            "version": 1,
            "kind": "close",
            "cluster": "another",
            "request_id": request_id,
            "job_id": job_id,
            "requested_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "only_if_idle": False,
        }
        queue = self._source.choice(("CloseQueue", "ForceQueue"))
        self._stack.queues.send(queue, json.dumps(body))

    def before_it_opens(self) -> None:
        """Ask for a job that opens a moment later: a script that does both at once."""
        cluster, now = self._stack.cluster, self._stack.world.now
        closed = [
            i for i, j in cluster.jobs.items() if cluster.state_of(i, now) == "closed"
        ]
        if not closed:
            return
        job_id = self._source.choice(closed)
        self._ask(job_id)

        def open_it() -> None:
            if job_id in cluster.jobs:
                cluster.reopen_job(job_id, self._stack.world.now)
                self._stack.note(Lived(self._stack.world.now, job_id, "opened"))

        self._stack.world.after(self._source.uniform(0.5, 2), open_it)

    def _nonsense(self) -> None:
        self.send_body(self._source.choice(NONSENSE))

    def send_body(self, body: str) -> None:
        """Send what no function can read; it is known by its message's id."""
        message = self._stack.queues.send("RequestQueue", body)
        now, none = self._stack.world.now, frozenset[str]()
        asked = Asked(now, message.message_id, "", none, False, readable=False)
        self._stack.note(asked)
