"""`human`: beside a time that machines read, the same for people."""

from collections.abc import Mapping
from datetime import timedelta

from simulator.cluster.times import EPOCH

_TIMES = {
    *("create_time", "finished_time", "earliest_record_timestamp", "log_time"),
    *("latest_record_timestamp", "last_data_time", "timestamp"),
    *("latest_empty_bucket_timestamp", "latest_sparse_bucket_timestamp"),
}


def add_human(value: object) -> object:
    """Add the times that people read, each before its own."""
    if callable(value):
        value = value()
    if isinstance(value, list):
        return [add_human(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    shown: dict[str, object] = {}
    for name, each in value.items():
        if name in _TIMES and isinstance(each, int):
            moment = EPOCH + timedelta(milliseconds=each)
            written = moment.isoformat(timespec="milliseconds")
            shown[f"{name}_string"] = written.replace("+00:00", "Z")
        shown[name] = add_human(each)
    return shown
