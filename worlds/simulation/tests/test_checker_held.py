"""The check of a simulated schedule: what became idle together is held (R10)."""

from datetime import timedelta
from typing import Any

import pytest

from idle_jobs.policy.rules import Rules
from simulation.history import Key, Owned, Turned
from simulation.tale import Tale, kinds

HOUR = 3_600
HELD = [("I2", "held")]
FIRST = Key("r", "j0")


def outage(
    idle: int = 8, busy: int = 4, ago: float = 1, apart: float = 0, **wish: Any
) -> Tale:
    """Return a tale of jobs that became idle so many hours ago, the first one last."""
    usual = {"expression": "*", "jobs": ["j0"], "only_if_idle": True}
    tale = Tale(**usual | wish)
    for n in range(idle + busy):
        quiet = 48 + ago + apart * (n > 0)
        for what in ("created", "opened"):
            tale.lived(-30 * 24 * HOUR, what, f"j{n}")
        tale.lived(-quiet * HOUR if n < idle else -60, "data", f"j{n}")
        if n >= idle:
            tale.lived(-30 * 24 * HOUR, "feed_started", f"j{n}")
    return tale


def found(tale: Tale) -> list[tuple[str, str]]:
    """Return what is found where a Sweeper sends the first of these jobs."""
    problems = tale.sweep(key=FIRST).check().problems
    assert {"lost"} >= {p.kind for p in problems if p.kind != "held"}
    return [(p.invariant, p.kind) for p in problems if p.kind == "held"]


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        ({}, HELD),
        ({"idle": 6}, HELD),
        ({"idle": 5, "busy": 1}, []),
        ({"busy": 6}, HELD),
        ({"busy": 7}, []),
        ({"ago": 7 * 24 - 0.1}, HELD),
        ({"ago": 7 * 24}, []),
        ({"apart": 23.9}, HELD),
        ({"apart": 24}, []),
    ],
    ids=str,
)
def test_many_jobs_of_one_day_are_held(
    jobs: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """More than five, and more than half of the open ones, for a week."""
    assert found(outage(**jobs)) == expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"halt_for": timedelta(hours=2)}, HELD),
        ({"halt_for": timedelta(hours=1)}, []),
        ({"halt_above_jobs": 8}, []),
        ({"max_close_percent": 70}, []),
        ({"keep_patterns": ("j[1-3]",)}, []),
        ({"idle_after": timedelta(hours=49, minutes=1)}, []),
    ],
    ids=str,
)
def test_an_operator_says_what_is_held(
    rules: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """The rules of the history count, and what they keep open anyway does not."""
    tale = outage()
    tale.rules = Rules(**rules)

    assert found(tale) == expected


@pytest.mark.parametrize(
    "wish",
    [{"despite_halt": True}, {"only_if_idle": False, "expression": "j0"}],
    ids=str,
)
def test_a_person_may_close_what_is_held(wish: dict[str, Any]) -> None:
    """With `despite_halt`, or where idleness does not matter, nothing is held."""
    assert found(outage(**wish)) == []


@pytest.mark.parametrize(
    "what", ["nodeless", "feed_started", "protected", "blocked", "forecast", "word"]
)
def test_only_what_everybody_must_count_counts(what: str) -> None:
    """Six jobs are an event, and five with one that may be seen otherwise are none."""
    for odd in ("j5", "j0"):
        tale = outage(idle=6, busy=0)
        if what == "word":
            tale.add(Owned, -HOUR, job_id=odd, mode="auto")
        else:
            tale.lived(-HOUR, what, odd)

        assert found(tale) == []


def test_what_changes_while_a_sweep_reads_may_count_or_not() -> None:
    """Data that came in the same second need not have been seen, or may have been."""
    tale = outage(idle=6, busy=0)
    tale.lived(0.5, "data", "j5")

    assert found(tale) == []


@pytest.mark.parametrize(
    ("state", "at", "expected"),
    [
        ("closed", -0.5, HELD),
        ("closing", -0.5, HELD),
        ("closed", -1.5, []),
        ("failed", -0.5, []),
    ],
)
def test_what_was_closed_of_an_event_counts_on(
    state: str, at: float, expected: list[tuple[str, str]]
) -> None:
    """Closed while it was idle, a job is one of the event; closed before, it is not."""
    tale = outage(idle=6, busy=0)
    tale.lived(at * HOUR, state, "j5")

    assert found(tale) == expected


def test_nothing_is_held_in_upgrade_mode_for_sure() -> None:
    """Where every job is kept anyway, nobody counts."""
    tale = outage()
    tale.add(Turned, -60, what="upgrade_mode", value="on")

    assert found(tale) == []


@pytest.mark.parametrize(
    ("ago", "wish", "expected"),
    [
        (1, {}, []),
        (1, {"despite_halt": True}, [("I1", "false")]),
        (7 * 24 + 1, {}, [("I1", "false")]),
    ],
    ids=str,
)
def test_a_job_is_told_to_be_held_for_its_time_only(
    ago: float, wish: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Not when its hold is over, and not if the request says `despite_halt`."""
    tale = outage(ago=ago, **wish)
    number = tale.begin(5, "Sweeper", "RequestQueue", Key("r", "*"))
    tale.tell(6, number, "skipped", "sweep_halted", FIRST)
    tale.finish(7, number)

    assert kinds(tale.check()) == expected
