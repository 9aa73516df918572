"""The limits of one sweep: how many, which ones, and when none at all."""

from datetime import timedelta

import pytest

from builders import NOW, RULES, ago, closed_job, failed_job, idle_job
from idle_jobs.jobs import State
from idle_jobs.limits import Plan, limit
from idle_jobs.policy import judge
from idle_jobs.reasons import Reason
from idle_jobs.rules import Rules
from idle_jobs.verdicts import Verdict


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


def test_a_sweep_that_is_tried_again_does_not_close_others() -> None:
    """What the first try has closed takes up its places; the lots stay as they are."""
    verdicts = fleet(idle=60)
    first = ids(limit(verdicts, NOW, RULES))
    closed = [closed_job(job_id=job_id, finished=NOW) for job_id in first]
    left = [v for v in verdicts if v.job.job_id not in first]
    again = [*left, *(judge(job, NOW, RULES) for job in closed)]

    assert ids(limit(again, NOW, RULES)) == set()
    assert len(limit(left, NOW, RULES).send) == 20


def test_a_lot_does_not_depend_on_the_others() -> None:
    """Half of the drawn ones are closing by now: the other half is drawn again."""
    verdicts = fleet(idle=60)
    first = ids(limit(verdicts, NOW, RULES))
    drawn = sorted(first - {f"idle-{n:03}" for n in range(50, 60)})
    left = [v for v in verdicts if v.job.job_id not in drawn[:5]]

    assert set(drawn[5:]) <= ids(limit(left, NOW, RULES))


def test_one_place_goes_to_the_largest() -> None:
    """An odd number of places rounds in favour of memory."""
    plan = limit(fleet(idle=5), NOW, Rules(max_closes_per_sweep=1))

    assert ids(plan) == {"idle-004"}


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


def test_old_backlog_never_halts_a_sweep() -> None:
    """Jobs that have been idle for days are work, not an accident."""
    plan = limit(fleet(idle=40), NOW, RULES)

    assert len(plan.send) == 20


def test_a_halted_sweep_does_not_even_watch() -> None:
    """A halted sweep sends nothing at all."""
    closing = judge(idle_job(job_id="x", state=State.CLOSING), NOW, RULES)
    plan = limit([*fleet(idle=12, last_data=ago(hours=50)), closing], NOW, RULES)

    assert plan.send == ()


def test_watched_jobs_take_no_place_and_forced_ones_do() -> None:
    """A watch closes nothing; a failed job that may be forced is closed."""
    rules = Rules(max_closes_per_sweep=1, force_failed=True)
    jobs = [
        idle_job(job_id="watched", state=State.CLOSING),
        failed_job(job_id="failed", memory_bytes=1),
        idle_job(job_id="big", memory_bytes=2),
    ]
    plan = limit([judge(job, NOW, rules) for job in jobs], NOW, rules)

    assert ids(plan) == {"watched", "big"}
    assert [v.job.job_id for v in plan.held] == ["failed"]
