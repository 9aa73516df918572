"""The limits of one sweep: how many, which ones, and when none at all."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from builders import NOW, RULES, ago, closed_job, failed_job, idle_job
from idle_jobs.policy.job import State
from idle_jobs.policy.judge import judge
from idle_jobs.policy.limits import Plan, limit
from idle_jobs.policy.mass_events import mass_events
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason


def fleet(idle: int, busy: int = 0, **changes: object) -> list[Verdict]:
    """Return the verdicts of idle jobs, larger by their number, and of busy ones."""
    jobs = [
        idle_job(job_id=f"idle-{n:03}", memory_bytes=n, **changes) for n in range(idle)
    ]
    jobs += [idle_job(job_id=f"busy-{n:03}", last_data=NOW) for n in range(busy)]
    return [judge(job, NOW, RULES) for job in jobs]


def planned(
    verdicts: list[Verdict],
    now: datetime = NOW,
    rules: Rules = RULES,
    asked: datetime | None = None,
    everyone: list[Verdict] | None = None,
) -> Plan:
    """Return what a sweep sends and holds of these jobs, where there is everyone."""
    found = mass_events(everyone or verdicts, now, rules)
    return limit(verdicts, found, now, rules, asked)


def why(plan: Plan) -> dict[str, int]:
    """Return how many jobs are held for each reason."""
    return dict(Counter(str(held.reason) for held in plan.held))


def ids(plan: Plan) -> set[str]:
    """Return the ids that a plan sends."""
    return {verdict.job.job_id for verdict in plan.send}


def test_few_are_all_sent() -> None:
    """Below the limit everything that is closable goes, and nothing else."""
    plan = planned(fleet(idle=3, busy=2), NOW, RULES)

    assert ids(plan) == {"idle-000", "idle-001", "idle-002"}
    assert plan.held == ()


def test_half_of_the_places_go_to_the_largest_memory() -> None:
    """Ten of twenty places are for the ten largest; the others are drawn."""
    plan = planned(fleet(idle=60), NOW, RULES)

    assert len(plan.send) == 20
    assert {f"idle-{n:03}" for n in range(50, 60)} <= ids(plan)
    assert why(plan) == {Reason.OVER_LIMIT: 40}


def test_the_draw_is_seeded_with_the_sweeps_time() -> None:
    """The same event draws the same jobs, the next one others: nobody starves."""
    verdicts = fleet(idle=60)
    later = NOW + timedelta(hours=1)

    assert ids(planned(verdicts, NOW, RULES)) == ids(planned(verdicts, NOW, RULES))
    assert ids(planned(verdicts, NOW, RULES)) != ids(planned(verdicts, later, RULES))


@pytest.mark.row(3)
@pytest.mark.parametrize("now", [State.CLOSING, State.CLOSED])
def test_a_sweep_that_is_tried_again_does_not_close_others(now: State) -> None:
    """What the first try sent keeps its places, however far it has come by then."""
    verdicts = fleet(idle=60)
    first = ids(planned(verdicts, NOW, RULES))
    jobs = [v.job for v in verdicts]
    finished = NOW if now is State.CLOSED else None
    jobs = [
        replace(j, state=now, finished=finished) if j.job_id in first else j
        for j in jobs
    ]
    again = planned([judge(job, NOW, RULES) for job in jobs], NOW, RULES)

    assert {v.job.job_id for v in again.send if v.action is Action.CLOSE} == set()
    assert len(again.held) == 40


def test_a_request_that_is_tried_again_later_draws_the_same_lots() -> None:
    """It is the time of asking that seeds the draw, not that of the try."""
    verdicts = fleet(idle=60)
    later = planned(verdicts, NOW + timedelta(minutes=30), RULES, NOW)

    assert ids(planned(verdicts, NOW, RULES)) == ids(later)


def test_a_lot_does_not_depend_on_the_others() -> None:
    """A job that is gone gives its place to one other job, and moves nobody else's."""
    verdicts = fleet(idle=60)
    first = ids(planned(verdicts, NOW, RULES))
    gone = min(first)
    left = [v for v in verdicts if v.job.job_id != gone]

    assert first - {gone} <= ids(planned(left, NOW, RULES))


def test_one_place_is_drawn() -> None:
    """A single place is no privilege of the largest, which might never close."""
    rules = Rules(max_closes_per_sweep=1)
    times = [NOW + timedelta(hours=n) for n in range(40)]
    drawn = {job_id for n in times for job_id in ids(planned(fleet(idle=5), n, rules))}

    assert len(drawn) == 5


