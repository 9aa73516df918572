"""What changed from one plan to the next; pure."""

from collections.abc import Iterator, Mapping
from typing import Any

# Of a job; its memory and the time for which it is quiet always change.
COMPARED = ("state", "action", "reason", "sweep", "hold_reason")
NOT_LISTED = dict.fromkeys(COMPARED, "")

Plan = Mapping[str, Any]


def changes(before: Plan, after: Plan) -> Iterator[dict[str, str]]:
    """Yield each job whose verdict or state is another one; `new` or `left` if alone.

    A job that is closed, or does not exist, is in no plan.
    """
    old = {entry["job_id"]: entry for entry in before["jobs"]}
    new = {entry["job_id"]: entry for entry in after["jobs"]}
    for job_id in sorted(old.keys() | new.keys()):
        was, now = old.get(job_id, NOT_LISTED), new.get(job_id, NOT_LISTED)
        if any(was[field] != now[field] for field in COMPARED):
            what = "changed" if job_id in old and job_id in new else ""
            yield {
                "job_id": job_id,
                "change": what or ("new" if job_id in new else "left"),
                "before": _told(was),
                "after": _told(now),
            }


def turned_settings(before: Plan, after: Plan) -> list[str]:
    """Return the settings that differ between two plans, each as a line."""
    old, new = before["settings"], after["settings"]
    return [
        f"{name}: was {old.get(name, 'the default')}, is {new.get(name, 'the default')}"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def _told(entry: Plan) -> str:
    if entry is NOT_LISTED:
        return ""
    held = f" ({entry['hold_reason']})" if entry["hold_reason"] else ""
    sweep = f", {entry['sweep']}{held}" if entry["sweep"] else ""
    return f"{entry['state']}: {entry['action']} {entry['reason']}{sweep}"
