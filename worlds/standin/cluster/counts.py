"""What is counted of the data posted to a job; nothing is analysed."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from standin.cluster.dates import record_time
from standin.cluster.times import EPOCH


@dataclass
class Counts:
    """Counters of one job; its records and its newest time are counted by itself."""

    posted: bool = False
    input_bytes: int = 0
    input_fields: int = 0
    processed_fields: int = 0
    missing_fields: int = 0
    invalid_dates: int = 0
    out_of_order: int = 0
    buckets: int = 0
    empty_buckets: int = 0
    earliest: datetime | None = None
    # The bucket that data comes into, by number from the epoch; earlier ones are done.
    bucket: int | None = None

    def take(
        self,
        record: dict[str, Any],
        read: AbstractSet[str],
        time_field: tuple[str, str],
        span: timedelta,
    ) -> datetime | None:
        """Count a record; return its time, or None if it is refused."""
        name, pattern = time_field
        flat = _flat(record)
        self.input_fields += len(flat.keys() - {name})
        time = record_time(flat.get(name), pattern)
        if time is None:
            self.invalid_dates += 1
            return None
        bucket = (time - EPOCH) // span
        if self.bucket is not None and bucket < self.bucket:
            self.out_of_order += 1
            return None
        self.missing_fields += len(read - flat.keys())
        self.processed_fields += len(read & flat.keys())
        self.advance(bucket)
        self.earliest = min(self.earliest or time, time)
        return time

    def advance(self, bucket: int) -> None:
        """Finish the buckets before this one; those without data were empty."""
        if self.bucket is not None and bucket > self.bucket:
            self.buckets += bucket - self.bucket
            self.empty_buckets += bucket - self.bucket - 1
        self.bucket = bucket if self.bucket is None else max(self.bucket, bucket)

    def skip(self, bucket: int) -> None:
        """Go on to a bucket without results for those before."""
        self.bucket = bucket if self.bucket is None else max(self.bucket, bucket)


def _flat(record: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        elif value is not None:
            flat[prefix + name] = value
    return flat
