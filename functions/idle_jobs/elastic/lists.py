"""Requests to the list APIs of the cluster, and checks of their answers; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote, unquote

from idle_jobs.elastic.answers import not_the_cluster
from idle_jobs.elastic.causes import causes_of, in_one_line
from idle_jobs.elastic.json_fields import Json, dig
from idle_jobs.errors import BadRequest, TryLater
from idle_jobs.policy.job import Job, State

# The fields that `job_reader` reads, for `filter_path`. The wildcards also find
# misspelt keys of an owner, such as `Idle-Closer` for `idle_closer`.
CONFIG_FIELDS = (
    "count,jobs.job_id,jobs.groups,jobs.create_time,jobs.finished_time,jobs.blocked,"
    "jobs.deleting,jobs.custom_settings.managed,jobs.custom_settings.created_by,"
    "jobs.custom_settings.*dle*,jobs.custom_settings.*loser*,"
    "jobs.custom_settings.*IDLE*,jobs.custom_settings.keep_open_until,"
    "jobs.analysis_config.bucket_span,"
    "jobs.analysis_config.detectors.function,jobs.analysis_limits.model_memory_limit,"
    "jobs.datafeed_config.datafeed_id,jobs.datafeed_config.frequency,"
    "jobs.datafeed_config.query_delay"
)
FINISHED_FIELDS = "count,jobs.job_id,jobs.finished_time"
STATS_FIELDS = (
    "count,node_failures,task_failures,jobs.job_id,jobs.state,jobs.node.id,"
    "jobs.assignment_explanation,jobs.open_time,jobs.data_counts.last_data_time,"
    "jobs.data_counts.latest_record_timestamp,jobs.data_counts.log_time,jobs.data_counts.processed_record_count,"
    "jobs.model_size_stats.log_time,jobs.model_size_stats.model_bytes,"
    "jobs.model_size_stats.peak_model_bytes,"
    "jobs.model_size_stats.model_bytes_memory_limit,"
    "jobs.model_size_stats.assignment_memory_basis,jobs.forecasts_stats.status"
)
FEED_FIELDS = (
    "count,datafeeds.datafeed_id,datafeeds.state,datafeeds.timing_stats.job_id,"
    "datafeeds.running_state,datafeeds.node.id,datafeeds.assignment_explanation"
)
# Of a datafeed, if the configuration of its job does not hold it.
FEED_CONFIG_FIELDS = (
    "count,datafeeds.datafeed_id,datafeeds.job_id,datafeeds.frequency,"
    "datafeeds.query_delay"
)

MOST_JOBS = 10_000  # The list APIs return at most this, without a warning.

# Bytes of an answer: for all jobs (10,000 jobs are about 6 MB), and for each id that we
# ask for. An id may have become the name of a group with 200 jobs.
LONGEST_LIST = 8 * 1024 * 1024
LONGEST_JOB = 256 * 1024

# Bytes. A request line has 4,096 (http.max_initial_line_length). The longest query,
# STATS_FIELDS encoded, and the base path need less than 1,500 of them.
LONGEST_IDS = 2_500


def packs(ids: Iterable[str]) -> Iterator[list[str]]:
    """Yield ids in packs, each of which fits into a request line."""
    pack: list[str] = []
    length = 0
    for job_id in dict.fromkeys(ids):
        needed = len(quote(job_id, safe="")) + len("%2C")
        if pack and length + needed > LONGEST_IDS:
            yield pack
            pack, length = [], 0
        pack.append(job_id)
        length += needed
    if pack:
        yield pack


def packed(ids: Iterable[str]) -> Iterator[str]:
    """Yield percent-encoded comma lists of ids that fit into a request line."""
    for pack in packs(ids):
        yield "%2C".join(quote(job_id, safe="") for job_id in pack)


def longest_of(pack: str) -> int:
    """Return how many bytes the answer for a pack of ids may have; "" asks for all."""
    of_pack = LONGEST_JOB * (pack.count("%2C") + 1) if pack else LONGEST_LIST
    return min(of_pack, LONGEST_LIST)


def without(pack: str, missing: Iterable[str]) -> Iterator[str]:
    """Yield the packs to ask for next, if some ids of a pack are missing.

    If `missing` has none of these ids, each id gets a pack of its own.
    """
    ids = [unquote(part) for part in pack.split("%2C")]
    left = [job_id for job_id in ids if job_id not in set(missing)]
    if len(left) < len(ids):
        yield from packed(left)
    elif len(ids) > 1:
        yield from (quote(job_id, safe="") for job_id in ids)


def items_of(answer: Json, name: str, key: str) -> list[Json]:
    """Return the items of a list; ClusterError if it is incomplete or not a list."""
    # With filter_path an empty list is missing in the answer; the count is not.
    count, items = answer.get("count"), answer.get(name, [])
    if not isinstance(count, int):
        raise not_the_cluster(name, "count", answer)
    if not isinstance(items, list) or not all(
        isinstance(item, dict) and isinstance(item.get(key), str) for item in items
    ):
        raise TryLater(f"{name}: expected a list of objects with {key}")
    if len(items) >= MOST_JOBS:
        raise BadRequest(
            f"{name}: got {MOST_JOBS}, the most that the API returns, so some may be "
            "missing"
        )
    if count != len(items):
        raise TryLater(
            f"{name}: expected {count!r:.20}, the count in the answer, got {len(items)}"
        )
    return items


def datafeeds_of(configs: Iterable[Json]) -> Iterator[str]:
    """Yield the ids of the datafeeds in the configurations of jobs."""
    for config in configs:
        datafeed_id = dig(config, "datafeed_config.datafeed_id")
        if isinstance(datafeed_id, str) and datafeed_id:
            yield datafeed_id


def unread_datafeeds(configs: Iterable[Json], feeds: Iterable[Json]) -> Iterator[str]:
    """Yield the ids of datafeeds whose config is not in that of their job (7.14)."""
    bare = {c["job_id"] for c in configs if c.get("datafeed_config") is None}
    for feed in feeds:
        job_id = dig(feed, "timing_stats.job_id")
        if isinstance(job_id, str) and job_id in bare:
            yield feed["datafeed_id"]


def with_datafeeds(configs: Iterable[Json], datafeeds: Iterable[Json]) -> list[Json]:
    """Return job configs that contain those of their datafeeds, as from 7.15 on."""
    of_job = {f["job_id"]: f for f in datafeeds if isinstance(f.get("job_id"), str)}
    return [
        {**config, "datafeed_config": of_job.get(config["job_id"])}
        if config.get("datafeed_config") is None
        else config
        for config in configs
    ]


def finished_since(configs: Iterable[Json], since: datetime) -> Iterator[str]:
    """Yield which of these jobs were closed at a time or later."""
    earliest = since.timestamp() * 1000
    for config in configs:
        finished = config.get("finished_time")
        if isinstance(finished, int) and finished >= earliest:
            yield config["job_id"]


def doubted(jobs: list[Job], failures: list[object]) -> list[Job]:
    """Mark open jobs as unknown if nodes failed: their counts may be old ones."""
    if not failures:
        return jobs
    why = in_one_line(causes_of(failures))
    problem = "stats: some nodes did not answer" + (f": {why}" if why else "")
    return [
        job
        if job.state is State.CLOSED
        else replace(job, problems=(*job.problems, problem))
        for job in jobs
    ]
