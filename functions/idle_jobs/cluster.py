"""The only file that speaks Elasticsearch: read its jobs, close one of them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf
from time import monotonic
from typing import Any
from urllib.parse import quote

from idle_jobs.answers import glimpse, parsed
from idle_jobs.errors import (
    BadRequest,
    Evidence,
    Gone,
    LookAgain,
    Refused,
    TryLater,
)
from idle_jobs.fields import Json, dig
from idle_jobs.jobs import Job, State
from idle_jobs.reading import CONFIG_FIELDS, FEED_FIELDS, STATS_FIELDS, read_jobs
from idle_jobs.reasons import Reason
from idle_jobs.wire import LONGEST_ANSWER, Wire

OLDEST_VERSION = (7, 14)  # From there on close stops the datafeed itself (#74257).
NAMES_DATAFEEDS = (8, 0)  # A job's config holds its datafeed since about 7.15.
MOST_JOBS = 10_000  # What the list APIs return at most, without a word.

# Bytes of a list of all jobs, of which 10,000 are about 6 MB, and for each id of a list
# of some: what was an id may be a group's name by now, and 200 jobs come.
LONGEST_LIST = 8 * 1024 * 1024
LONGEST_JOB = 256 * 1024

# A request line holds 4,096 bytes (http.max_initial_line_length); the longest query,
# STATS_FIELDS encoded, and the base path take less than 1,500 of them.
LONGEST_IDS = 2_500

# Where each kind is listed, under which name, and what identifies one.
_JOBS = ("/_ml/anomaly_detectors", "jobs", "job_id")
_DATAFEEDS = ("/_ml/datafeeds", "datafeeds", "datafeed_id")

Ids = Sequence[str] | None


class Cluster:
    """One cluster; every method raises `errors.ClusterError` and nothing else."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def jobs(self, now: datetime, ids: Ids = None) -> list[Job]:
        """Read all jobs, or those of these ids that exist, in four calls.

        What is read of a few jobs costs the cluster no more for all the others.
        `open_start` is counted back from `now` and what the read took until then, in
        whole seconds, as `open_time` has them. An id may have become a group's name
        meanwhile, so that jobs may come back that nobody asked for.
        """
        began = monotonic()
        info = self._object("/_ml/info", "upgrade_mode,native_code.version")
        _refuse_old(info)
        # The states first: a job that is closed by then has its finish time as well.
        stats, incomplete = self._list(_JOBS, "/_stats", STATS_FIELDS, ids)
        read_at = now + timedelta(seconds=int(monotonic() - began))
        configs, _ = self._list(_JOBS, "", CONFIG_FIELDS, ids)
        named = ids is not None and _version(info) >= NAMES_DATAFEEDS
        feed_ids = list(_datafeeds_of(configs)) if named else None
        feeds, _ = self._list(_DATAFEEDS, "/_stats", FEED_FIELDS, feed_ids)
        jobs = read_jobs(
            configs,
            stats,
            feeds,
            read_at=read_at,
            upgrade_mode=info.get("upgrade_mode") is True,
        )
        return [_doubted(job) for job in jobs] if incomplete else jobs

    def close(
        self,
        job: Job,
        *,
        timeout: str,
        read_timeout: float,
        good_for: float = inf,
        force: bool = False,
    ) -> None:
        """Post a close for one job as just read; return when it is said to be closed.

        The path carries one id that the cluster itself has just named, so it can be
        neither blank nor a group nor a wildcard, each of which closes more than a job.
        Parameters go into the query and there is no body: with a body, Elasticsearch
        would not read the query. LookAgain means issued: hanging up does not stop it.
        What is not sent within `good_for` seconds, since credentials had to be fetched,
        is not sent at all: NotSent.
        """
        path = f"/_ml/anomaly_detectors/{quote(job.job_id, safe='')}/_close"
        params = {"timeout": timeout} | ({"force": "true"} if force else {})
        body = self._wire.call(
            "POST", path, params, read_timeout=read_timeout, good_for=good_for
        )
        if (parsed(body) or {}).get("closed") is not True:
            raise LookAgain("200, but the answer does not say that the job is closed")

    def _list(
        self, what: tuple[str, str, str], suffix: str, fields: str, ids: Ids
    ) -> tuple[list[Json], bool]:
        """Read all of a kind, or these; say whether some nodes did not answer."""
        path, name, key = what
        answers = [
            answer
            for pack in ([""] if ids is None else packed(ids))
            for answer in self._known(path, pack, suffix, fields)
        ]
        items = [item for answer in answers for item in _items(answer, name, key)]
        incomplete = any(
            a.get("node_failures") or a.get("task_failures") for a in answers
        )
        return items, incomplete

    def _known(self, path: str, pack: str, suffix: str, fields: str) -> Iterator[Json]:
        """Yield the answers for a pack; one missing id makes the whole pack a 404."""
        ids = pack.split("%2C")
        longest = LONGEST_JOB * len(ids) if pack else LONGEST_LIST
        whole = f"{path}{f'/{pack}' if pack else ''}{suffix}"
        try:
            yield self._object(whole, fields, longest)
        except Gone:
            if len(ids) > 1:
                for one in ids:
                    yield from self._known(path, one, suffix, fields)

    def _object(
        self, path: str, fields: str, longest: int = LONGEST_ANSWER
    ) -> dict[str, Any]:
        params = {"filter_path": fields}
        try:
            body = self._wire.call("GET", path, params, longest=longest)
        except (LookAgain, Evidence) as error:
            # A read that timed out read nothing, and none is refused as a close is.
            raise TryLater(str(error)) from error
        value = parsed(body)
        if value is None:
            raise TryLater(f"{path}: {glimpse(body)}")
        return dict(value)


