"""Calls one cluster: read its jobs, close one of them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from math import inf
from time import monotonic
from typing import Any
from urllib.parse import quote

from idle_jobs.elastic.answers import not_the_cluster, parsed
from idle_jobs.elastic.info import Info
from idle_jobs.elastic.job_reader import read_closed, read_jobs
from idle_jobs.elastic.lists import (
    CONFIG_FIELDS,
    FEED_CONFIG_FIELDS,
    FEED_FIELDS,
    FINISHED_FIELDS,
    LONGEST_LIST,
    STATS_FIELDS,
    datafeeds_of,
    doubted,
    finished_since,
    packs,
    unread_datafeeds,
    with_datafeeds,
)
from idle_jobs.elastic.reader import DATAFEEDS, JOBS, Ids, Reader
from idle_jobs.elastic.tasks import (
    CLOSING_FIELDS,
    LONGEST_OPEN,
    OPEN_FIELDS,
    TASKS_PATH,
    Open,
    read_closing,
    read_open,
)
from idle_jobs.elastic.transport import LONGEST_ANSWER, Wire
from idle_jobs.elastic.untold import Untold
from idle_jobs.errors import Gone, LookAgain
from idle_jobs.policy.job import Job, State


class Cluster:
    """One cluster; every method raises only `errors.ClusterError`."""

    def __init__(
        self,
        wire: Wire,
        limit: Callable[[], float] | None = None,
        untold: Untold | None = None,
    ) -> None:
        self._wire = wire
        self._reader = Reader(wire, limit)
        self._untold = untold or Untold()

    def within(self, limit: Callable[[], float]) -> "Cluster":
        """Return this cluster with a limit, in seconds, for the time of each read."""
        return Cluster(self._wire, limit, self._untold)

    def closing(self) -> int | None:
        """Return how many jobs are closing; None if the cluster does not tell us.

        That needs the privilege `monitor`, and an API that Serverless does not offer. A
        refusal is remembered for an hour.
        """
        return self._untold.ask(
            lambda: read_closing(self.get(TASKS_PATH, CLOSING_FIELDS, LONGEST_LIST))
        )

    def open_ids(self) -> Open | None:
        """Return which jobs have a task; None as for `closing`."""
        return self._untold.ask(
            lambda: read_open(self.get(TASKS_PATH, OPEN_FIELDS, LONGEST_OPEN))
        )

    def jobs(self, now: datetime, ids: Ids = None) -> list[Job]:
        """Return all jobs, or those of these ids that exist; four or five calls.

        `now` is the time at which the read begins; `open_start` is computed from it. If
        an id has become the name of a group, the answer has the jobs of that group.
        """
        return self._jobs(self._reader.info(), ids, _clock(now))

    def jobs_after_close(self, now: datetime, ids: Ids) -> list[Job]:
        """Return the jobs of answered closes; two calls if all of them are closed.

        Their datafeeds are not read then, nor is the upgrade mode of the cluster. If
        any job is not closed, all jobs are as `jobs` returns them.
        """
        clock = _clock(now)
        # As in `_jobs`: stats before configs.
        stats, _ = self._reader.items(JOBS, "/_stats", STATS_FIELDS, ids)
        if any(stat.get("state") != State.CLOSED for stat in stats):
            return self._jobs(self._reader.info(), ids, clock)
        configs, _ = self._reader.items(JOBS, "", CONFIG_FIELDS, ids)
        return read_closed(configs, clock(), stats)

    def open_jobs(
        self, now: datetime, tasks: Open, closed: Iterable[str], since: datetime
    ) -> list[Job]:
        """Return the jobs that have a task, and those of the `closed` ids that exist.

        The stats of a closed job cost Elasticsearch two searches. So they are read only
        if the job was closed at `since` or later, or if its datafeed runs; else its
        configuration alone. Each pack is done before the next, to spare memory.
        """
        clock, info, ids = _clock(now), self._reader.info(), tasks.jobs | tasks.fed
        others = sorted(set(closed) - ids)
        configs, _ = self._reader.items(JOBS, "", CONFIG_FIELDS, others)
        lately = set(finished_since(configs, since)) - ids
        jobs = {job.job_id: job for job in read_closed(configs, clock())}
        for pack in packs([*sorted(lately), *sorted(ids)]):
            jobs |= {job.job_id: job for job in self._jobs(info, pack, clock)}
        return list(jobs.values())

    def closed_since(self, since: datetime) -> list[str]:
        """Return the ids of the jobs that were closed at a time or later.

        BadRequest if Elasticsearch has more jobs than it lists.
        """
        configs, _ = self._reader.items(JOBS, "", FINISHED_FIELDS, None)
        return list(finished_since(configs, since))

    def has_match(self, pattern: str) -> bool:
        """Return whether an id, a group or a wildcard matches any job, open or not."""
        path = f"{JOBS[0]}/{quote(pattern, safe='')}"
        try:
            answer = self.get(path, "count")
        except Gone:
            return False
        if not isinstance(count := answer.get("count"), int):
            raise not_the_cluster(path, "count", answer)
        return count > 0

    def close(
        self,
        job: Job,
        *,
        timeout: str,
        read_timeout: float,
        send_within: float = inf,
        force: bool = False,
    ) -> None:
        """Post a close for one job; return when Elasticsearch reports it as closed.

        `job` must come from a fresh read, so that its id is that of one job. A group, a
        wildcard or a blank id would close more than one. The parameters go into the
        query: with a body, Elasticsearch would ignore the query.

        LookAgain means that the close may have been issued; a timeout here does not
        stop it. Raises NotSent if the request, which may have to wait for credentials,
        cannot be sent within `send_within` seconds.
        """
        path = f"/_ml/anomaly_detectors/{quote(job.job_id, safe='')}/_close"
        params = {"timeout": timeout} | ({"force": "true"} if force else {})
        answer = self.post(path, params, read_timeout, send_within)
        if answer.get("closed") is not True:
            raise LookAgain("200, but the answer does not say `closed: true`")

    def post(
        self,
        path: str,
        params: Mapping[str, str],
        read_timeout: float,
        send_within: float = inf,
    ) -> Mapping[str, Any]:
        """Post, and return the answer; empty if it is no JSON object."""
        body = self._wire.call(
            "POST", path, params, read_timeout=read_timeout, send_within=send_within
        )
        return parsed(body) or {}

    def get(
        self, path: str, fields: str, longest: int = LONGEST_ANSWER, **more: str
    ) -> dict[str, Any]:
        """Read an object of which the answer has these fields alone."""
        return self._reader.get(path, fields, longest, **more)

    def _jobs(self, info: Info, ids: Ids, clock: Callable[[], datetime]) -> list[Job]:
        # Stats before configs: a job that the stats show as closed has a finished_time.
        stats, failures = self._reader.items(JOBS, "/_stats", STATS_FIELDS, ids)
        read_at = clock()
        configs, _ = self._reader.items(JOBS, "", CONFIG_FIELDS, ids)
        named = ids is not None and info.names_datafeeds
        feed_ids = list(datafeeds_of(configs)) if named else None
        feeds, _ = self._reader.items(DATAFEEDS, "/_stats", FEED_FIELDS, feed_ids)
        if unread := list(unread_datafeeds(configs, feeds)):
            those = None if ids is None else unread
            found, _ = self._reader.items(DATAFEEDS, "", FEED_CONFIG_FIELDS, those)
            configs = with_datafeeds(configs, found)
        mode = info.upgrade_mode
        jobs = read_jobs(configs, stats, feeds, read_at=read_at, upgrade_mode=mode)
        return doubted(jobs, failures)


def _clock(now: datetime) -> Callable[[], datetime]:
    """Return a clock that goes on from `now`, in whole seconds as `open_time`."""
    began = monotonic()
    return lambda: now + timedelta(seconds=int(monotonic() - began))
