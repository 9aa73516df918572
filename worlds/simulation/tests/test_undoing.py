"""A day of closings that a person takes back: the cluster is as it was before."""

import os
from collections import Counter
from concurrent.futures import Executor
from dataclasses import replace
from datetime import timedelta

import pytest

from simulation.history import Undid
from simulation.schedule import START
from simulation.undoing import Undone, undo, wrongs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SCHEDULES = int(os.environ.get("SCHEDULES", "40"))


def undone(seed: int) -> tuple[int, list[str], Counter[str]]:
    """Undo a day that nobody else touches; return what is wrong, and what was done."""
    found = undo(seed)
    counts = Counter(call.call for call in found.calls)
    counts["undone"] = sum("reopened_at" in item for item in found.items)
    counts["closings"] = sum(item["closed_by"] == "us" for item in found.items)
    return seed, [*wrongs(found, owners=False)], counts


def undone_among_owners(seed: int) -> tuple[int, list[str], Counter[str]]:
    """Undo a day while owners use their jobs."""
    found = undo(seed, owners=1)
    counts = Counter(told.ended for told in found.told)
    return seed, [*wrongs(found, owners=True)], counts


def test_the_cluster_is_as_it_was(pool: Executor) -> None:
    """Each job that we closed, and its datafeed; no other job is touched."""
    sums: Counter[str] = Counter()
    for seed, wrong, counts in pool.map(undone, range(SCHEDULES), chunksize=4):
        assert (seed, wrong) == (seed, [])
        sums += counts

    assert sums["closings"] > 10 * SCHEDULES
    # What failed before is not reopened.
    assert sums["undone"] > 0.9 * sums["closings"]
    assert sums["_start"] > SCHEDULES


def test_nobody_elses_job_is_opened(pool: Executor) -> None:
    """Whatever their owners do meanwhile."""
    sums: Counter[str] = Counter()
    for seed, wrong, counts in pool.map(undone_among_owners, range(SCHEDULES // 2)):
        assert (seed, wrong) == (seed, [])
        sums += counts

    assert min(sums["reopened"], sums["skipped"]) > SCHEDULES / 4


def test_what_is_wrong_is_found() -> None:
    """A day is told as it was not: each lie is noticed."""
    right = undo(1)
    assert [*wrongs(right, owners=False)] == []
    ours = next(i for i in right.items if "reopened_at" in i)
    job_id = ours["job_id"]
    stranger = next(
        j for j in right.after if j not in {i["job_id"] for i in right.items}
    )
    call = Undid(START, 1, stranger, "_open", "closed", "opened", START)
    others = tuple(item for item in right.items if item is not ours)

    def told(lie: Undone) -> list[str]:
        return [*wrongs(lie, owners=False)]

    assert told(replace(right, calls=(*right.calls, call))) == [
        f"_open of {stranger}, which was closed"
    ]
    assert f"_open of {job_id}, which was closed" in told(replace(right, items=others))
    still = {**right.after, job_id: ("closed", "stopped")}
    assert told(replace(right, after=still))[0].startswith(f"{job_id} is ('closed'")
    odd = {**right.after, stranger: ("closing", "started")}
    assert told(replace(right, after=odd))[0].startswith(f"{stranger} is ('closing'")
    unmarked = {k: v for k, v in ours.items() if k != "reopened_at"}
    assert f"the closing of {job_id} is not marked as undone" in told(
        replace(right, items=(*others, unmarked))
    )
    assert told(replace(right, told=()))[0].startswith("no outcome for ['job-")
    early = {**ours, "reopening_at": "2036-01-01T00:00:00Z"}
    assert told(replace(right, items=(*others, early)))
    started = next((c for c in right.calls if c.call == "_start"), None)
    assert started is None or started.at > START + timedelta(hours=1)
