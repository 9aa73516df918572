"""Which jobs were open lately, as one item of the ledger remembers it; pure.

A sweep that reads the open jobs alone does not see what somebody else has closed. But a
mass event has to count it, and so does the draw of a sweep that is tried again. So each
sweep remembers which jobs were open, and the next one reads those that no longer are.
A job that is opened and closed between two sweeps is not known.
"""

import base64
import json
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from idle_jobs.messages.ledger_item import LedgerItem
from idle_jobs.times import moment, rfc3339

OPEN_JOBS = "open_jobs"  # The sort key. Those of closings begin with their time.

# Bytes. DynamoDB takes items of up to 400 KB; 30,000 ids are about 250 KB.
LARGEST = 390_000


@dataclass(frozen=True, slots=True)
class OpenLately:
    """The jobs that were open at the last sweep, and those that no longer were.

    `gone` has the time of the sweep that first found the job without a task.
    """

    open: frozenset[str]
    gone: Mapping[str, datetime] = field(default_factory=dict)

    def after(
        self, open_now: Collection[str], now: datetime, since: datetime
    ) -> "OpenLately":
        """Return what the next sweep has to know, without what was gone by `since`."""
        gone = {
            job_id: at
            for job_id, at in self.gone.items()
            if at >= since and job_id not in open_now
        }
        gone |= dict.fromkeys(self.open.difference(open_now), now)
        return OpenLately(frozenset(open_now), gone)


def open_lately(item: LedgerItem | None) -> OpenLately | None:
    """Return what an item says; None if there is none, or it cannot be read."""
    if item is None:
        return None
    try:
        text = zlib.decompress(base64.b64decode(str(item.get("jobs", ""))))
        value = json.loads(text)
        gone = {str(job_id): moment(at) for job_id, at in value["gone"].items()}
        return OpenLately(frozenset(map(str, value["open"])), gone)
    except (ValueError, TypeError, KeyError, AttributeError, zlib.error):
        return None


def item_of(cluster: str, lately: OpenLately, now: datetime) -> LedgerItem | None:
    """Return the item that remembers this; None if DynamoDB would not take it."""
    gone = {job_id: rfc3339(at) for job_id, at in lately.gone.items()}
    text = json.dumps({"open": sorted(lately.open), "gone": gone})
    jobs = base64.b64encode(zlib.compress(text.encode())).decode()
    if len(jobs) > LARGEST:
        return None
    return {
        "cluster": cluster,
        "closed": OPEN_JOBS,
        "noted_at": rfc3339(now),
        "jobs": jobs,
    }
