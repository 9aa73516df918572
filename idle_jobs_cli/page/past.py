"""What the ledger says of the past, as a report shows it; pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from idle_jobs.messages.ledger_item import US, LedgerItem
from idle_jobs.steps.worth import SAVES_FOR
from idle_jobs.times import moment
from idle_jobs_cli.page.content import Closing, Kind, Point, Step

Entry = dict[str, Any]


def closing_of(entry: Entry) -> Closing:
    """Return the closing of an entry of `idle-jobs history`.

    The ledger knows when it was asked for and when it ended, and nothing of the looks
    between.
    """
    ended, at = entry["ended"], moment(entry["closed_at"])
    asked, by = moment(entry["requested_at"] or entry["closed_at"]), asked_by(entry)
    return Closing(
        job_id=entry["job_id"],
        ended=ended,
        reason=entry["request_reason"] or entry["reason"],
        steps=(
            # A close may have finished a moment before our clock says it was asked for.
            Step(min(asked, at), Kind.REQUESTED, f"requested by {by or 'somebody'}"),
            Step(at, Kind.ENDED, f"{ended}: {entry['reason']}"),
        ),
        asked_by=by,
        closed_by=entry["closed_by"],
        memory_bytes=entry["memory_bytes"],
        now=entry["now"],
    )


def asked_by(fields: Mapping[str, Any]) -> str:
    """Return who asked for a close, by the fields of its outcome or of its item."""
    named = (fields.get(name) for name in ("requested_by", "sent_by", "origin"))
    return str(next(filter(None, named), ""))


def saved_over_time(
    items: Iterable[tuple[LedgerItem, str]], since: datetime, now: datetime
) -> list[Point]:
    """Return the memory of the jobs that we closed and that still are, over time.

    Each item comes with what became of its job. A job that an undo has opened counts
    until then. Another job that is open again counts at no time, since nobody knows
    when it was opened. The last point is now, and equals what a sweep would measure.
    """
    turns: list[Point] = []
    for item, state in items:
        undone = item.get("reopened_at")
        saves = state == "closed" or undone
        if saves and item["closed_by"] == US and item.get("finished"):
            closed, memory = moment(item["finished"]), int(item.get("memory_bytes", 0))
            until = closed + SAVES_FOR
            until = min(until, moment(undone)) if undone else until
            # Our clock may be a little behind that of the cluster.
            turns += [(min(closed, now), memory), (until, -memory)]
    total, points = 0, [(since, 0)]
    for at, change in sorted(turns):
        if at <= now:
            total += change
            points.append((max(at, since), total))
    return [*points, (now, total)]