@pytest.mark.row(12)
@pytest.mark.parametrize(
    ("idle", "busy", "halted"),
    [(6, 0, True), (5, 0, False), (6, 6, False), (7, 6, True)],
)
def test_many_jobs_idle_since_today_halt_the_sweep(
    idle: int,
    busy: int,
    halted: bool,
) -> None:
    """More than five and more than half of the open ones: they are held (R10)."""
    plan = planned(fleet(idle, busy, last_data=ago(hours=50)))

    assert why(plan) == ({Reason.SWEEP_HALTED: idle} if halted else {})
    assert len(plan.send) == (0 if halted else idle)


@pytest.mark.row(12)
def test_old_backlog_never_halts_a_sweep() -> None:
    """Jobs that have been idle for days are work, not an accident."""
    plan = planned(fleet(idle=40))

    assert len(plan.send) == 20


def test_a_held_job_takes_no_place_from_the_others() -> None:
    """The old backlog goes on, the limit of the sweep is its own, and all are told."""
    event = fleet(idle=30, last_data=ago(hours=50))
    old = [judge(idle_job(job_id=f"old-{n:02}"), NOW, RULES) for n in range(25)]
    plan = planned([*event, *old])

    assert ids(plan) <= {v.job.job_id for v in old}
    assert why(plan) == {Reason.SWEEP_HALTED: 30, Reason.OVER_LIMIT: 5}


def test_a_halted_sweep_still_watches() -> None:
    """A watch closes nothing."""
    closing = judge(idle_job(job_id="x", state=State.CLOSING), NOW, RULES)
    plan = planned([*fleet(idle=12, last_data=ago(hours=50)), closing])

    assert ids(plan) == {"x"}


def test_a_held_job_says_with_whom_and_until_when() -> None:
    """Its owner reads how many there are, of how many, and when it is closed."""
    [held, *_] = planned(fleet(idle=12, busy=3, last_data=ago(hours=50))).held

    assert held.detail == (
        "12 of 15 open jobs became idle from 2026-11-23T10:00:00Z to "
        "2026-11-23T10:00:00Z; held until 2026-11-30T10:00:00Z"
    )


def test_a_retry_does_not_halt_what_its_first_try_began() -> None:
    """Jobs that this sweep has closed were open when it began."""
    fresh = fleet(idle=12, busy=3, last_data=ago(hours=50))
    old = [closed_job(job_id=f"old-{n:02}", finished=NOW) for n in range(40)]
    verdicts = [*fresh, *(judge(job, NOW, RULES) for job in old)]

    assert Reason.SWEEP_HALTED not in why(planned(verdicts))
    assert why(planned(fresh)) == {Reason.SWEEP_HALTED: 12}


@pytest.mark.row(12)
def test_a_group_is_halted_by_its_share_of_the_cluster() -> None:
    """Twelve of twelve are one in ten of all: a sweep of all would send them, too."""
    group = fleet(idle=12, last_data=ago(hours=50))
    everyone = [*group, *fleet(idle=0, busy=108)]

    assert planned(group).send == ()
    assert len(planned(group, everyone=everyone).send) == 12


def test_a_group_is_halted_with_the_event_that_it_is_a_part_of() -> None:
    """Two jobs of an event of twenty are held, though two alone are none (R10)."""
    everyone = fleet(idle=20, busy=5, last_data=ago(hours=50))
    plan = planned(everyone[:2], everyone=everyone)

    assert why(plan) == {Reason.SWEEP_HALTED: 2}


def test_closing_jobs_are_watched_without_a_place() -> None:
    """A watch closes nothing: every closing job is looked after, drawn or not."""
    rules = Rules(max_closes_per_sweep=0)
    closing = [idle_job(job_id=f"c{n}", state=State.CLOSING) for n in range(3)]
    plan = planned([judge(job, NOW, rules) for job in closing], NOW, rules)

    assert ids(plan) == {"c0", "c1", "c2"}


def test_a_failed_job_that_may_be_forced_takes_a_place() -> None:
    """Closed by force is closed, too."""
    rules = Rules(max_closes_per_sweep=2, force_failed=True)
    jobs = [failed_job(job_id=f"failed-{n}", memory_bytes=n) for n in range(3)]
    plan = planned([judge(job, NOW, rules) for job in jobs], NOW, rules)

    assert (2, 1) == (len(plan.send), len(plan.held))
    assert "failed-2" in ids(plan)
