"""`POST _ml/anomaly_detectors/{id}/_data` and `_flush`: records are counted."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from standin.cluster.call import Call, Reply
from standin.cluster.configs import analysis_shown
from standin.cluster.data_counts import data_counts
from standin.cluster.dates import read_moment
from standin.cluster.detectors import fields_of
from standin.cluster.errors import ClusterError, conflict
from standin.cluster.job import Job
from standin.cluster.ml import MachineLearning
from standin.cluster.put_job import find_job
from standin.cluster.times import EPOCH, millis, time_value

POST = "cluster:admin/xpack/ml/job/data/post"
FLUSH = "cluster:admin/xpack/ml/job/flush"
DEPRECATED = (
    "Posting data directly to anomaly detection jobs is deprecated, in a future major "
    "version it will be compulsory to use a datafeed"
)


def post_data(ml: MachineLearning, call: Call) -> Reply:
    """Count records; the answer comes before anything would be analysed."""
    for name in ("reset_start", "reset_end"):
        if name in call.given:
            read_moment(str(call.given[name]), name, call.now)
    ml.refuse_in_upgrade_mode(POST)
    job = find_open(ml, call)
    if not call.body:
        raise ClusterError(400, "parse_exception", "request body is required")
    records = list(_records(call.body))
    shown = analysis_shown(job)
    read = fields_of(shown["analysis_config"])
    data = shown["data_description"]
    field = (data["time_field"], data.get("time_format", "epoch_ms"))
    job.counts.posted = True
    job.counts.input_bytes += len(call.body.encode())
    for record in records:
        time = job.counts.take(record, read, field, span_of(job))
        if time is not None:
            job.records += 1
            job.latest_record = max(job.latest_record or time, time)
    job.last_data = call.now
    return Reply(data_counts(job), status=202)


def flush_job(ml: MachineLearning, call: Call) -> Reply:
    """Finish the buckets that are due; say where the last one ends."""
    call.flag("calc_interim", False)
    moments = {
        name: read_moment(str(call.given[name]), name, call.now, seconds=True)
        for name in ("start", "end", "advance_time", "skip_time")
        if call.given.get(name) is not None
    }
    ml.refuse_in_upgrade_mode(FLUSH)
    job = find_open(ml, call)
    span = span_of(job)
    if skip := moments.get("skip_time"):
        # The bucket that the time falls into is left out whole.
        job.counts.skip(-((EPOCH - skip) // span))
    if advance := moments.get("advance_time"):
        job.counts.advance((advance - EPOCH) // span)
    reply: dict[str, object] = {"flushed": True}
    if job.counts.bucket is not None:
        reply["last_finalized_bucket_end"] = millis(EPOCH + job.counts.bucket * span)
    return Reply(reply)


def find_open(ml: MachineLearning, call: Call) -> Job:
    """Find an open job by its exact id."""
    job = find_job(ml, call.ids or "")
    if job.state != "opened":
        raise conflict(
            f"Cannot perform requested action because job [{job.job_id}] is not open"
        )
    return job


def span_of(job: Job) -> timedelta:
    """Return the length of a bucket."""
    return time_value(job.bucket_span, "bucket_span")


def _records(body: str) -> Iterator[dict[str, Any]]:
    """Read JSON objects, one after the other or in lists."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(body):
        if body[at].isspace():
            at += 1
            continue
        try:
            value, at = decoder.raw_decode(body, at)
        except (ValueError, RecursionError):
            reason = "[1:1] Unexpected character in the posted data"
            raise ClusterError(400, "x_content_parse_exception", reason) from None
        yield from (
            each
            for each in (value if isinstance(value, list) else [value])
            if isinstance(each, dict)
        )
