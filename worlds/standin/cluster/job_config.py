"""The configuration of a job as `PUT _ml/anomaly_detectors/{id}` takes it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from standin.cluster.call import Call, parse_error
from standin.cluster.detectors import analysis_of, fields_of, refuse_duplicates
from standin.cluster.errors import ClusterError, illegal_argument
from standin.cluster.ml import MachineLearning
from standin.cluster.names import check_groups, check_id
from standin.cluster.sizes import MEGABYTE, megabytes, read_bytes, write_bytes
from standin.cluster.times import time_value

_MOST = "xpack.ml.max_model_memory_limit"
_SECOND, _HOUR = timedelta(seconds=1), timedelta(hours=1)
_AS_PUT = (
    *("model_plot_config", "renormalization_window_days", "results_retention_days"),
    *("background_persist_interval", "custom_settings"),
)


def job_config(
    ml: MachineLearning, call: Call, job_id: str, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Check a configuration, and fill in what it does not say; in the order of it."""
    _refuse_generated(given)
    check_id(job_id, "job_id")
    for name in ("analysis_config", "data_description"):
        if given.get(name) is None:
            article = "An" if name[0] == "a" else "A"
            raise illegal_argument(f"{article} {name} must be set")
    analysis = _analysis(call, given["analysis_config"])
    data = _data(given["data_description"])
    if data["time_field"] in fields_of(analysis):
        reason = "data_description.time_field may not be used in the analysis_config"
        raise illegal_argument(reason)
    refuse_duplicates(analysis["detectors"])
    check_groups(job_id, given.get("groups"))
    config = {"description": given["description"]} if given.get("description") else {}
    config |= {"analysis_config": analysis, "analysis_limits": limits_of(ml, given)}
    config |= {"data_description": data}
    config |= {name: given[name] for name in _AS_PUT if given.get(name) is not None}
    config |= retention_of(given)
    config |= {"results_index_name": _results(given)}
    return finish(config | {"allow_lazy_open": bool(given.get("allow_lazy_open"))})


def finish(config: dict[str, Any]) -> dict[str, Any]:
    """Refuse what is too little, and fill in what a setting implies of another."""
    interval = config.get("background_persist_interval")
    span = time_value(interval, "background_persist_interval") if interval else _HOUR
    _at_least(_HOUR // _SECOND, "background_persist_interval", span // _SECOND)
    for name in ("renormalization_window_days", "results_retention_days"):
        _at_least(0, name, config.get(name, 0))
    if plot := config.get("model_plot_config"):
        config["model_plot_config"] = {"annotations_enabled": plot["enabled"], **plot}
    return config


def _at_least(least: int, name: str, value: int) -> None:
    if value < least:
        reason = f"{name} cannot be less than {least}. Value = {value}"
        raise illegal_argument(reason)


def limits_of(ml: MachineLearning, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check the limits; the memory is written in megabytes."""
    limits = given.get("analysis_limits") or {}
    asked = limits.get("model_memory_limit")
    most = ml.settings.get(_MOST)
    largest = read_bytes(most, _MOST) if most not in {None, "0", "0b"} else 0
    if asked is None:
        limit = min(1024, (largest or 1 << 40) // MEGABYTE)
    else:
        limit = megabytes(asked, "model_memory_limit")
    if limit < 1:
        reason = f"model_memory_limit must be at least 1 MiB. Value = {limit}"
        raise illegal_argument(reason)
    if largest and limit * MEGABYTE > largest:
        raise illegal_argument(
            f"model_memory_limit [{write_bytes(limit * MEGABYTE)}] must be less than "
            f"the value of the {_MOST} setting [{write_bytes(largest)}]"
        )
    examples = limits.get("categorization_examples_limit")
    return {
        "model_memory_limit": f"{limit}mb",
        "categorization_examples_limit": 4 if examples is None else examples,
    }


def retention_of(given: Mapping[str, Any]) -> dict[str, int]:
    """Check how long snapshots are kept."""
    name, daily_name = (
        "model_snapshot_retention_days",
        "daily_model_snapshot_retention_after_days",
    )
    days = 10 if given.get(name) is None else given[name]
    daily = min(1, days) if given.get(daily_name) is None else given[daily_name]
    for field, value in ((name, days), (daily_name, daily)):
        _at_least(0, field, value)
    if daily > days:
        raise illegal_argument(
            f"The value of {daily_name} [{daily}] cannot be greater than {name} "
            f"[{days}]"
        )
    return {name: days, daily_name: daily}


def _analysis(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return analysis_of(given)
    except ClusterError as error:
        # Detectors are built while they are parsed, and refused as such.
        reason = "failed to parse field [analysis_config]"
        raise parse_error(
            call.body, "job_details", "analysis_config", reason, error
        ) from None


def _data(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "time_field": given.get("time_field") or "time",
        "time_format": given.get("time_format") or "epoch_ms",
    }


def _refuse_generated(given: Mapping[str, Any]) -> None:
    names = [
        name
        for name in ("create_time", "finished_time", "model_snapshot_id", "deleting")
        if given.get(name)
    ]
    if names:
        raise illegal_argument(
            f"The job is configured with fields [{', '.join(names)}] that are illegal "
            "to set at job creation"
        )


def _results(given: Mapping[str, Any]) -> str:
    name = given.get("results_index_name") or "shared"
    check_id(name, "results_index_name")
    return name if name == "shared" else f"custom-{name}"
