"""The rows of a report's tables, as texts; pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple

from idle_jobs.messages.ledger_item import UNKNOWN, US
from idle_jobs.messages.outcome import Ended
from idle_jobs.sizes import spoken_bytes
from idle_jobs.times import spoken
from idle_jobs_cli.page.content import Closing, Kind, Step
from idle_jobs_cli.planning.document import detail_in_words, sweep_in_words


class JobRow(NamedTuple):
    """A job of the plan."""

    job: str
    state: str
    action: str
    reason: str
    sweep: str
    memory: str
    memory_bytes: int
    owner: str
    groups: str
    detail: str


def job_rows(entries: Sequence[Mapping[str, Any]]) -> Iterator[JobRow]:
    """Yield a row for each entry of a plan."""
    for entry in entries:
        yield JobRow(
            job=entry["job_id"],
            state=entry["state"],
            action=entry["action"],
            reason=entry["reason"],
            sweep=sweep_in_words(entry),
            memory=spoken_bytes(entry["memory_bytes"]),
            memory_bytes=entry["memory_bytes"],
            owner=entry["owner"],
            groups=", ".join(entry["groups"]),
            detail=detail_in_words(entry),
        )


def time_of(at: datetime) -> str:
    """Return a time for people, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def how(closing: Closing) -> str:
    """Return how a closing ended."""
    return "forced" if closing.ended == Ended.FORCE_CLOSED else closing.ended


def by_whom(closing: Closing) -> str:
    """Return by whom a job was closed, "" if that was the stack, or if it was not."""
    if closing.closed_by == UNKNOWN:
        return "by whom unknown"
    return "" if closing.closed_by in ("", US) else f"by {closing.closed_by}"


def steps_in_words(closing: Closing) -> list[str]:
    """Return what happened; of the same thing again and again, how often."""
    found = []
    for text, same in groupby(closing.steps, key=_what):
        steps = [*same]
        after = spoken(steps[0].at - closing.began)
        often = f", {len(steps)} times" if len(steps) > 1 else ""
        found.append(f"+{after} {text}{often}")
    return found


def _what(step: Step) -> str:
    return "looked" if step.kind is Kind.LOOKED else step.text
