"""The check of a simulated schedule: sweeps close only what was announced (I2)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from simulation.checker import check
from simulation.faults import Faults
from simulation.history import Announced, Asked, Written
from simulation.schedule import Schedule, run
from simulation.tale import Tale, kinds

HOUR = 3_600
UNANNOUNCED = [("I2", "unannounced")]


def closing(*told: float, used: str = "", at: float = 0, **wish: Any) -> Tale:
    """Return a tale of a close, some hours after the job was announced or used."""
    usual = {"scheduled": True, "only_if_idle": True, "expression": "*"}
    tale = Tale(**usual | wish)
    tale.rules = replace(tale.rules, notice_period=timedelta(hours=2))
    for hours in told:
        tale.announce(-hours * HOUR)
    if used:
        tale.lived(at * HOUR, used)
    return tale.sweep().close()


@pytest.mark.parametrize(
    ("tale", "expected"),
    [
        (closing(), UNANNOUNCED),
        (closing(1), UNANNOUNCED),
        (closing(2), []),
        (closing(9), []),
        (closing(9, 1), []),
        (closing(scheduled=False), []),
        (closing(9, used="data", at=-10), []),
    ],
)
def test_a_sweep_closes_after_its_notice(
    tale: Tale, expected: list[tuple[str, str]]
) -> None:
    """And a person without any."""
    found = [p for p in kinds(tale.check()) if p[1] == "unannounced"]

    assert found == expected


@pytest.mark.parametrize("used", ["data", "opened", "created"])
def test_who_uses_a_job_voids_its_notice(used: str) -> None:
    """It has to be announced anew."""
    found = kinds(closing(9, used=used, at=-4).check())

    assert UNANNOUNCED[0] in found


def test_without_the_setting_nothing_is_announced() -> None:
    """Then no close needs it."""
    tale = closing()
    tale.rules = replace(tale.rules, notice_period=timedelta())

    assert UNANNOUNCED[0] not in kinds(tale.check())


def test_schedules_with_notice_keep_all_promises() -> None:
    """Under all faults; jobs are announced, and sweeps close some of them."""
    announced = closed = 0
    for seed in range(3, 90, 8):  # Those with a second sweep.
        history = run(Schedule(seed, 60, Faults(notices=1)))
        assert list(check(history).problems) == []
        sweeps = {
            e.request_id for e in history.events if isinstance(e, Asked) and e.scheduled
        }
        announced += sum(isinstance(e, Announced) for e in history.events)
        closed += sum(
            isinstance(e, Written) and e.key.request_id in sweeps
            for e in history.events
        )

    assert announced > 50
    assert closed > 3