def packed(ids: Sequence[str]) -> Iterator[str]:
    """Yield percent-encoded comma lists of ids that fit into a request line."""
    pack = ""
    for job_id in dict.fromkeys(ids):
        encoded = quote(job_id, safe="")
        if pack and len(pack) + 3 + len(encoded) > LONGEST_IDS:
            yield pack
            pack = ""
        pack = f"{pack}%2C{encoded}" if pack else encoded
    if pack:
        yield pack


def _items(answer: Json, name: str, key: str) -> list[Json]:
    # filter_path leaves an empty list out altogether.
    count, items = answer.get("count"), answer.get(name, [])
    if not isinstance(items, list) or not all(
        isinstance(item, dict) and isinstance(item.get(key), str) for item in items
    ):
        raise TryLater(f"{name}: expected a list of objects with {key}")
    if count != len(items):
        raise TryLater(f"{name}: {count!r:.20} were announced, {len(items)} came")
    if len(items) >= MOST_JOBS:
        raise BadRequest(
            f"{name}: {MOST_JOBS} came, so there may be more than the API tells"
        )
    return items


def _refuse_old(info: Json) -> None:
    if _version(info) < OLDEST_VERSION:
        told = dig(info, "native_code.version")
        why = f"Elasticsearch {told} is too old: expected 7.14 or later"
        raise Refused(why, Reason.CLUSTER_TOO_OLD)


def _version(info: Json) -> tuple[int, int]:
    """Return the version; an unread one is taken for the oldest that can be served."""
    version = dig(info, "native_code.version")
    match = (
        re.match(r"(\d{1,9})\.(\d{1,9})", version) if isinstance(version, str) else None
    )
    return (int(match[1]), int(match[2])) if match else OLDEST_VERSION


def _datafeeds_of(configs: Iterable[Json]) -> Iterator[str]:
    for config in configs:
        datafeed_id = dig(config, "datafeed_config.datafeed_id")
        if isinstance(datafeed_id, str) and datafeed_id:
            yield datafeed_id


def _doubted(job: Job) -> Job:
    """Mark an open job of an answer with failures: its counts may be an index's."""
    if job.state is State.CLOSED:
        return job
    return replace(job, problems=(*job.problems, "stats: some nodes did not answer"))
