"""When a rule fires, and its event: the two kinds of cron that template.yaml writes."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from local.topology import ACCOUNT, REGION

_CRON = re.compile(r"cron\(0 (\d+)(?:/(\d+))? \* \* \? \*\)")


def next_firing(expression: str, after: datetime) -> datetime:
    """Return the first firing later than a time; every one is at a full hour of UTC."""
    match = _CRON.fullmatch(expression)
    if match is None:
        raise ValueError(f"expected cron(0 H * * ? *) or cron(0 H/N ...): {expression}")
    first, step = int(match[1]), int(match[2] or 24)
    hours = range(first, 24, step)
    firing = after.replace(minute=0, second=0, microsecond=0)
    while firing <= after or firing.hour not in hours:
        firing += timedelta(hours=1)
    return firing


def scheduled_event(due: datetime) -> dict[str, Any]:
    """Return the event of a rule that fires, with an id that tells its time."""
    return {
        "version": "0",
        "id": str(UUID(int=int(due.timestamp()))),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": due.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/sweep"],
        "detail": {},
    }
