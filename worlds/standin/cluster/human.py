"""Times for people: beside those that machines read (`human`), and in tables."""

from collections.abc import Mapping
from datetime import timedelta

from standin.cluster.times import EPOCH

_TIMES = {
    *("create_time", "finished_time", "earliest_record_timestamp", "log_time"),
    *("latest_record_timestamp", "last_data_time", "timestamp"),
    *("latest_empty_bucket_timestamp", "latest_sparse_bucket_timestamp"),
}
_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
    "micros": timedelta(microseconds=1),
}


def write_time(span: timedelta, unit: str = "") -> str:
    """Write a span in whole units, or in its largest with one decimal where one is."""
    if unit == "nanos":
        return str(span // _UNITS["micros"] * 1000)
    if unit in _UNITS:
        return str(span // _UNITS[unit])
    for name, size in _UNITS.items():
        if span >= size:
            tenths = 10 * span // size
            return f"{tenths / 10:.1f}".removesuffix(".0") + name
    return "0s"


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
