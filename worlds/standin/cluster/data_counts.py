"""What is counted of the data of a job, as stats and `_data` show it."""

from standin.cluster.job import Job
from standin.cluster.times import millis


def data_counts(job: Job) -> dict[str, object]:
    """Write what was counted of the data that the job got."""
    counts: dict[str, object] = {
        "job_id": job.job_id,
        "processed_record_count": job.records,
        **(_counted(job) if job.counts.posted else _ordinary(job)),
    }
    if job.latest_record:
        latest = millis(job.latest_record)
        earliest = job.counts.earliest
        counts["earliest_record_timestamp"] = (
            millis(earliest) if earliest else min(millis(job.created), latest)
        )
        counts["latest_record_timestamp"] = latest
    refused = job.counts.invalid_dates + job.counts.out_of_order
    if job.last_data:
        counts["last_data_time"] = counts["log_time"] = millis(job.last_data)
    counts["input_record_count"] = job.records + refused
    return counts


def _ordinary(job: Job) -> dict[str, object]:
    return {
        "processed_field_count": job.records,
        "input_bytes": job.records * 64,
        "input_field_count": job.records,
        "invalid_date_count": 0,
        "missing_field_count": 0,
        "out_of_order_timestamp_count": 0,
        "empty_bucket_count": 0,
        "sparse_bucket_count": 0,
        "bucket_count": job.records // 10,
    }


def _counted(job: Job) -> dict[str, object]:
    counts = job.counts
    return {
        "processed_field_count": counts.processed_fields,
        "input_bytes": counts.input_bytes,
        "input_field_count": counts.input_fields,
        "invalid_date_count": counts.invalid_dates,
        "missing_field_count": counts.missing_fields,
        "out_of_order_timestamp_count": counts.out_of_order,
        "empty_bucket_count": counts.empty_buckets,
        "sparse_bucket_count": 0,
        "bucket_count": counts.buckets,
    }
