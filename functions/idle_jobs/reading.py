"""How jobs are read from the cluster's three lists; pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from idle_jobs.bodies import JOB_ID
from idle_jobs.fields import Fields, Json, dig
from idle_jobs.jobs import Datafeed, Job, State
from idle_jobs.owner import read_owner

# What is asked of the cluster, as `filter_path` wants it: just what is read below.
CONFIG_FIELDS = (
    "count,jobs.job_id,jobs.groups,jobs.create_time,jobs.finished_time,jobs.blocked,"
    "jobs.deleting,jobs.custom_settings.managed,jobs.custom_settings.created_by,"
    "jobs.custom_settings.idle_closer,jobs.analysis_config.bucket_span,"
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
    "datafeeds.running_state"
)

LONGEST_TEXT = 500  # characters of what is only told

_BYTES = re.compile(r"(\d{1,15})(b|kb|mb|gb|tb|pb)", re.IGNORECASE)
_POWERS = {"b": 0, "kb": 1, "mb": 2, "gb": 3, "tb": 4, "pb": 5}
_RESERVED = {
    "current_model_bytes": "model_bytes",
    "peak_model_bytes": "peak_model_bytes",
}


def read_jobs(
    configs: Iterable[Json],
    stats: Iterable[Json],
    datafeeds: Iterable[Json],
    *,
    read_at: datetime,
    upgrade_mode: bool = False,
) -> list[Job]:
    """Join the cluster's lists into jobs, sorted by id.

    A job that only one of the two job lists knows is returned with what there is:
    without a config it is an orphan, without stats its state is unknown. One with an
    id that Elasticsearch refuses is none.
    """
    feeds = _by_key(datafeeds)
    config_of = {config["job_id"]: config for config in configs}
    stats_of = {stat["job_id"]: stat for stat in stats}
    jobs = []
    for job_id in sorted(filter(JOB_ID.fullmatch, config_of.keys() | stats_of.keys())):
        config, stat = config_of.get(job_id), stats_of.get(job_id)
        feed = feeds.get(f"feed {dig(config, 'datafeed_config.datafeed_id')}")
        document = Fields(
            {
                "config": config,
                "stats": stat,
                "feed": feed or feeds.get(f"job {job_id}"),
            }
        )
        jobs.append(_read_job(job_id, document, read_at, upgrade_mode=upgrade_mode))
    return jobs


def _by_key(datafeeds: Iterable[Json]) -> dict[str, Json]:
    # Datafeed stats name no job at their top level, so two keys lead to one: a job of
    # 7.14 has no datafeed_config, and an orphan datafeed has no timing_stats.
    feeds: dict[str, Json] = {}
    for feed in datafeeds:
        feeds[f"feed {feed['datafeed_id']}"] = feed
        feeds[f"job {dig(feed, 'timing_stats.job_id')}"] = feed
    return feeds


def _read_job(
    job_id: str, doc: Fields, read_at: datetime, *, upgrade_mode: bool
) -> Job:
    configured = doc["config"] is not None
    created = doc.time("config.create_time", needed=configured)
    finished = doc.time("config.finished_time")
    last_data = doc.time("stats.data_counts.last_data_time")
    counted = doc.time("stats.data_counts.log_time")
    sized = doc.time("stats.model_size_stats.log_time")
    clocks = filter(None, (created, finished, last_data, counted, sized))
    return Job(
        job_id=job_id,
        state=_state(doc),
        configured=configured,
        created=created,
        finished=finished,
        open_start=_open_start(doc, read_at),
        last_data=last_data,
        newest_clock=max(clocks, default=None),
        records=_records(doc),
        memory_bytes=_memory(doc),
        groups=doc.texts("config.groups"),
        managed=_managed(doc),
        owner=read_owner(doc["config.custom_settings"]),
        bucket_span=doc.duration("config.analysis_config.bucket_span"),
        functions=_functions(doc),
        datafeed=_datafeed(doc),
        blocked=_blocked(doc),
        deleting=doc["config.deleting"] not in (None, False),
        assigned=bool(doc.text("stats.node.id")),
        explanation=doc.text("stats.assignment_explanation")[:LONGEST_TEXT],
        forecasts=_forecasts(doc),
        upgrade_mode=upgrade_mode,
        problems=tuple(doc.problems),
    )


def _state(doc: Fields) -> State | None:
    text = doc["stats.state"]
    if isinstance(text, str) and text in set(State):
        return State(text)
    doc.doubt("stats.state", "a job state")
    return None


def _open_start(doc: Fields, read_at: datetime) -> datetime | None:
    # "123456s": whole seconds, and only from a live process.
    age = doc.duration("stats.open_time")
    return None if age is None else read_at - age


def _records(doc: Fields) -> int:
    path = "stats.data_counts.processed_record_count"
    return doc.read(path, int, needed=doc["stats"] is not None) or 0


def _memory(doc: Fields) -> int:
    # What the node reserves, by Elasticsearch's own choice of figure; `model_bytes` is
    # 0 right after opening although memory is held (elasticsearch#121168).
    basis = doc.text("stats.model_size_stats.assignment_memory_basis")
    figure = _RESERVED.get(basis, "model_bytes_memory_limit")
    if reserved := doc.read(f"stats.model_size_stats.{figure}", int):
        return reserved
    limit = _BYTES.fullmatch(doc.text("config.analysis_limits.model_memory_limit"))
    return int(limit[1]) * 1024 ** _POWERS[limit[2].lower()] if limit else 0


def _managed(doc: Fields) -> bool:
    # Any truthy `managed` protects: an odd value must not open a job of Elastic's apps.
    created_by = doc["config.custom_settings.created_by"]
    by_module = isinstance(created_by, str) and created_by.startswith("ml-module-")
    return bool(doc["config.custom_settings.managed"]) or by_module


def _functions(doc: Fields) -> tuple[str, ...]:
    # None at all is as unknown as a function that cannot be read.
    detectors = doc.read("config.analysis_config.detectors", list) or [None]
    functions = (dig(detector, "function") for detector in detectors)
    return tuple(f if isinstance(f, str) else "unknown" for f in functions)


def _blocked(doc: Fields) -> str:
    blocked = doc["config.blocked"]
    if blocked is None:
        return ""
    reason = dig(blocked, "reason")
    return reason[:LONGEST_TEXT] if isinstance(reason, str) and reason else "unreadable"


def _forecasts(doc: Fields) -> int:
    paths = (
        f"stats.forecasts_stats.status.{name}" for name in ("started", "scheduled")
    )
    return sum(doc.read(path, int) or 0 for path in paths)


def _datafeed(doc: Fields) -> Datafeed | None:
    if not isinstance(doc["feed"], Mapping):
        if doc["config.datafeed_config"] is not None:
            doc.doubt("feed", "the stats of its configured datafeed")
        return None
    state = doc.text("feed.state")
    if state not in ("stopped", "starting", "started", "stopping"):
        doc.doubt("feed.state", "a datafeed state")
    return Datafeed(
        datafeed_id=doc.text("feed.datafeed_id"),
        state=state,
        real_time_running=doc.read("feed.running_state.real_time_running", bool),
        frequency=doc.duration("config.datafeed_config.frequency"),
        query_delay=doc.duration("config.datafeed_config.query_delay"),
    )
