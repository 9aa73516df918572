"""When a rule or EventBridge Scheduler invokes the Sweeper, and with what event."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from idle_jobs_cli.checking.schedules import firings
from local.place import ACCOUNT, REGION

_SCHEDULES = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule"

DAILY = {"ScheduleExpression": "cron(0 0 * * ? *)"}
"""The parameters of a stack that sweeps at midnight alone."""


@dataclass(frozen=True)
class Schedule:
    """When a function is invoked by the clock; without an `input` by a rule."""

    expression: str
    zone: str = ""
    input: str = ""

    def next_firing(self, after: datetime) -> datetime:
        """Return the first firing later than a time, in UTC."""
        zone = ZoneInfo(self.zone) if self.zone else UTC
        return next(firings(self.expression, after, zone))

    def event(self, due: datetime) -> dict[str, Any]:
        """Return the event of a firing, with an id that tells its time."""
        if not self.input:
            return scheduled_event(due)
        context = {
            "execution-id": f"{int(due.timestamp()):016x}",
            "scheduled-time": _told(due),
            "schedule-arn": f"{_SCHEDULES}/default/sweep",
        }
        text = self.input
        for name, value in context.items():
            text = text.replace(f"<aws.scheduler.{name}>", value)
        event: dict[str, Any] = json.loads(text)
        return event


def scheduled_event(due: datetime) -> dict[str, Any]:
    """Return the event of a rule that fires, with an id that tells its time."""
    return {
        "version": "0",
        "id": str(UUID(int=int(due.timestamp()))),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": _told(due),
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/sweep"],
        "detail": {},
    }


def _told(due: datetime) -> str:
    return due.strftime("%Y-%m-%dT%H:%M:%SZ")
