"""Makes jobs from the three lists of the cluster: configs, stats, datafeeds; pure."""

import re
from collections.abc import Iterable
from datetime import datetime

from idle_jobs.elastic.json_fields import Fields, Json, dig
from idle_jobs.policy.job import JOB_ID, Datafeed, Job, State
from idle_jobs.policy.owner import read_owner

LONGEST_TEXT = 500  # characters of a text for people

_STATES = {str(state): state for state in State}
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
    """Join the lists of the cluster into jobs, sorted by id.

    A job may be missing in one of the two job lists. Without a config it is an orphan;
    without stats its state is unknown. Items with an id that Elasticsearch does not
    allow are left out.
    """
    feeds = _by_key(datafeeds)
    config_of = {config["job_id"]: config for config in configs}
    stats_of = {stat["job_id"]: stat for stat in stats}
    jobs = []
    for job_id in sorted(filter(JOB_ID.fullmatch, config_of.keys() | stats_of.keys())):
        config, stat = config_of.get(job_id), stats_of.get(job_id)
        feed = feeds.get(f"feed {dig(config, 'datafeed_config.datafeed_id')}")
        feed = feed or feeds.get(f"job {job_id}")
        document = Fields({"config": config, "stats": stat, "feed": feed})
        jobs.append(_read_job(job_id, document, read_at, upgrade_mode=upgrade_mode))
    return jobs


def read_closed(
    configs: Iterable[Json], read_at: datetime, stats: Iterable[Json] | None = None
) -> list[Job]:
    """Return jobs that are known to be closed, and whose datafeeds were not read.

    Without `stats`, their configuration is all that was read.
    """
    configs = [{**config, "datafeed_config": None} for config in configs]
    if stats is None:
        no_records = {"processed_record_count": 0}
        stats = [
            {"job_id": c["job_id"], "state": "closed", "data_counts": no_records}
            for c in configs
        ]
    return read_jobs(configs, stats, (), read_at=read_at)


def _by_key(datafeeds: Iterable[Json]) -> dict[str, Json]:
    # A datafeed is found by its own id, which the config of its job holds, or by the
    # job_id in its timing_stats. A job of 7.14 has only the latter.
    feeds: dict[str, Json] = {}
    for feed in datafeeds:
        feeds[f"feed {feed['datafeed_id']}"] = feed
        feeds[f"job {dig(feed, 'timing_stats.job_id')}"] = feed
    return feeds


def _read_job(
    job_id: str, doc: Fields, read_at: datetime, *, upgrade_mode: bool
) -> Job:
    config, stats = doc.within("config"), doc.within("stats")
    analysis, settings = config.within("analysis_config"), config["custom_settings"]
    counts, sizes = stats.within("data_counts"), stats.within("model_size_stats")
    created = config.time("create_time", needed=doc["config"] is not None)
    finished, node = config.time("finished_time"), stats.within("node").text("id")
    last_data = counts.time("last_data_time")
    counted, sized = counts.time("log_time"), _sized(sizes)
    clocks = filter(None, (created, finished, last_data, counted, sized))
    return Job(
        job_id=job_id,
        state=_state(stats),
        configured=doc["config"] is not None,
        created=created,
        finished=finished,
        open_start=_open_start(stats, read_at),
        last_data=last_data,
        latest_record=counts.time("latest_record_timestamp"),
        newest_clock=max(clocks, default=None),
        records=_records(counts, needed=doc["stats"] is not None),
        memory_bytes=_memory(sizes, config),
        groups=config.texts("groups"),
        managed=_managed(settings),
        owner=read_owner(settings),
        bucket_span=analysis.duration("bucket_span"),
        functions=_functions(analysis),
        datafeed=_datafeed(doc, config),
        blocked=_blocked(config["blocked"]),
        deleting=config["deleting"] not in (None, False),
        assigned=bool(node),
        node=node,
        explanation=stats.text("assignment_explanation")[:LONGEST_TEXT],
        forecasts=_forecasts(stats),
        upgrade_mode=upgrade_mode,
        problems=tuple(doc.problems),
    )


def _state(stats: Fields) -> State | None:
    text = stats["state"]
    if isinstance(text, str) and text in _STATES:
        return _STATES[text]
    stats.doubt("state", "a job state")
    return None


def _open_start(stats: Fields, read_at: datetime) -> datetime | None:
    # "123456s": whole seconds; only a running process reports it.
    age = stats.duration("open_time")
    return None if age is None else read_at - age


def _records(counts: Fields, *, needed: bool) -> int:
    return counts.read("processed_record_count", int, needed=needed) or 0


def _sized(sizes: Fields) -> datetime | None:
    # Before a process reports a model, Elasticsearch makes one up, with its log_time.
    time = sizes.time("log_time")
    reported = sizes["model_bytes_memory_limit"] is not None or sizes["model_bytes"]
    return time if reported else None


def _memory(sizes: Fields, config: Fields) -> int:
    # What the node reserves for the job. Elasticsearch names the figure that it uses.
    # `model_bytes` is 0 right after opening, although memory is reserved
    # (elasticsearch#121168).
    basis = sizes.text("assignment_memory_basis")
    figure = _RESERVED.get(basis, "model_bytes_memory_limit")
    if reserved := sizes.read(figure, int):
        return reserved
    limit = config.within("analysis_limits").text("model_memory_limit")
    size = _BYTES.fullmatch(limit)
    return int(size[1]) * 1024 ** _POWERS[size[2].lower()] if size else 0


def _managed(settings: object) -> bool:
    # Any truthy `managed` protects the job, so that an odd value is on the safe side.
    created_by = dig(settings, "created_by")
    by_module = isinstance(created_by, str) and created_by.startswith("ml-module-")
    return bool(dig(settings, "managed")) or by_module


def _functions(analysis: Fields) -> tuple[str, ...]:
    # A job without detectors counts like one with an unknown function.
    detectors = analysis.read("detectors", list) or [None]
    functions = (dig(detector, "function") for detector in detectors)
    return tuple(f if isinstance(f, str) else "unknown" for f in functions)


def _blocked(blocked: object) -> str:
    if blocked is None:
        return ""
    reason = dig(blocked, "reason")
    return reason[:LONGEST_TEXT] if isinstance(reason, str) and reason else "unreadable"


def _forecasts(stats: Fields) -> int:
    status = stats.within("forecasts_stats").within("status")
    return (status.read("started", int) or 0) + (status.read("scheduled", int) or 0)


def _datafeed(doc: Fields, config: Fields) -> Datafeed | None:
    if not isinstance(doc["feed"], dict):
        if config["datafeed_config"] is not None:
            doc.doubt("feed", "the stats of its configured datafeed")
        return None
    feed, configured = doc.within("feed"), config.within("datafeed_config")
    if doc["config"] is not None and not isinstance(config["datafeed_config"], dict):
        config.doubt("datafeed_config", "the configuration of its datafeed")
    state = feed.text("state")
    if state not in ("stopped", "starting", "started", "stopping"):
        feed.doubt("state", "a datafeed state")
    running = feed.within("running_state")
    return Datafeed(
        datafeed_id=feed.text("datafeed_id"),
        state=state,
        real_time_running=running.read("real_time_running", bool),
        frequency=configured.duration("frequency"),
        query_delay=configured.duration("query_delay"),
        assigned=bool(feed.within("node").text("id")),
        explanation=feed.text("assignment_explanation")[:LONGEST_TEXT],
    )
