"""The values behind one verdict, and the fields that they were read from; pure."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

from idle_jobs.policy.idleness import quiet_time
from idle_jobs.policy.job import Datafeed, Job, State
from idle_jobs.policy.owner import Owner
from idle_jobs.policy.rules import Rules
from idle_jobs.times import rfc3339, spoken

# The API calls whose answers have the fields.
ANSWERS = {
    "job": "GET _ml/anomaly_detectors/<job_id>",
    "stats": "GET _ml/anomaly_detectors/<job_id>/_stats",
    "feed": "GET _ml/datafeeds/_stats",
    "info": "GET _ml/info",
    "ledger": "the stack's table of closings, with --stack",
}
CLOCKS = (
    "job: create_time",
    "job: finished_time",
    "stats: data_counts.last_data_time",
    "stats: data_counts.log_time",
    "stats: model_size_stats.log_time",
)
MEMORY = (
    "stats: model_size_stats.assignment_memory_basis",
    "stats: model_size_stats.model_bytes",
    "stats: model_size_stats.peak_model_bytes",
    "stats: model_size_stats.model_bytes_memory_limit",
    "job: analysis_limits.model_memory_limit",
)
# Patterns for `idle_closer`, also misspelt, and a key that may be misplaced.
OWNERS_KEYS = ("*dle*", "*loser*", "*IDLE*", "keep_open_until")
SOURCES: dict[str, tuple[str, ...]] = {
    "job_id": ("job: job_id", "stats: job_id"),
    "state": ("stats: state",),
    "configured": ("job: job_id",),
    "created": ("job: create_time",),
    "finished": ("job: finished_time",),
    "open_start": ("stats: open_time",),
    "last_data": ("stats: data_counts.last_data_time",),
    "latest_record": ("stats: data_counts.latest_record_timestamp",),
    "newest_clock": CLOCKS,
    "records": ("stats: data_counts.processed_record_count",),
    "memory_bytes": MEMORY,
    "groups": ("job: groups",),
    "managed": ("job: custom_settings.managed", "job: custom_settings.created_by"),
    "owner.mode": ("job: custom_settings.idle_closer.mode",),
    "owner.idle_after": ("job: custom_settings.idle_closer.idle_after",),
    "owner.keep_open_until": ("job: custom_settings.idle_closer.keep_open_until",),
    "owner.name": ("job: custom_settings.idle_closer.owner",),
    "owner.problem": tuple(f"job: custom_settings.{key}" for key in OWNERS_KEYS),
    "bucket_span": ("job: analysis_config.bucket_span",),
    "functions": ("job: analysis_config.detectors.function",),
    "datafeed": ("job: datafeed_config.datafeed_id", "feed: timing_stats.job_id"),
    "datafeed.datafeed_id": ("feed: datafeed_id", "job: datafeed_config.datafeed_id"),
    "datafeed.state": ("feed: state",),
    "datafeed.real_time_running": ("feed: running_state.real_time_running",),
    "datafeed.frequency": ("job: datafeed_config.frequency",),
    "datafeed.query_delay": ("job: datafeed_config.query_delay",),
    "datafeed.assigned": ("feed: node.id",),
    "datafeed.explanation": ("feed: assignment_explanation",),
    "blocked": ("job: blocked.reason",),
    "deleting": ("job: deleting",),
    "assigned": ("stats: node.id",),
    "node": ("stats: node.id",),
    "explanation": ("stats: assignment_explanation",),
    "forecasts": ("stats: forecasts_stats.status",),
    "upgrade_mode": ("info: upgrade_mode",),
    "problems": ("all: what could not be read",),
    "came_back": ("ledger: our closings after which it was opened again",),
    "announced_at": ("ledger: when a sweep announced it",),
}

# The settings that `policy.judge` uses; the others are for limits and for closing.
JUDGED = (
    *("idle_after", "never_fed_after", "dry_after", "reopen_grace", "failed_after"),
    *("force_failed", "close_jobs_without_datafeed", "close_dry_datafeeds"),
    *("include_managed_jobs", "managed_jobs_allowed", "keep_patterns"),
)

# What `idleness.quiet_time` uses.
FED_SINCE = "last_data, owner.keep_open_until"
UNFED_SINCE = "created, open_start, owner.keep_open_until"
LIMIT = "IDLE_AFTER, owner.idle_after, 3 x bucket_span or frequency + query_delay"
UNFED_LIMIT = f"NEVER_FED_AFTER, {LIMIT}"


@dataclass(frozen=True, slots=True)
class Input:
    """One value behind the verdict."""

    name: str
    value: object
    source: str


def inputs(job: Job, now: datetime, rules: Rules) -> Iterator[Input]:
    """Yield the values that were read, those computed from them, and the settings."""
    for name, value in _flat(job):
        yield Input(name, value, _grouped(SOURCES[name]))
    if job.state is State.OPENED:
        quiet = quiet_time(job, now, rules)
        began, limit = (FED_SINCE, LIMIT) if quiet.fed else (UNFED_SINCE, UNFED_LIMIT)
        yield Input("quiet since", quiet.began, f"newest of {began}")
        yield Input("may be quiet for", quiet.limit, f"longest of {limit}")
        yield Input("may be quiet until", quiet.idle_since, "both together")
    for name in JUDGED:
        same = getattr(rules, name) == getattr(Rules(), name)
        source = "default" if same else "set"
        yield Input(name.upper(), getattr(rules, name), source)


def written(value: object) -> str:
    """Return a value as text for people, `-` for none."""
    match value:
        case datetime():
            return rfc3339(value.replace(microsecond=0))
        case timedelta():
            return spoken(value)
        case StrEnum() | str():
            return str(value) or "-"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(map(written, value)) or "-"
    return "-" if value is None else str(value)


def how_long_ago(value: object, now: datetime) -> str:
    """Return how long ago a time was, or in how long it comes; "" for other values."""
    if not isinstance(value, datetime):
        return ""
    return f"in {spoken(value - now)}" if value > now else f"{spoken(now - value)} ago"


def _grouped(sources: tuple[str, ...]) -> str:
    """Return the sources as text: each answer once, before its fields."""
    by_answer: dict[str, list[str]] = {}
    for answer, _, field in (source.partition(": ") for source in sources):
        by_answer.setdefault(answer, []).append(field)
    return "; ".join(f"{a}: {', '.join(f)}" for a, f in by_answer.items())


def _flat(
    value: Job | Owner | Datafeed, prefix: str = ""
) -> Iterator[tuple[str, object]]:
    for field in fields(value):
        inner = getattr(value, field.name)
        if isinstance(inner, Owner | Datafeed):
            yield from _flat(inner, f"{field.name}.")
        else:
            yield prefix + field.name, inner
