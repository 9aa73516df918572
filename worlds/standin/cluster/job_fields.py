"""What a test may say of a job that it adds."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, TypedDict

JobState = Literal["opened", "opening", "closing", "closed", "failed"]
DatafeedState = Literal["started", "starting", "stopping", "stopped"]


class JobFields(TypedDict, total=False):
    """What `add_job` takes beside the id and the time."""

    state: JobState
    created: datetime
    opened: datetime | None
    finished: datetime | None
    last_data: datetime | None
    latest_record: datetime | None
    records: int
    groups: Sequence[str]
    custom_settings: Mapping[str, object] | None
    bucket_span: str
    functions: Sequence[str]
    memory: str
    blocked: str | None
    deleting: bool
    forecast: bool
    assigned: bool
    explanation: str
    config: bool
    datafeed: DatafeedState | None
    datafeed_id: str
    real_time: bool
    real_time_running: bool
    searched_until: datetime | None
    frequency: str | None
    query_delay: str
    datafeed_stops: bool
    close_takes: timedelta
    close_ends: Literal["closed", "failed", "hangs"]
    force_works: bool
    open_takes: timedelta
    allow_lazy_open: bool
