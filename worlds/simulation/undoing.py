"""A day of closings that a person takes back, with faults, and what came of it.

The day is that of a seed. Then the application is paused, and a person gives the
command again and again until nothing is left to undo. Meanwhile functions die, answers
are lost, the ledger and the cluster are away, and owners use their jobs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from idle_jobs.steps.open_lately import OPEN_JOBS
from idle_jobs.times import moment, rfc3339
from simulation.faults import Faults, windows
from simulation.history import Told, Undid
from simulation.owners import Owners
from simulation.schedule import LONGEST, START, Schedule, build
from simulation.stack import Stack
from standin.cluster import Fault

# Until then, all but the closes that hang have ended; no night has come.
DAY = timedelta(hours=5)
SPAN = timedelta(hours=2)
MILLISECOND = timedelta(milliseconds=1)
TRIES = 400  # of the command
ROUND = 15  # seconds between two rounds of one command
# Elasticsearch opens a job whoever closed it last. So what somebody does between the
# last read and the opening cannot be seen: a second, unless the function stood still.
UNSEEN = timedelta(seconds=62)

State = tuple[str, str | None]


@dataclass(frozen=True)
class Undone:
    """What an undo left behind: the closings, and the states of the jobs.

    `before` is how the jobs were when they were closed, `closed` right before the undo,
    and `after` at the end. `items` are those of the ledger.
    """

    seed: int
    before: Mapping[str, State]
    closed: Mapping[str, State]
    after: Mapping[str, State]
    items: tuple[Mapping[str, str], ...]
    calls: tuple[Undid, ...]
    told: tuple[Told, ...]


def undo(seed: int, jobs: int = 100, *, owners: float = 0) -> Undone:
    """Run the day of a seed, and undo it; `owners` is how much they do meanwhile."""
    faults = Faults(people=0, stalls=0.003, refused_puts=0.03, mass_events=0)
    stack = build(Schedule(seed, jobs, faults))
    before = _states(stack)
    world = stack.world
    world.run(START + DAY, lambda: False)
    closed, begun = _states(stack), world.now
    life = Random(f"{seed} undo")  # noqa: S311 - a seed is no secret
    stack.mode = "paused"
    stack.faults = replace(faults, deaths=0.1, lost_answers=0.05)
    stack.cluster.faults = [
        *windows(life, begun, SPAN, 0.3),
        Fault(path="/_open", status=502, **_window(life, begun)),
        Fault(path="/_start", status=502, **_window(life, begun)),
        Fault(
            path="/_open", kind="status_after", status=504, delay=timedelta(minutes=1)
        ),
    ]
    for job in stack.cluster.jobs.values():
        job.open_takes = timedelta(seconds=life.choice((0, 1, 5, 30, 130)))
    _plan_owners(stack, life, owners)
    person = _Person(stack, life)
    world.start(person.undo)
    world.run(begun + LONGEST, lambda: person.is_done)
    if stack.broken:
        raise stack.broken[0]
    return Undone(
        seed,
        before,
        closed,
        _states(stack),
        tuple(
            _plain(item)
            for (_, closed), item in stack.ledger.items.items()
            if closed != OPEN_JOBS
        ),
        tuple(e for e in stack.events if isinstance(e, Undid)),
        tuple(e for e in stack.events if isinstance(e, Told) and e.at > begun),
    )


def _window(life: Random, begun: datetime) -> dict[str, Any]:
    begin = begun + SPAN * life.random() / 4
    return {"start": begin, "until": begin + timedelta(minutes=4)}


def _states(stack: Stack) -> dict[str, State]:
    now, cluster = stack.world.now, stack.cluster
    cluster.settle(now)
    return {
        job_id: (cluster.state_of(job_id, now), job.datafeed)
        for job_id, job in cluster.jobs.items()
    }


def _plain(item: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {name: next(iter(value.values())) for name, value in item.items()}


def _plan_owners(stack: Stack, life: Random, scale: float) -> None:
    """Let owners use what was closed while it is reopened."""
    owners = Owners(stack, {}, life)
    for _ in range(round(30 * scale)):
        act = life.choice((owners.reopen, owners.reopen, owners.delete, owners.close))
        stack.world.after(life.uniform(0, 1200), act)


@dataclass
class _Person:
    """Gives the command until the Reopener shows nothing more to undo."""

    stack: Stack
    life: Random
    is_done: bool = False

    def undo(self) -> None:
        """Give the command again and again, each time as another request."""
        for number in range(TRIES):
            shown = self.stack.ask("Reopener", {"undo": {"since": "30d"}})
            closings = [
                c["closed"] for c in (shown or {}).get("closings", ()) if c["undo"]
            ]
            if shown is not None and not closings:
                break
            self._go_on(f"u-{number}", closings)
            self.stack.world.sleep(60)
        self.is_done = True

    def _go_on(self, request_id: str, closings: list[str]) -> None:
        """Ask round after round, as the command does; or lose patience."""
        asked_at = rfc3339(self.stack.world.now)
        while closings and self.life.random() > 0.1:
            terms = {"request_id": request_id, "requested_at": asked_at}
            event = {"reopen": {"closings": closings, **terms}}
            if answer := self.stack.ask("Reopener", event):
                closings = [r["closed"] for r in answer["results"] if not r["ended"]]
            self.stack.world.sleep(ROUND)


def wrongs(undone: Undone, *, owners: bool) -> Iterator[str]:
    """Say what is wrong: what was opened that is not ours, and what was not undone."""
    ours = [i for i in undone.items if i["closed_by"] == "us" and "finished" in i]
    for call in undone.calls:
        if not _is_allowed(call, ours):
            yield f"{call.call} of {call.job_id}, which was {call.before}"
    if not owners:
        yield from _unlike_before(undone, ours)


def _is_allowed(call: Undid, ours: list[Mapping[str, str]]) -> bool:
    """Tell whether the closing that a call undoes is ours, and marked before."""
    marked = [
        item
        for item in ours
        if item["job_id"] == call.job_id
        and "reopening_at" in item
        and moment(item["reopening_at"]) <= call.at + timedelta(seconds=1)
    ]
    if call.call == "_start":
        return any(
            item.get("datafeed_before") in ("started", "starting") for item in marked
        )
    finished = call.finished
    if finished is None:
        return bool(marked)
    # The API has milliseconds.
    return any(abs(finished - moment(i["finished"])) < MILLISECOND for i in marked)


def _unlike_before(undone: Undone, ours: list[Mapping[str, str]]) -> Iterator[str]:
    """Yield each job that is not as it was before it was closed, or was touched."""
    mine = {i["job_id"] for i in ours if i.get("state_before") in ("opened", "opening")}
    for job_id, state in undone.after.items():
        expected = (undone.before if job_id in mine else undone.closed)[job_id]
        if "closing" not in expected and state != expected:
            yield f"{job_id} is {state}, and not {expected}"
    for item in ours:
        if item["job_id"] in mine and "reopened_at" not in item:
            yield f"the closing of {item['job_id']} is not marked as undone"
    ends = {told.key.job_id for told in undone.told if told.ended == "reopened"}
    if missing := mine - ends:
        yield f"no outcome for {sorted(missing)}"
