"""The way to the cluster: the stand-in's core in process, and a network between.

It has the shape of the product's `Wire` and raises what that raises, from the same
sorting of statuses and of what requests raises.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random
from urllib.parse import unquote, urlencode

import requests

from idle_jobs.answers import error_of
from idle_jobs.errors import ClusterError, Gone
from idle_jobs.wire import Timeouts, error_of_transport
from simulation.faults import Faults
from simulation.history import HungUp, Posted, Read
from simulation.invocation import Invocation
from simulator.cluster import Answer, Cluster, Request

KEY = {"Authorization": "ApiKey dGVzdDp0ZXN0"}


@lru_cache(maxsize=256)
def _query(*params: tuple[str, str]) -> str:
    # A batch asks with the same few queries, again and again.
    return urlencode(params)


@dataclass
class SimulatedWire:
    """Calls the stand-in for one invocation."""

    cluster: Cluster
    invocation: Invocation
    timeouts: Timeouts
    faults: Faults
    source: Random
    watch: Callable[[str], None]

    def call(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        *,
        read_timeout: float | None = None,
        **_: float,  # Its answers are honest in length, and signing takes no time.
    ) -> bytes:
        """Return the body of a 200, after the time that the cluster takes."""
        request = Request(method, f"{path}?{_query(*params.items())}", KEY)
        timeout = read_timeout or self.timeouts.read
        if method == "POST":
            return self._post(request, timeout)
        return self._read(request, timeout)

    def _read(self, request: Request, timeout: float) -> bytes:
        begun = self.invocation.world.now
        try:
            body = self._exchange(request, timeout)
        except ClusterError as error:
            # A 404 is an answer: one missing id hides the others, which are asked for.
            self._note_read(request, begun, ok=isinstance(error, Gone))
            raise
        self._note_read(request, begun, ok=True)
        self.invocation.stall()
        return body

    def _note_read(self, request: Request, begun: datetime, *, ok: bool) -> None:
        path, number = request.path.partition("?")[0], self.invocation.number
        self.invocation.note(Read(begun, number, path, ok))

    def _post(self, request: Request, timeout: float) -> bytes:
        key = self.invocation.key
        try:
            return self._exchange(request, timeout)
        finally:
            now, number = self.invocation.world.now, self.invocation.number
            if not self.invocation.over:
                self.invocation.note(HungUp(now, number, key))

    def _exchange(self, request: Request, timeout: float) -> bytes:
        answer, takes = self.invocation.effect(lambda: self._arrive(request))
        lost = self.source.random() < self.faults.lost_answers
        if answer.kind == "dropped" or lost:
            raise error_of_transport(requests.ConnectionError("reset"))
        if takes > timedelta():
            self.invocation.sleep(min(takes.total_seconds(), timeout))
            # A force that came meanwhile has ended the wait.
            answer, takes = answer.again() if answer.again else (answer, takes)
        if takes.total_seconds() > timeout:
            raise error_of_transport(requests.ReadTimeout("read timed out"))
        if answer.status != 200:
            raise error_of(answer.status, answer.body)
        return answer.body

    def _arrive(self, request: Request) -> tuple[Answer, timedelta]:
        now = self.invocation.world.now
        if request.method != "POST":
            return self.cluster.handle(request, now)
        job_id = unquote(request.path.split("/")[3])
        before = self._state(job_id)
        answer, takes = self.cluster.handle(request, now)
        if answer.kind == "answered":
            self._note_post(request, job_id, before, answer)
        if before == "opened":
            self.watch(job_id)
        return answer, takes

    def _note_post(
        self, request: Request, job_id: str, before: str, answer: Answer
    ) -> None:
        key = self.invocation.key
        would_not_stop = answer.status == 409 and b"could not be stopped" in answer.body
        self.invocation.note(
            Posted(
                at=self.invocation.world.now,
                invocation=self.invocation.number,
                key=key if key.job_id == job_id else key._replace(job_id=job_id),
                force="force=true" in request.path,
                before=before,
                after=self._state(job_id),
                answer=answer.status,
                measured_409=would_not_stop and "timeout=30s" in request.path,
            )
        )

    def _state(self, job_id: str) -> str:
        if job_id not in self.cluster.jobs:
            return ""
        return self.cluster.state_of(job_id, self.invocation.world.now)
