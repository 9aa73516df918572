"""Events: many jobs that became idle together, whenever that was."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from builders import NOW, RULES, ago, closed_job, feed, idle_job
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.judge import judge
from idle_jobs.policy.limits import limit
from idle_jobs.policy.mass_events import MassEvent, event_of, mass_events
from idle_jobs.policy.owner import Owner, OwnerMode
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Action
from idle_jobs.reasons import Reason

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def idle(*hours: float, name: str = "idle", **changes: object) -> list[Job]:
    """Return jobs that have been idle for these hours: quiet for 48 more."""
    quiet = (timedelta(hours=48 + h) for h in hours)
    return [
        idle_job(job_id=f"{name}-{n:03}", last_data=NOW - span, **changes)
        for n, span in enumerate(quiet)
    ]


def busy(count: int, **changes: object) -> list[Job]:
    """Return jobs that work."""
    fields = {"last_data": NOW} | changes
    return [idle_job(job_id=f"busy-{n:03}", **fields) for n in range(count)]


def closed(jobs: Iterable[Job], finished: datetime = NOW) -> list[Job]:
    """Return these jobs as they are once somebody closed them."""
    return [
        replace(job, state=State.CLOSED, finished=finished, open_start=None)
        for job in jobs
    ]


def found(
    jobs: Iterable[Job], rules: Rules = RULES, now: datetime = NOW
) -> list[MassEvent]:
    """Return the events among jobs."""
    return mass_events([judge(job, now, rules) for job in jobs], now, rules)


def held(jobs: Iterable[Job], rules: Rules = RULES, now: datetime = NOW) -> set[str]:
    """Return the ids that a sweep holds since they are of an event."""
    verdicts = [judge(job, now, rules) for job in jobs]
    plan = limit(verdicts, mass_events(verdicts, now, rules), now, rules)
    return {h.verdict.job.job_id for h in plan.held if h.reason is Reason.SWEEP_HALTED}


def names(jobs: Iterable[Job]) -> set[str]:
    """Return the ids of jobs."""
    return {job.job_id for job in jobs}


EVENT = idle(*[2.0] * 30)
THIRTY = Rules(max_close_percent=30)


@pytest.mark.parametrize(
    ("later", "all_held"),
    [(0, True), (23, True), (25, True), (24 * 6, True), (24 * 7 - 3, True), (166, 0)],
)
def test_an_event_is_held_for_seven_days(later: int, all_held: bool) -> None:
    """Thirty jobs that became idle at once are not backlog a day later (R10)."""
    now = NOW + later * HOUR
    jobs = [*EVENT, *busy(10, last_data=now, open_start=ago(days=30))]

    assert held(jobs, now=now) == (names(EVENT) if all_held else set())


@pytest.mark.parametrize(("halt_for", "still"), [(3, True), (2, False), (1, False)])
def test_how_long_is_the_operators_to_say(halt_for: int, still: bool) -> None:
    """Idle for two hours: held for three, no longer for two."""
    rules = Rules(halt_for=halt_for * HOUR)

    assert held(EVENT, rules) == (names(EVENT) if still else set())


@pytest.mark.parametrize(
    ("above", "percent", "halts"),
    [(30, 50, False), (29, 50, True), (5, 75, False), (5, 74, True), (1, 100, False)],
)
def test_the_number_and_the_share_are_the_operators_to_say(
    above: int, percent: int, halts: bool
) -> None:
    """Thirty of forty: more than `above` jobs and more than this share of the open."""
    rules = Rules(halt_above_jobs=above, max_close_percent=percent)

    assert bool(held([*EVENT, *busy(10)], rules)) is halts


def test_ten_of_ten_jobs_halt() -> None:
    """A small cluster has its breaker, too: ten at once are more than five (R10)."""
    ten = idle(*[2.0] * 10)

    assert held(ten, Rules(max_close_percent=1)) == names(ten)
    assert held(ten[:5], Rules(max_close_percent=1)) == set()


BACKLOGS = {
    "thirty jobs, two a day": [n * 12.0 for n in range(1, 31)],
    "ninety jobs, four a day": [n * 6.0 for n in range(1, 91)],
    "five on each of ten days": [24.0 * (n // 5) + 1 for n in range(50)],
    "all at once, eight days ago": [192.0] * 40,
}


@pytest.mark.parametrize("hours", BACKLOGS.values(), ids=BACKLOGS)
def test_old_backlog_of_a_first_deployment_never_halts(hours: list[float]) -> None:
    """Spread over weeks it has no day that is suspicious, whatever its share (R10)."""
    assert held(idle(*hours)) == set()


def test_only_the_events_own_day_is_held() -> None:
    """What became idle long before goes on; what did within a day of it is held."""
    before, beside = idle(80.0, 60.0, name="before"), idle(10.0, name="beside")
    jobs = [*EVENT, *before, *beside, *busy(5)]

    assert held(jobs) == names([*EVENT, *beside])


@pytest.mark.parametrize(("hours", "together"), [(24.0, True), (24.1, False)])
def test_a_day_is_24_hours(hours: float, together: bool) -> None:
    """Six jobs over one day are an event, over more they are not."""
    jobs = idle(1.0, 1.0, 1.0, 1 + hours, 1 + hours, 1 + hours)

    assert bool(found(jobs)) is together


def test_events_that_overlap_are_one() -> None:
    """Feeds that stop one by one for three days are told as one event."""
    jobs = idle(*[float(n) for n in range(72)])
    [event] = found(jobs, THIRTY)

    assert (event.jobs, event.opened) == (72, 72)
    assert event.last - event.first == 71 * HOUR


def test_two_events_apart_are_two() -> None:
    """A week of quiet between them: each has its own numbers."""
    first, second = idle(*[100.0] * 8, name="a"), idle(*[2.0] * 9, name="b")

    assert [(e.jobs, e.opened) for e in found([*first, *second], THIRTY)] == [
        (8, 17),
        (9, 17),
    ]


@pytest.mark.parametrize("how_many", [1, 20, 25, 29])
def test_closing_a_part_does_not_release_the_rest(how_many: int) -> None:
    """A person closed some of the thirty: the others are still of it (R10)."""
    gone, rest = closed(EVENT[:how_many]), EVENT[how_many:]

    assert held([*gone, *rest, *busy(10)]) == names(rest)
    assert [(e.jobs, e.opened) for e in found([*gone, *rest, *busy(10)])] == [(30, 40)]


@pytest.mark.parametrize("how_many", [1, 20, 25, 29])
def test_a_part_that_is_closing_does_not_release_the_rest(how_many: int) -> None:
    """A close may take hours: until it is over, its job is of the event, too (R10)."""
    part = [replace(job, state=State.CLOSING) for job in EVENT[:how_many]]
    rest = EVENT[how_many:]

    assert held([*part, *rest, *busy(10)]) == names(rest)
    assert [(e.jobs, e.opened) for e in found([*part, *rest, *busy(10)])] == [(30, 40)]


def test_one_that_is_closing_leaves_six_an_event() -> None:
    """Six of ten at once, the first of which a person closes just now (R10)."""
    first, *rest = idle(*[2.0] * 6)

    assert held([replace(first, state=State.CLOSING), *rest, *busy(4)]) == names(rest)


def test_a_node_that_restarts_does_not_release_the_rest() -> None:
    """Six of twelve moved an hour ago: they are as quiet, and judged later (R10)."""
    twelve = idle(*[2.0] * 12)
    moved = [replace(job, open_start=ago(hours=1)) for job in twelve[:6]]

    assert held([*moved, *twelve[6:], *busy(8)]) == names(twelve[6:])
    assert [(e.jobs, e.opened) for e in found([*moved, *twelve[6:], *busy(8)])] == [
        (12, 20)
    ]


@pytest.mark.parametrize("days", [3, 20], ids=["grace", "attention"])
def test_young_jobs_that_are_not_idle_make_no_event(days: int) -> None:
    """A moved job whose datafeed runs is dry after 14 days, not idle after two."""
    fields = {"last_data": ago(days=days), "open_start": ago(hours=1)}
    moved = busy(30, datafeed=feed("started"), **fields)

    assert [e.last for e in found(moved)] == ([ago(days=6)] if days == 20 else [])


def test_nightly_jobs_that_are_closing_make_no_event() -> None:
    """Thirty jobs that worked until a minute ago, and close together."""
    nightly = busy(30, state=State.CLOSING, last_data=ago(minutes=1))

    assert found([*nightly, *idle(2.0)]) == []


def test_jobs_that_others_open_do_not_release_the_rest() -> None:
    """Fifty new jobs make thirty no smaller share of those that were open then."""
    created = NOW - timedelta(minutes=30)
    new = busy(50, created=created, open_start=created, last_data=NOW)

    assert held([*EVENT, *new]) == names(EVENT)


def test_nightly_jobs_neither_make_an_event_nor_hide_one() -> None:
    """They closed as they ended, not idle: a hundred of them count for nothing."""
    nightly = [
        closed_job(job_id=f"night-{n}", last_data=ago(hours=50), finished=ago(hours=50))
        for n in range(100)
    ]
    one = idle(2.0)

    assert found([*one, *nightly, *busy(5)]) == []
    assert held([*EVENT, *nightly, *busy(10)]) == names(EVENT)


def test_what_was_closed_long_ago_is_of_no_event() -> None:
    """Thirty jobs of last month, closed then, and one that is idle today."""
    gone = closed(idle(*[24.0 * 30] * 30, name="gone"), finished=ago(days=29))

    assert found([*gone, *idle(2.0), *busy(3)]) == []


def test_a_reported_job_is_of_the_event_but_needs_no_hold() -> None:
    """Four to close, four whose owner wants to be told only: eight are suspicious."""
    told = idle(*[2.0] * 4, name="told", owner=Owner(mode=OwnerMode.NOTIFY))
    four = idle(*[2.0] * 4)

    assert held([*four, *told]) == names(four)


def test_a_job_that_is_not_idle_yet_is_of_no_event() -> None:
    """A never-fed job with a running feed is reported before it is dry."""
    unfed = {"last_data": None, "records": 0, "datafeed": feed("started")}
    jobs = [idle_job(job_id=f"new-{n}", created=ago(days=3), **unfed) for n in range(9)]
    verdicts = [judge(replace(job, open_start=ago(days=3)), NOW, RULES) for job in jobs]

    assert {v.idle_since for v in verdicts} == {NOW + timedelta(days=11)}
    assert mass_events(verdicts, NOW, RULES) == []


def test_what_was_closed_on_the_first_day_counts_to_the_end() -> None:
    """The last six of 26 are held for a week, though twenty were closed before it."""
    first, last = idle(*[186.0] * 20, name="first"), idle(*[166.0] * 6, name="last")
    gone = closed(first, finished=ago(hours=170))

    assert held([*gone, *last, *busy(10)]) == names(last)


def test_a_failed_job_is_of_no_event() -> None:
    """That many fail is told otherwise: they are not idle."""
    failed = [
        idle_job(job_id=f"f-{n}", state=State.FAILED, assigned=False, open_start=None)
        for n in range(20)
    ]
    verdicts = [judge(job, NOW, Rules(force_failed=True)) for job in failed]

    assert {v.action for v in verdicts} == {Action.FORCE}
    assert mass_events(verdicts, NOW, RULES) == []
    assert event_of(verdicts[0], [MassEvent(ago(days=9), NOW, 9, 9)]) is None


@pytest.mark.slow
def test_ten_thousand_jobs_are_looked_through_in_no_time() -> None:
    """Also where all of them became idle within a day of each other."""
    jobs = idle(*[n / 500 for n in range(10_000)])
    verdicts = [judge(job, NOW, RULES) for job in jobs]
    [event] = mass_events(verdicts, NOW, RULES)

    assert (event.jobs, event.opened) == (10_000, 10_000)
