"""The configurations: `GET _ml/anomaly_detectors`, `GET _ml/datafeeds`."""

from typing import Any

from standin.cluster.call import Call, Reply
from standin.cluster.job import Job
from standin.cluster.ml import MachineLearning
from standin.cluster.resolve import find_datafeeds, find_jobs
from standin.cluster.times import millis

_FIELDLESS = {"count", "high_count", "low_count", "non_zero_count", "rare", "freq_rare"}


def get_jobs(ml: MachineLearning, call: Call) -> Reply:
    """List configurations, those of jobs being deleted among them."""
    allow_no_match = call.flag("allow_no_match", True)
    generated = not call.flag("exclude_generated", False)
    jobs = find_jobs(ml, call.ids, lambda job: job.config, allow_no_match)
    configs = [show_job(ml, job, generated=generated) for job in jobs]
    return Reply({"count": len(configs), "jobs": configs})


def get_datafeeds(ml: MachineLearning, call: Call) -> Reply:
    """List the configurations of datafeeds."""
    allow_no_match = call.flag("allow_no_match", True)
    generated = not call.flag("exclude_generated", False)
    jobs = find_datafeeds(ml, call.ids, lambda job: job.config, allow_no_match)
    configs = [show_feed(job, generated=generated) for job in jobs]
    return Reply({"count": len(jobs), "datafeeds": configs})


def show_job(
    ml: MachineLearning, job: Job, *, generated: bool = True
) -> dict[str, object]:
    """Write the configuration of a job."""
    config: dict[str, object] = {"job_id": job.job_id}
    if generated:
        config |= {"job_type": "anomaly_detector", "job_version": ml.version}
    if job.groups:
        config["groups"] = list(job.groups)
    shown = analysis_shown(job)
    if "description" in shown:
        config["description"] = shown.pop("description")
    if generated:
        config["create_time"] = millis(job.created)
        if job.finished:
            config["finished_time"] = millis(job.finished)
    lazy = shown.pop("allow_lazy_open")
    config |= shown
    config |= _blocked(job)
    config["allow_lazy_open"] = lazy
    if generated and job.datafeed and ml.since(7, 15):
        config["datafeed_config"] = show_feed(job)
    return config


def analysis_shown(job: Job) -> dict[str, Any]:
    """Write what was put of a job, or what an ordinary one would have."""
    if job.analysis:
        return dict(job.analysis)
    settings = (
        {} if job.custom_settings is None else {"custom_settings": job.custom_settings}
    )
    return {
        **_analysis(job),
        **settings,
        "results_index_name": "shared",
        "allow_lazy_open": job.allow_lazy_open,
    }


def _analysis(job: Job) -> dict[str, Any]:
    return {
        "analysis_config": {
            "bucket_span": job.bucket_span,
            "detectors": [
                _detector(function, index)
                for index, function in enumerate(job.functions)
            ],
            "influencers": [],
        },
        "analysis_limits": {
            "model_memory_limit": job.memory,
            "categorization_examples_limit": 4,
        },
        "data_description": {"time_field": "@timestamp", "time_format": "epoch_ms"},
        "model_snapshot_retention_days": 10,
        "daily_model_snapshot_retention_after_days": 1,
    }


def _detector(function: str, index: int) -> dict[str, object]:
    if function in _FIELDLESS:
        said = {"detector_description": function, "function": function}
    else:
        said = {
            "detector_description": f"{function}(value)",
            "function": function,
            "field_name": "value",
        }
    return {**said, "detector_index": index}


def _blocked(job: Job) -> dict[str, object]:
    if job.deleting:
        return {"deleting": True, "blocked": {"reason": "delete"}}
    return {"blocked": {"reason": job.blocked}} if job.blocked else {}


def show_feed(job: Job, *, generated: bool = True) -> dict[str, Any]:
    """Write the configuration of a datafeed; what is a default was generated."""
    if job.feed is None:
        return _datafeed(job)
    if generated:
        return dict(job.feed)
    left = {"authorization", "query_delay", "chunking_config"}
    return {name: value for name, value in job.feed.items() if name not in left}


def _datafeed(job: Job) -> dict[str, Any]:
    frequency = {"frequency": job.frequency} if job.frequency else {}
    return {
        "datafeed_id": job.datafeed_id,
        "job_id": job.job_id,
        "query_delay": job.query_delay,
        **frequency,
        "chunking_config": {"mode": "auto"},
        "indices": ["logs-*"],
        "query": {"match_all": {}},
        "scroll_size": 1000,
        "delayed_data_check_config": {"enabled": True},
    }
