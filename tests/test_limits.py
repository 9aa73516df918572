"""The limits of one sweep: how many, which ones, and when none at all."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders import NOW, RULES, ago, closed_job, failed_job, idle_job
from idle_jobs.jobs import State
from idle_jobs.limits import Plan, limit
from idle_jobs.policy import judge
from idle_jobs.reasons import Reason
from idle_jobs.rules import Rules
from idle_jobs.verdicts import Action, Verdict


def fleet(idle: int, busy: int = 0, **changes: object) -> list[Verdict]:
    """Return the verdicts of idle jobs, larger by their number, and of busy ones."""
    jobs = [
        idle_job(job_id=f"idle-{n:03}", memory_bytes=n, **changes) for n in range(idle)
    ]
    jobs += [idle_job(job_id=f"busy-{n:03}", last_data=NOW) for n in range(busy)]
    return [judge(job, NOW, RULES) for job in jobs]


def ids(plan: Plan) -> set[str]:
    """Return the ids that a plan sends."""
    return {verdict.job.job_id for verdict in plan.send}


def test_few_are_all_sent() -> None:
    """Below the limit everything that is closable goes, and nothing else."""
    plan = limit(fleet(idle=3, busy=2), NOW, RULES)

    assert ids(plan) == {"idle-000", "idle-001", "idle-002"}
    assert plan.held == ()


def test_half_of_the_places_go_to_the_largest_memory() -> None:
    """Ten of twenty places are for the ten largest; the others are drawn."""
    plan = limit(fleet(idle=60), NOW, RULES)

    assert len(plan.send) == 20
    assert {f"idle-{n:03}" for n in range(50, 60)} <= ids(plan)
    assert (len(plan.held), plan.why_held) == (40, Reason.OVER_LIMIT)


def test_the_draw_is_seeded_with_the_sweeps_time() -> None:
    """The same event draws the same jobs, the next one others: nobody starves."""
    verdicts = fleet(idle=60)
    later = NOW + timedelta(hours=1)

    assert ids(limit(verdicts, NOW, RULES)) == ids(limit(verdicts, NOW, RULES))
    assert ids(limit(verdicts, NOW, RULES)) != ids(limit(verdicts, later, RULES))


@pytest.mark.row(3)
@pytest.mark.parametrize("now", [State.CLOSING, State.CLOSED])
def test_a_sweep_that_is_tried_again_does_not_close_others(now: State) -> None:
    """What the first try sent keeps its places, however far it has come by then."""
    verdicts = fleet(idle=60)
    first = ids(limit(verdicts, NOW, RULES))
    jobs = [v.job for v in verdicts]
    finished = NOW if now is State.CLOSED else None
    jobs = [
        replace(j, state=now, finished=finished) if j.job_id in first else j
        for j in jobs
    ]
    again = limit([judge(job, NOW, RULES) for job in jobs], NOW, RULES)

    assert {v.job.job_id for v in again.send if v.action is Action.CLOSE} == set()
    assert len(again.held) == 40


def test_a_request_that_is_tried_again_later_draws_the_same_lots() -> None:
    """It is the time of asking that seeds the draw, not that of the try."""
    verdicts = fleet(idle=60)
    later = limit(verdicts, NOW + timedelta(minutes=30), RULES, NOW)

    assert ids(limit(verdicts, NOW, RULES)) == ids(later)


def test_a_lot_does_not_depend_on_the_others() -> None:
    """A job that is gone gives its place to one other job, and moves nobody else's."""
    verdicts = fleet(idle=60)
    first = ids(limit(verdicts, NOW, RULES))
    gone = min(first)
    left = [v for v in verdicts if v.job.job_id != gone]

    assert first - {gone} <= ids(limit(left, NOW, RULES))


def test_one_place_is_drawn() -> None:
    """A single place is no privilege of the largest, which might never close."""
    rules = Rules(max_closes_per_sweep=1)
    times = [NOW + timedelta(hours=n) for n in range(40)]
    drawn = {job_id for n in times for job_id in ids(limit(fleet(idle=5), n, rules))}

    assert len(drawn) == 5


@pytest.mark.row(12)
@pytest.mark.parametrize(
    ("idle", "busy", "halted"), [(11, 0, True), (10, 0, False), (11, 20, False)]
)
def test_many_jobs_idle_since_today_halt_the_sweep(
    idle: int,
    busy: int,
    halted: bool,
) -> None:
    """More than ten and more than half of the open ones: something else is wrong."""
    plan = limit(fleet(idle, busy, last_data=ago(hours=50)), NOW, RULES)

    assert halted == (plan.why_held is Reason.SWEEP_HALTED)
    assert (plan.send == ()) is halted


@pytest.mark.row(12)
def test_old_backlog_never_halts_a_sweep() -> None:
    """Jobs that have been idle for days are work, not an accident."""
    plan = limit(fleet(idle=40), NOW, RULES)

    assert len(plan.send) == 20


def test_a_halted_sweep_does_not_even_watch() -> None:
    """A halted sweep sends nothing at all."""
    closing = judge(idle_job(job_id="x", state=State.CLOSING), NOW, RULES)
    plan = limit([*fleet(idle=12, last_data=ago(hours=50)), closing], NOW, RULES)

    assert plan.send == ()


def test_a_retry_does_not_halt_what_its_first_try_began() -> None:
    """Jobs that this sweep has closed were open when it began."""
    fresh = fleet(idle=12, busy=3, last_data=ago(hours=50))
    old = [closed_job(job_id=f"old-{n:02}", finished=NOW) for n in range(40)]
    verdicts = [*fresh, *(judge(job, NOW, RULES) for job in old)]

    assert limit(verdicts, NOW, RULES).why_held is not Reason.SWEEP_HALTED
    assert limit(fresh, NOW, RULES).why_held is Reason.SWEEP_HALTED


@pytest.mark.row(12)
def test_a_group_is_halted_by_its_share_of_the_cluster() -> None:
    """Twelve of twelve are one in ten of all: a sweep of all would send them, too."""
    group = fleet(idle=12, last_data=ago(hours=50))
    cluster = [v.job for v in (*group, *fleet(idle=0, busy=108))]

    assert limit(group, NOW, RULES).send == ()
    assert len(limit(group, NOW, RULES, cluster=cluster).send) == 12


def test_closing_jobs_are_watched_without_a_place() -> None:
    """A watch closes nothing: every closing job is looked after, drawn or not."""
    rules = Rules(max_closes_per_sweep=0)
    closing = [idle_job(job_id=f"c{n}", state=State.CLOSING) for n in range(3)]
    plan = limit([judge(job, NOW, rules) for job in closing], NOW, rules)

    assert ids(plan) == {"c0", "c1", "c2"}


def test_a_failed_job_that_may_be_forced_takes_a_place() -> None:
    """Closed by force is closed, too."""
    rules = Rules(max_closes_per_sweep=2, force_failed=True)
    jobs = [failed_job(job_id=f"failed-{n}", memory_bytes=n) for n in range(3)]
    plan = limit([judge(job, NOW, rules) for job in jobs], NOW, rules)

    assert (2, 1) == (len(plan.send), len(plan.held))
    assert "failed-2" in ids(plan)
