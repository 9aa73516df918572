"""`GET _ml/datafeeds/_stats`; a datafeed does not name its job at the top level."""

from datetime import timedelta

from standin.cluster.call import Call, Reply
from standin.cluster.job import Job
from standin.cluster.job_stats import red
from standin.cluster.ml import MachineLearning
from standin.cluster.nodes import DATAFEED_NODE
from standin.cluster.resolve import find_datafeeds
from standin.cluster.stop import datafeed_known
from standin.cluster.times import millis


def get_datafeed_stats(ml: MachineLearning, call: Call) -> Reply:
    """List what datafeeds do."""
    allow_no_match = call.flag("allow_no_match", True)
    jobs = find_datafeeds(ml, call.ids, datafeed_known, allow_no_match)
    return Reply({"count": len(jobs), "datafeeds": [_stats(ml, job) for job in jobs]})


def _stats(ml: MachineLearning, job: Job) -> dict[str, object]:
    stats: dict[str, object] = {"datafeed_id": job.datafeed_id, "state": job.datafeed}
    if job.feeding:
        if ml.has_node(job):
            stats["node"] = DATAFEED_NODE
        stats["assignment_explanation"] = ml.explanation(job)
    # A datafeed without a configuration belongs to no job that the cluster knows.
    if job.config:
        stats["timing_stats"] = _timing(job)
    if job.datafeed == "started" and ml.has_node(job):
        stats["running_state"] = _running(job)
    if ml.since(9, 5):
        waits = job.datafeed == "starting" and not ml.has_node(job)
        issue = "Failed to assign datafeed to a node"
        ill = red("assignment_failed", issue) if waits else {"status": "green"}
        stats["health"] = ill
    return stats


def _timing(job: Job) -> dict[str, object]:
    buckets = job.records // 10
    stats: dict[str, object] = {
        "job_id": job.job_id,
        "search_count": buckets,
        "bucket_count": buckets,
        "total_search_time_ms": 5.0 * buckets,
    }
    if buckets:
        stats["average_search_time_per_bucket_ms"] = 5.0
    stats["exponential_average_search_time_per_hour_ms"] = 20.0 if buckets else 0.0
    return stats


def _running(job: Job) -> dict[str, object]:
    state: dict[str, object] = {
        "real_time_configured": job.real_time,
        "real_time_running": job.real_time_running,
    }
    if job.searched_until:
        start, end = job.searched_until - timedelta(hours=1), job.searched_until
        state["search_interval"] = {
            "start": start.isoformat(timespec="milliseconds"),
            "start_ms": millis(start),
            "end": end.isoformat(timespec="milliseconds"),
            "end_ms": millis(end),
        }
    return state
