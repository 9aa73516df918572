"""Calls one cluster: read its jobs, close one of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from math import inf
from time import monotonic
from typing import Any
from urllib.parse import quote

from idle_jobs.elastic.answers import no_object, parsed
from idle_jobs.elastic.info import (
    INFO_FIELDS,
    ON_SERVERLESS,
    Info,
    read_info,
)
from idle_jobs.elastic.job_reader import read_jobs
from idle_jobs.elastic.json_fields import Json
from idle_jobs.elastic.lists import (
    CONFIG_FIELDS,
    FEED_CONFIG_FIELDS,
    FEED_FIELDS,
    LONGEST_LIST,
    STATS_FIELDS,
    datafeeds_of,
    doubted,
    items_of,
    longest_of,
    packed,
    unread_datafeeds,
    with_datafeeds,
    without,
)
from idle_jobs.elastic.tasks import TASK_FIELDS, TASKS_PATH, Tasks, read_tasks
from idle_jobs.elastic.transport import LONGEST_ANSWER, Wire
from idle_jobs.elastic.untold import Untold
from idle_jobs.errors import (
    BadRequest,
    Evidence,
    Gone,
    LookAgain,
    NotOnServerless,
    NotSent,
    Refused,
    TryLater,
)
from idle_jobs.policy.job import Job

# Path, name of the list in the answer, and id field.
_JOBS = ("/_ml/anomaly_detectors", "jobs", "job_id")
_DATAFEEDS = ("/_ml/datafeeds", "datafeeds", "datafeed_id")

Ids = Sequence[str] | None


class Cluster:
    """One cluster; every method raises only `errors.ClusterError`."""

    def __init__(
        self,
        wire: Wire,
        limit: Callable[[], float] | None = None,
        untold: Untold | None = None,
    ) -> None:
        self._wire = wire
        self._limit = limit
        self._untold = untold or Untold()

    def within(self, limit: Callable[[], float]) -> "Cluster":
        """Return this cluster with a limit, in seconds, for the time of each read."""
        return Cluster(self._wire, limit, self._untold)

    def tasks(self) -> Tasks | None:
        """Return which jobs have a task; None if the cluster does not tell us.

        That needs the privilege `monitor`, and an API that Serverless does not offer. A
        refusal is remembered for an hour.
        """
        if not self._untold.lately():
            try:
                return read_tasks(self.get(TASKS_PATH, TASK_FIELDS, LONGEST_LIST))
            except (Refused, BadRequest):
                self._untold.note()
        return None

    def jobs(self, now: datetime, ids: Ids = None) -> list[Job]:
        """Return all jobs, or those of these ids that exist; four or five calls.

        `now` is the time at which the read begins; `open_start` is computed from it. If
        an id has become the name of a group, the answer has the jobs of that group.
        """
        began = monotonic()
        info = self._info()
        # Stats before configs: a job that the stats show as closed has a finished_time.
        stats, failures = self._list(_JOBS, "/_stats", STATS_FIELDS, ids)
        read_at = now + timedelta(seconds=int(monotonic() - began))
        configs, _ = self._list(_JOBS, "", CONFIG_FIELDS, ids)
        named = ids is not None and info.names_datafeeds
        feed_ids = list(datafeeds_of(configs)) if named else None
        feeds, _ = self._list(_DATAFEEDS, "/_stats", FEED_FIELDS, feed_ids)
        if unread := list(unread_datafeeds(configs, feeds)):
            those = None if ids is None else unread
            found, _ = self._list(_DATAFEEDS, "", FEED_CONFIG_FIELDS, those)
            configs = with_datafeeds(configs, found)
        mode = info.upgrade_mode
        jobs = read_jobs(configs, stats, feeds, read_at=read_at, upgrade_mode=mode)
        return [doubted(job, failures) for job in jobs] if failures else jobs

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

    def _info(self) -> Info:
        try:
            return read_info(self.get("/_ml/info", INFO_FIELDS))
        except NotOnServerless:
            return ON_SERVERLESS

    def _list(
        self, what: tuple[str, str, str], suffix: str, fields: str, ids: Ids
    ) -> tuple[list[Json], list[object]]:
        """Return the items of a list, all or by id, and the failures of nodes."""
        path, name, key = what
        answers = [
            answer
            for pack in ([""] if ids is None else packed(ids))
            for answer in self._known(path, pack, suffix, fields)
        ]
        items = [item for answer in answers for item in items_of(answer, name, key)]
        whose = ("node_failures", "task_failures")
        failures = [answer.get(name) for answer in answers for name in whose]
        return items, [failure for failure in failures if failure]

    def _known(self, path: str, pack: str, suffix: str, fields: str) -> Iterator[Json]:
        """Yield the answers for a pack of ids, which is a 404 if one id is missing."""
        whole = f"{path}{f'/{pack}' if pack else ''}{suffix}"
        try:
            yield self.get(whole, fields, longest_of(pack))
        except Gone as gone:
            for rest in without(pack, gone.missing):
                yield from self._known(path, rest, suffix, fields)

    def _limits(self) -> dict[str, float]:
        """Return how long the next read may take, if there is a limit."""
        if self._limit is None:
            return {}
        if (seconds := self._limit()) <= 0:
            raise NotSent("there is no time left to read")
        return {"read_timeout": seconds}

    def get(
        self, path: str, fields: str, longest: int = LONGEST_ANSWER, **more: str
    ) -> dict[str, Any]:
        """Read an object of which the answer has these fields alone."""
        params = {"filter_path": fields, **more}
        try:
            body = self._wire.call(
                "GET", path, params, longest=longest, **self._limits()
            )
        except (LookAgain, Evidence) as error:
            # These errors are about closes. After a read they mean: try again.
            raise TryLater(str(error)) from error
        value = parsed(body)
        if value is None:
            raise no_object(path, body)
        return dict(value)
