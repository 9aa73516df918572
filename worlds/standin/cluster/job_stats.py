"""`GET _ml/anomaly_detectors/_stats`: each job with just the fields its state shows."""

from datetime import datetime
from functools import partial

from standin.cluster.call import Call, Reply
from standin.cluster.data_counts import data_counts
from standin.cluster.job import Job
from standin.cluster.ml import MachineLearning
from standin.cluster.nodes import JOB_NODE
from standin.cluster.resolve import find_jobs, known
from standin.cluster.sizes import read_bytes
from standin.cluster.times import millis


def get_job_stats(ml: MachineLearning, call: Call) -> Reply:
    """List what jobs do; orphans are listed, jobs being deleted are not."""
    allow_no_match = call.flag("allow_no_match", True)
    jobs = find_jobs(ml, call.ids, known, allow_no_match)
    stats = [_stats(ml, job, call.now) for job in jobs]
    failures = {"task_failures": ml.task_failures, "node_failures": ml.node_failures}
    told = {name: failed for name, failed in failures.items() if failed}
    return Reply({**told, "count": len(stats), "jobs": stats})


def _stats(ml: MachineLearning, job: Job, now: datetime) -> dict[str, object]:
    # Sections are written only if they are asked for: a callable waits for that.
    stats: dict[str, object] = {
        "job_id": job.job_id,
        "data_counts": partial(data_counts, job),
    }
    stats["model_size_stats"] = partial(_model_size, ml, job, now)
    stats["forecasts_stats"] = partial(_forecasts, job)
    stats["state"] = job.state
    if job.has_task:
        live = job.state != "failed" and ml.has_node(job)
        if live:
            stats["node"] = JOB_NODE
        stats["assignment_explanation"] = ml.explanation(job)
        if live and job.opened:
            stats["open_time"] = f"{int((now - job.opened).total_seconds())}s"
    stats["timing_stats"] = partial(_timing, job)
    if ml.since(9, 5):
        stats["health"] = _health(ml, job)
    return stats


def _health(ml: MachineLearning, job: Job) -> dict[str, object]:
    """Say how a job is (wording of the issues assumed).

    Source: pull request 147315 of April 2026, and the published test `job_health`.
    """
    if job.state == "failed":
        return red("job_task_failed", "Job task has failed")
    if job.state == "opening" and not ml.has_node(job):
        return red("assignment_failed", "Failed to assign job to a node")
    return {"status": "green"}


def red(kind: str, issue: str) -> dict[str, object]:
    """Write that a job or datafeed is in no good health, and why."""
    return {
        "status": "red",
        "issues": [{"type": kind, "issue": issue, "count": 1}],
    }


def _model_size(ml: MachineLearning, job: Job, now: datetime) -> dict[str, object]:
    """Write what the process reported of its model, or what stands for that.

    From 8.19 on a process reports its model as soon as the job is opened (#121168).
    """
    opened = job.opened if job.state != "opening" else None
    if job.last_data or (opened and ml.since(8, 19)):
        return _model(job, log_time=job.last_data or opened or job.created)
    # Java makes it up: once for a process, and anew for each answer where none is.
    live = opened and job.state in {"opened", "closing"} and ml.has_node(job)
    unknown = {"peak_model_bytes", "model_bytes_memory_limit", "model_bytes_exceeded"}
    unknown |= {"assignment_memory_basis"}
    made_up = _model(job, log_time=opened if opened and live else now)
    return {name: v for name, v in made_up.items() if name not in unknown}


def _model(job: Job, log_time: datetime) -> dict[str, object]:
    used = job.model_bytes
    stats: dict[str, object] = {
        "job_id": job.job_id,
        "result_type": "model_size_stats",
        "model_bytes": used,
        "peak_model_bytes": used,
        "model_bytes_exceeded": 0,
        "model_bytes_memory_limit": read_bytes(job.memory, ""),
        "total_by_field_count": 3 if used else 0,
        "total_over_field_count": 0,
        "total_partition_field_count": 2 if used else 0,
        "bucket_allocation_failures_count": 0,
        "memory_status": "ok",
        "assignment_memory_basis": "model_memory_limit",
        "categorized_doc_count": 0,
        "total_category_count": 0,
        "frequent_category_count": 0,
        "rare_category_count": 0,
        "dead_category_count": 0,
        "failed_category_count": 0,
        "categorization_status": "ok",
        "log_time": millis(log_time),
    }
    if job.latest_record:
        stats["timestamp"] = millis(job.latest_record)
    return stats


def _forecasts(job: Job) -> dict[str, object]:
    if not job.forecast:
        return {"total": 0, "forecasted_jobs": 0}
    of_one = {"total": 1.0, "min": 1.0, "avg": 1.0, "max": 1.0}
    return {
        "total": 1,
        "forecasted_jobs": 1,
        "memory_bytes": of_one,
        "records": of_one,
        "processing_time_ms": of_one,
        "status": {"started": 1},
    }


def _timing(job: Job) -> dict[str, object]:
    buckets = job.counts.buckets if job.counts.posted else job.records // 10
    stats: dict[str, object] = {
        "job_id": job.job_id,
        "bucket_count": buckets,
        "total_bucket_processing_time_ms": 2.0 * buckets,
    }
    if buckets:
        stats |= {
            "minimum_bucket_processing_time_ms": 1.0,
            "maximum_bucket_processing_time_ms": 3.0,
            "average_bucket_processing_time_ms": 2.0,
            "exponential_average_bucket_processing_time_ms": 2.0,
            "exponential_average_bucket_processing_time_per_hour_ms": 8.0,
        }
    return stats
