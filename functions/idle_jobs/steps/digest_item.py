"""When a digest is due, and the item of the ledger that remembers the last one; pure.

The item is written before a digest is published, and again after it. So two sweeps at
the same time publish one digest. A function that dies between its publishing and the
second item leaves it to a later sweep, which may publish the same again: a digest may
come twice, and none is lost.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from idle_jobs.messages.ledger_item import LedgerItem
from idle_jobs.times import moment, rfc3339

DIGEST = "digest"  # The sort key. Those of closings begin with their time.

A_DAY = timedelta(days=1)

# Schedules are some seconds early or late. Without this, the digest of a daily sweep
# would now and then be left out.
EARLY = timedelta(minutes=5)

# Who is not done by then is dead: Lambda ends the Sweeper after 5 minutes.
CLAIM_LASTS = timedelta(minutes=6)

# A closing that is written while the ledger is read may not be seen. So a digest tells
# what was written up to a minute before.
SETTLED_AFTER = timedelta(minutes=1)


class Every(StrEnum):
    """How often there is a digest."""

    OFF = "off"
    DAILY = "daily"
    SWEEP = "sweep"


def is_due(
    last: LedgerItem | None, every: Every, request_id: str, now: datetime
) -> bool:
    """Return whether a sweep has to publish a digest, given the item of the last one.

    Lambda tries a sweep again that died. It then has the same `request_id`.
    """
    if last is None:
        return True
    if "claimed_at" in last:
        return now - moment(last["claimed_at"]) >= CLAIM_LASTS
    if last["request_id"] == request_id:
        return False
    return every is Every.SWEEP or now - moment(last["sent_at"]) >= A_DAY - EARLY


def since_of(last: LedgerItem | None, now: datetime) -> datetime:
    """Return the time from which on closings are told: the first time, for a day."""
    until = last.get("told_until") if last else None
    return moment(until) if until else now - A_DAY


def claim_of(
    cluster: str, last: LedgerItem | None, since: datetime, now: datetime
) -> LedgerItem:
    """Return the item that says that a digest is being published.

    If it is not, the next one tells what it would have told.
    """
    at, until = rfc3339(now), rfc3339(since)
    known = last or {"cluster": cluster, "closed": DIGEST}
    return {**known, "noted_at": at, "claimed_at": at, "told_until": until}


def sent_item(
    claim: LedgerItem, request_id: str, until: datetime, now: datetime
) -> LedgerItem:
    """Return the item that says that a digest was published."""
    return {
        "cluster": claim["cluster"],
        "closed": claim["closed"],
        "noted_at": rfc3339(now),
        "sent_at": rfc3339(now),
        "told_until": rfc3339(until),
        "request_id": request_id,
    }
