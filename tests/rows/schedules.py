"""Lets a simulated schedule pass that is disturbed in one way only."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from local.schedule import scheduled_event
from simulation.faults import Faults, calm
from simulation.history import Asked, Event, History, Lived, Posted, Told
from simulation.schedule import START, Schedule, run
from simulation.stack import Stack
from standin.cluster import Fault

E = TypeVar("E")
Disturb = Callable[[Stack], Any]

# The rule fires twice while a schedule lasts, up to 20 s late.
FIRST = START.replace(hour=6, minute=0)
SECOND = START.replace(hour=12, minute=0)


def spend(
    disturb: Disturb, faults: Faults | None = None, *, seed: int = 3, jobs: int = 40
) -> History:
    """Return what a calm schedule leaves behind, or one with these faults.

    `disturb` is handed the stack before its time begins.
    """
    return run(Schedule(seed, jobs, faults or calm()), disturb)


def fire(stack: Stack, at: datetime, due: datetime) -> None:
    """Let the rule's event of a time come at another, as a wish of its own."""
    jobs = frozenset(stack.cluster.jobs)
    request_id = scheduled_event(due)["id"]
    asked = Asked(due, request_id, "*", jobs, only_if_idle=True, scheduled=True)
    stack.world.at(at, lambda: stack.note(asked))
    stack.world.at(at, lambda: stack.fire(due))


def of(history: History, kind: type[E]) -> list[E]:
    """Return the events of one kind, by time."""
    return [event for event in history.events if isinstance(event, kind)]


def sweeps_ends(
    history: History, due: datetime, among: Collection[str] = ()
) -> set[str]:
    """Return the different ends of the jobs that one sweep asked for, or of some."""
    told = _of_request(history, scheduled_event(due)["id"])
    ends = (t for t in told if not among or t.key.job_id in among)
    return {f"{t.ended} {t.reason}" for t in ends}


def _of_request(history: History, request_id: str) -> Iterable[Told]:
    return (t for t in of(history, Told) if t.key.request_id == request_id)


def forces(history: History) -> list[Posted]:
    """Return the closes by force that nobody had ordered."""
    return [post for post in unordered(history) if post.force]


def unordered(history: History) -> list[Posted]:
    """Return the closes for which nobody had ordered force."""
    orders = {asked.request_id for asked in of(history, Asked) if asked.force}
    return [p for p in of(history, Posted) if p.key.request_id not in orders]


def away(begin: datetime, path: str = "") -> Fault:
    """Return half an hour from a time on, in which the cluster is not reached."""
    until = begin + timedelta(minutes=30)
    return Fault(path=path, kind="refuse", start=begin, until=until)


def stop_all_feeds(stack: Stack, since: datetime) -> None:
    """Let all running datafeeds have been stopped then, and no data since."""
    jobs = stack.cluster.jobs.values()
    fed = {job.job_id for job in jobs if job.datafeed == "started" and job.last_data}
    for job_id in fed:
        job = stack.cluster.jobs[job_id]
        job.datafeed, job.last_data = "stopped", min(job.last_data or since, since)
        stack.note(Lived(since, job_id, "feed_stopped"))
    stack.events = [_not_after(since, fed, event) for event in stack.events]


def _not_after(since: datetime, fed: Collection[str], event: Event) -> Event:
    if isinstance(event, Lived) and event.job_id in fed and event.what == "data":
        return replace(event, at=min(event.at, since))
    return event
