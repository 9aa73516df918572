"""What owners write into their jobs' settings, and what it means."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

from simulation.history import Owned

Settings = Mapping[str, object]


def drawn(source: Random, now: datetime) -> Settings:
    """Draw one of the kinds of an owner's settings, two that nobody can read too."""
    hours = source.choice((-20, -1, 1, 3, 48))
    until = (now + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
    kinds: tuple[Settings, ...] = (
        {"mode": "never"},
        {"mode": "notify"},
        {"mode": "auto"},
        {"mode": "auto", "idle_after": f"{source.choice((1, 5, 12, 40))}d"},
        {"idle_after": f"{source.choice((1, 5, 12, 40))}d"},
        {"keep_open_until": until},
        {"keep_open_until": until, "mode": "notify"},
        {"owner": "team"},
        {"idle_after": "a fortnight"},
        {"mode": "Never"},
    )
    return {"idle_closer": source.choice(kinds)}


def owned(at: datetime, job_id: str, settings: Settings) -> Owned:
    """Say what an owner's settings mean."""
    ours = settings["idle_closer"]
    assert isinstance(ours, dict)
    span, until = str(ours.get("idle_after", "0d")), ours.get("keep_open_until")
    mode = str(ours.get("mode", ""))
    if not span.endswith("d") or mode == "Never":
        return Owned(at, job_id, "never")
    days = timedelta(days=int(span.removesuffix("d")))
    kept = datetime.fromisoformat(str(until)) if until else None
    return Owned(at, job_id, mode, days, kept)
