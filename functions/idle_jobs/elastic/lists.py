"""How the cluster's list APIs are asked for, and what their answers hold; pure."""

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote, unquote

from idle_jobs.elastic.answers import not_the_cluster
from idle_jobs.elastic.json_fields import Json, dig
from idle_jobs.errors import BadRequest, TryLater

# What is asked of the cluster, as `filter_path` wants it: just what `job_reader` reads.
# The owner's key is looked for by parts of `idle_closer` and `Idle-Closer`.
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
STATS_FIELDS = (
    "count,node_failures,task_failures,jobs.job_id,jobs.state,jobs.node.id,"
    "jobs.assignment_explanation,jobs.open_time,jobs.data_counts.last_data_time,"
    "jobs.data_counts.log_time,jobs.data_counts.processed_record_count,"
    "jobs.model_size_stats.log_time,jobs.model_size_stats.model_bytes,"
    "jobs.model_size_stats.peak_model_bytes,"
    "jobs.model_size_stats.model_bytes_memory_limit,"
    "jobs.model_size_stats.assignment_memory_basis,jobs.forecasts_stats.status"
)
FEED_FIELDS = (
    "count,datafeeds.datafeed_id,datafeeds.state,datafeeds.timing_stats.job_id,"
    "datafeeds.running_state,datafeeds.node.id,datafeeds.assignment_explanation"
)
# Of a job's datafeed, where the job's own configuration does not hold it.
FEED_CONFIG_FIELDS = (
    "count,datafeeds.datafeed_id,datafeeds.job_id,datafeeds.frequency,"
    "datafeeds.query_delay"
)

MOST_JOBS = 10_000  # What the list APIs return at most, without a word.

# A request line holds 4,096 bytes (http.max_initial_line_length); the longest query,
# STATS_FIELDS encoded, and the base path take less than 1,500 of them.
LONGEST_IDS = 2_500


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


def without(pack: str, missing: Iterable[str]) -> Iterator[str]:
    """Yield what to ask for instead of a pack of which some ids are missing.

    Where the answer names none of its ids, each is asked for by itself.
    """
    ids = [unquote(part) for part in pack.split("%2C")]
    left = [job_id for job_id in ids if job_id not in set(missing)]
    if len(left) < len(ids):
        yield from packed(left)
    elif len(ids) > 1:
        yield from (quote(job_id, safe="") for job_id in ids)


def items_of(answer: Json, name: str, key: str) -> list[Json]:
    """Return the items of a list; half a list, or one of others, raises."""
    # filter_path leaves an empty list out altogether, but never the count.
    count, items = answer.get("count"), answer.get(name, [])
    if not isinstance(count, int):
        raise not_the_cluster(name, "count", answer)
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


def datafeeds_of(configs: Iterable[Json]) -> Iterator[str]:
    """Yield the ids of the datafeeds that jobs' configurations name."""
    for config in configs:
        datafeed_id = dig(config, "datafeed_config.datafeed_id")
        if isinstance(datafeed_id, str) and datafeed_id:
            yield datafeed_id


def unread_datafeeds(configs: Iterable[Json], feeds: Iterable[Json]) -> Iterator[str]:
    """Yield the ids of datafeeds whose jobs' configurations lack theirs, as in 7.14."""
    bare = {c["job_id"] for c in configs if c.get("datafeed_config") is None}
    for feed in feeds:
        job_id = dig(feed, "timing_stats.job_id")
        if isinstance(job_id, str) and job_id in bare:
            yield feed["datafeed_id"]


def with_datafeeds(configs: Iterable[Json], datafeeds: Iterable[Json]) -> list[Json]:
    """Return configurations that hold those of their datafeeds, as from 7.15 on."""
    of_job = {f["job_id"]: f for f in datafeeds if isinstance(f.get("job_id"), str)}
    return [
        {**config, "datafeed_config": of_job.get(config["job_id"])}
        if config.get("datafeed_config") is None
        else config
        for config in configs
    ]
