"""The way to the cluster: the stand-in's core in process, and a network between.

It is the product's `Wire` but for the exchange: it is the product that asks once more
with fresh credentials, and that sorts statuses and what requests raises.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from math import inf
from random import Random
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlencode

import requests

from idle_jobs.elastic.idle_closer import SETTINGS
from idle_jobs.elastic.signing import Signer
from idle_jobs.elastic.tasks import TASKS_PATH
from idle_jobs.elastic.transport import (
    LONGEST_ANSWER,
    Timeouts,
    Wire,
    error_of_transport,
)
from idle_jobs.errors import ClusterError, Gone, Refused
from simulation.faults import Faults
from simulation.history import HungUp, Posted, Read, Undid
from simulation.invocation import Invocation
from standin.cluster import Answer, Cluster, Request

# What a key with `manage_ml` alone may not read, and the product can do without.
NOT_NEEDED = (TASKS_PATH, SETTINGS)
PRODUCT = "X-elastic-product"


@lru_cache(maxsize=256)
def _query(*params: tuple[str, str]) -> str:
    # A batch asks with the same few queries, again and again.
    return urlencode(params)


class SimulatedWire(Wire):
    """Calls the stand-in for one invocation."""

    def __init__(  # noqa: PLR0917 - a network, and who uses it
        self,
        cluster: Cluster,
        invocation: Invocation,
        timeouts: Timeouts,
        faults: Faults,
        source: Random,
        watch: Callable[[str], None],
        signer: Signer,
    ) -> None:
        super().__init__("", signer, timeouts)
        self.cluster, self.invocation = cluster, invocation
        self.faults, self.source, self.watch = faults, source, watch

    def call(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        *,
        read_timeout: float | None = None,
        longest: int = LONGEST_ANSWER,
        send_within: float = inf,
    ) -> bytes:
        """Return the body of a 200, after the time that the cluster takes."""
        limits = {"read_timeout": read_timeout, "longest": longest}
        if method == "POST":
            return self._post(path, params, limits | {"send_within": send_within})
        return self._read(path, params, limits)

    def _read(self, path: str, params: Mapping[str, str], limits: Any) -> bytes:
        begun = self.invocation.world.now
        try:
            body = super().call("GET", path, params, **limits)
        except ClusterError as error:
            # A 404 is an answer: one missing id hides the others, which are asked for.
            untold = path in NOT_NEEDED and isinstance(error, Refused)
            self._note_read(path, begun, ok=isinstance(error, Gone) or untold)
            raise
        self._note_read(path, begun, ok=True)
        self.invocation.stall()
        return body

    def _note_read(self, path: str, begun: datetime, *, ok: bool) -> None:
        self.invocation.note(Read(begun, self.invocation.number, path, ok))

    def _post(self, path: str, params: Mapping[str, str], limits: Any) -> bytes:
        key = self.invocation.key
        try:
            return super().call("POST", path, params, **limits)
        finally:
            now, number = self.invocation.world.now, self.invocation.number
            if not self.invocation.over:
                self.invocation.note(HungUp(now, number, key))

    def _ask(
        self, request: requests.Request, seconds: float, longest: int, until: float
    ) -> tuple[int, bytes]:
        # Answers are honest in length, and what a call rests on never grows too old.
        del longest, until
        signed: Any = SimpleNamespace(headers={})
        self._signer(signed)
        path = f"{request.url}?{_query(*dict(request.params).items())}"
        return self._exchange(
            Request(str(request.method), path, signed.headers), seconds
        )

    def _exchange(self, request: Request, timeout: float) -> tuple[int, bytes]:
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
        return answer.status, answer.body

    def _arrive(self, request: Request) -> tuple[Answer, timedelta]:
        now = self.invocation.world.now
        if request.method != "POST":
            return self.cluster.handle(request, now)
        job_id = unquote(request.path.split("/")[3])
        if not request.path.partition("?")[0].endswith("/_close"):
            return self._undo(request, job_id)
        before = self._state(job_id)
        answer, takes = self.cluster.handle(request, now)
        # A proxy that answers itself lets nothing through.
        own = PRODUCT in answer.headers or before != self._state(job_id)
        if answer.kind == "answered" and own:
            self._note_post(request, job_id, before, answer)
        if before == "opened":
            self.watch(job_id)
        return answer, takes

    def _undo(self, request: Request, thing: str) -> tuple[Answer, timedelta]:
        """Let an undo open a job, or start a datafeed, which Kibana names so."""
        now, job_id = self.invocation.world.now, thing.removeprefix("datafeed-")
        before, job = self._state(job_id), self.cluster.jobs.get(job_id)
        finished = job.finished if job else None
        fed = job and job.datafeed
        answer, takes = self.cluster.handle(request, now)
        # A proxy may have answered in the cluster's place, before or after the effect.
        if before != self._state(job_id) or fed != (job and job.datafeed):
            call = request.path.partition("?")[0].rpartition("/")[2]
            number, after = self.invocation.number, self._state(job_id)
            self.invocation.note(
                Undid(now, number, job_id, call, before, after, finished)
            )
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
