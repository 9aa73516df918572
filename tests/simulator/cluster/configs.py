"""The configurations: `GET _ml/anomaly_detectors`, `GET _ml/datafeeds`."""

from simulator.cluster.call import Call, Reply
from simulator.cluster.job import Job
from simulator.cluster.ml import MachineLearning
from simulator.cluster.resolve import find_datafeeds, find_jobs
from simulator.cluster.times import millis

_FIELDLESS = {"count", "high_count", "low_count", "non_zero_count", "rare", "freq_rare"}


def get_jobs(ml: MachineLearning, call: Call) -> Reply:
    """List configurations, those of jobs being deleted among them."""
    allow_no_match = call.flag("allow_no_match", True)
    generated = not call.flag("exclude_generated", False)
    jobs = find_jobs(ml, call.ids, lambda job: job.config, allow_no_match)
    configs = [_job(ml, job, generated) for job in jobs]
    return Reply({"count": len(configs), "jobs": configs})


def get_datafeeds(ml: MachineLearning, call: Call) -> Reply:
    """List the configurations of datafeeds."""
    allow_no_match = call.flag("allow_no_match", True)
    call.flag("exclude_generated", False)
    jobs = find_datafeeds(ml, call.ids, lambda job: job.config, allow_no_match)
    return Reply({"count": len(jobs), "datafeeds": [_datafeed(job) for job in jobs]})


def _job(ml: MachineLearning, job: Job, generated: bool) -> dict[str, object]:
    config: dict[str, object] = {"job_id": job.job_id}
    if generated:
        config |= {"job_type": "anomaly_detector", "job_version": ml.version}
    if job.groups:
        config["groups"] = list(job.groups)
    if generated:
        config["create_time"] = millis(job.created)
        if job.finished:
            config["finished_time"] = millis(job.finished)
    config |= _analysis(job)
    if job.custom_settings is not None:
        config["custom_settings"] = job.custom_settings
    config |= {"results_index_name": "shared", "allow_lazy_open": False}
    config |= _blocked(job)
    if generated and job.datafeed:
        config["datafeed_config"] = _datafeed(job)
    return config


def _analysis(job: Job) -> dict[str, object]:
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


def _datafeed(job: Job) -> dict[str, object]:
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
