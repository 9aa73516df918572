"""The configuration of a datafeed as it is put, alone or with its job."""

from collections.abc import Mapping
from typing import Any

from standin.cluster.call import Call, parse_error
from standin.cluster.errors import (
    ClusterError,
    bad_request,
    conflict,
    illegal_argument,
)
from standin.cluster.job import Job
from standin.cluster.names import check_id
from standin.cluster.times import time_value

_QUERIES = {
    *("match_all", "match_none", "bool", "term", "terms", "range", "exists", "match"),
    *("query_string", "simple_query_string", "multi_match", "match_phrase", "prefix"),
    *("wildcard", "regexp", "ids", "constant_score", "fuzzy", "nested", "script"),
}
OPTIONS = {
    "expand_wildcards": ["open"],
    "ignore_unavailable": False,
    "allow_no_indices": True,
    "ignore_throttled": True,
}


def feed_config(call: Call, feed_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check a configuration, and fill in what it does not say."""
    check_id(feed_id, "datafeed_id")
    if not given.get("job_id"):
        raise illegal_argument("[job_id] must not be null.")
    indices = given.get("indices") or given.get("indexes")
    if not indices:
        shown = "null" if indices is None else "[]"
        raise bad_request(f"Invalid indices value '{shown}' in datafeed configuration")
    config = {"datafeed_id": feed_id, "job_id": given["job_id"], **_times(given)}
    config |= {
        "indices": indices,
        "query": _query(call, given),
        "scroll_size": _positive(given, "scroll_size", 1000),
    }
    config |= _optional(given)
    config["indices_options"] = _options(call, given)
    return config | {"authorization": call.caller.authorization}


def _times(given: Mapping[str, Any]) -> dict[str, Any]:
    times = {"query_delay": given.get("query_delay") or "60s"}
    if given.get("frequency"):
        times["frequency"] = given["frequency"]
    for name, value in times.items():
        time_value(value, name)
    return times


def _optional(given: Mapping[str, Any]) -> dict[str, Any]:
    aggregations = given.get("aggregations") or given.get("aggs")
    chunking = {"mode": "manual" if aggregations else "auto"}
    if aggregations:
        chunking["time_span"] = "3600000ms"
    delayed = given.get("delayed_data_check_config")
    config = {
        "chunking_config": given.get("chunking_config") or chunking,
        "delayed_data_check_config": delayed or {"enabled": True},
    }
    if aggregations:
        config["aggregations"] = aggregations
    for name in ("script_fields", "runtime_mappings"):
        if given.get(name):
            config[name] = given[name]
    searches = given.get("max_empty_searches")
    if searches is not None and searches < -1:
        raise bad_request(
            f"Invalid max_empty_searches value '{searches}' in datafeed configuration"
        )
    # Minus one says that there is no such limit.
    return config | ({"max_empty_searches": searches} if (searches or 0) > 0 else {})


def _query(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    query: dict[str, Any] = given.get("query") or {"match_all": {"boost": 1.0}}
    if len(query) == 1 and next(iter(query)) in _QUERIES:
        return query
    cause = ClusterError(400, "parsing_exception", f"unknown query {sorted(query)}")
    reason = "failed to parse field [query]"
    raise parse_error(call.body, "datafeed_config", "query", reason, cause)


def _options(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {**OPTIONS, **(given.get("indices_options") or {})}
    for name in ("ignore_unavailable", "allow_no_indices", "ignore_throttled"):
        if name in call.given and not call.parser:
            options[name] = call.flag(name, default=False)
    wildcards = call.given.get("expand_wildcards", options["expand_wildcards"])
    named = wildcards.split(",") if isinstance(wildcards, str) else wildcards
    if not isinstance(named, list):
        raise illegal_argument("[expand_wildcards] must be a list")
    # Written in this order whatever the order in which they came.
    order = ("open", "closed", "hidden")
    kinds = order if "all" in named else [kind for kind in order if kind in named]
    return options | {"expand_wildcards": list(kinds)}


def _positive(given: Mapping[str, Any], name: str, default: int) -> int:
    value = given.get(name)
    if value is None:
        return default
    if value <= 0:
        raise bad_request(f"Invalid {name} value '{value}' in datafeed configuration")
    return int(value)


def check_stopped(job: Job) -> None:
    """Refuse to delete a datafeed that runs."""
    if job.feeding:
        raise conflict(
            f"Cannot delete datafeed [{job.datafeed_id}] while its status is "
            f"{job.datafeed}"
        )
