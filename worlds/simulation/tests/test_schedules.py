"""The simulation: one seed is one schedule, and the product stands them all."""

import os
from concurrent.futures import Executor
from datetime import timedelta

import pytest

from local.schedule import scheduled_event
from simulation.__main__ import main, tell
from simulation.checker import check
from simulation.faults import Faults, calm
from simulation.history import (
    Asked,
    Delivered,
    Finished,
    History,
    Lived,
    Moved,
    Posted,
    Sent,
    Spoiled,
    Told,
)
from simulation.report import summed, table
from simulation.schedule import START, Schedule, run
from simulation.seeds import ours_of
from simulation.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SCHEDULES = int(os.environ.get("SCHEDULES", "100"))


def small(seed: int) -> History:
    """Return what a seed's small schedule leaves behind."""
    return run(Schedule(seed, jobs=40))


def test_nothing_is_lost_forced_needlessly_or_closed_alive(pool: Executor) -> None:
    """Each schedule keeps all invariants; a failing seed is printed as a timeline."""
    seeds = range(SCHEDULES)
    sums = summed(pool.map(ours_of, seeds, chunksize=4))

    if sums.failing:
        tell(sums.failing[0])
    assert ([], {}) == (sums.failing, dict(sums.kinds))
    assert sums.counts["closed"] > 20 * len(seeds)
    assert sums.counts["force_closed"] > len(seeds) / 2
    assert 0 < sums.duplicated < sums.requests / 10


def test_what_became_closable_between_two_runs_of_a_sweep_comes_on_top() -> None:
    """The rule fires twice, and a reset ends in between: one more than 20 is sent.

    So it was in seed 21592 of another population.
    """
    due = START + timedelta(minutes=10)

    def disturb(stack: Stack) -> None:
        idle = (j for j in stack.cluster.jobs.values() if j.datafeed == "stopped")
        fed = (j for j in idle if j.state == "opened" and j.assigned and j.last_data)
        job = next(j for j in fed if not j.custom_settings and not j.groups)
        # The largest is the first to be closed.
        job.memory, job.blocked = "64gb", "reset"
        stack.note(Lived(START, job.job_id, "blocked"))

        def end() -> None:
            job.blocked = None
            stack.note(Lived(stack.world.now, job.job_id, "unblocked"))
            stack.fire(due)

        stack.world.at(due + timedelta(seconds=25), end)

    history = run(Schedule(3, faults=calm()), disturb)
    request_id = scheduled_event(due)["id"]
    sent = {e.key for e in history.events if isinstance(e, Sent)}

    assert len([key for key in sent if key.request_id == request_id]) == 21
    assert check(history).problems == ()


def test_a_seed_is_one_schedule(pool: Executor) -> None:
    """Another process, with hashes of its own, tells the very same history."""
    assert small(5) == pool.submit(small, 5).result()
    assert small(5).events != small(6).events


def test_the_faults_do_happen() -> None:
    """What is claimed to be survived has been there: each kind, in a few schedules."""
    events = [event for seed in range(24) for event in run(Schedule(seed, 99)).events]
    ways = {event.how for event in events if isinstance(event, Finished | Spoiled)}
    answers = {event.answer for event in events if isinstance(event, Posted)}

    assert {"answered", "failed", "died", "duplicated", "delete_lost"} <= ways
    assert {200, 409} <= answers


def test_what_became_idle_together_is_held_and_let_go() -> None:
    """A person hears that a job is held, and a later sweep closes it: the hold is over.

    These seeds see two sweeps; one of the sets of rules holds for six hours only.
    """
    let_go = []
    for seed in range(3, 48, 8):
        events = run(Schedule(seed, 60, Faults(mass_events=1))).events
        sweeps = {e.request_id for e in events if isinstance(e, Asked) and e.scheduled}
        held = {
            event.key.job_id: event.at
            for event in events
            if isinstance(event, Told) and event.reason == "sweep_halted"
        }
        let_go += [
            event
            for event in events
            if isinstance(event, Sent)
            and event.kind == "close"
            and event.key.request_id in sweeps
            and event.at > held.get(event.key.job_id, event.at)
        ]

    assert let_go


def test_people_say_how_many_jobs_they_mean() -> None:
    """Some count right, and their jobs are sent on; others do not, and are told so."""
    right, wrong = set(), set()
    for seed in range(16):
        events = run(Schedule(seed, 60)).events
        counted = {e.request_id for e in events if isinstance(e, Asked) and e.expected}
        keys = {e.key.request_id for e in events if isinstance(e, Sent) and e.kind}
        told = [e for e in events if isinstance(e, Told)]
        right |= {(seed, r) for r in counted & keys}
        wrong |= {
            (seed, e.key.request_id) for e in told if e.reason == "unexpected_number"
        }

    assert right
    assert wrong
    assert not right & wrong


def test_without_faults_and_people_each_request_ends_once() -> None:
    """Faults and people can be switched off: then nothing at all is done twice."""
    history = run(Schedule(3, jobs=100, faults=calm()))
    findings = check(history)

    assert () == findings.problems
    assert frozenset() == findings.duplicated
    assert not [e for e in history.events if isinstance(e, Spoiled | Moved)]
    assert {e.how for e in history.events if isinstance(e, Finished)} == {"answered"}


def test_faults_can_be_scaled() -> None:
    """Ten times the deaths kill more invocations, and still nothing is lost."""
    histories = [run(Schedule(10, 80, Faults(deaths=share))) for share in (0.02, 0.2)]
    few, many = (
        sum(isinstance(e, Finished) and e.how == "died" for e in history.events)
        for history in histories
    )

    assert few < many
    assert () == check(histories[1]).problems


def test_a_send_that_is_refused_again_keeps_its_record() -> None:
    """Every third entry is refused, so that many break: nothing is lost by that."""
    history = run(Schedule(1, 60, Faults(refused_entries=0.3)))

    assert () == check(history).problems


def test_receives_are_counted_by_queue() -> None:
    """A message that is handed over is received there for the first time."""
    events = [event for seed in range(4) for event in run(Schedule(seed, 150)).events]
    handed = [
        event
        for event in events
        if isinstance(event, Delivered) and event.queue == "ForceQueue"
    ]
    first = {event.message_id: event.receives for event in reversed(handed)}

    assert len(first) > 2
    assert {1} == set(first.values())


def test_one_seed_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """`make simulate SEED=` tells it; all is well if it shows no problem (U10)."""
    assert main({"SEED": "2"}) == 0
    told = capsys.readouterr().out
    assert told.startswith("Seed 2: a simulated day of ")
    assert told.endswith("\nProblems\n\n  none: every promise was kept\n")


def test_one_job_of_a_seed_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """`JOB=` narrows it to one job."""
    assert main({"SEED": "2", "JOB": "job-007"}) == 0
    assert capsys.readouterr().out.startswith("Seed 2, the story of job-007: ")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"SEED": "2", "JOB": "x"}, "JOB: seed 2 has job-000 to job-299, got 'x'\n"),
        ({"JOB": "job-007"}, "JOB: tells of one seed, so SEED is expected\n"),
    ],
)
def test_a_job_that_is_not_there_is_refused(
    given: dict[str, str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The jobs that there are, or what is missing, is named."""
    assert main(given) == 2
    assert ("", why) == capsys.readouterr()


def test_the_comparison_fits_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """It says what schedules and what columns there are, in 80 columns (U10)."""
    assert main({"SCHEDULES": "1"}) == 0
    output, errors = capsys.readouterr()

    assert output.startswith("1 schedule of 300 jobs, seeds 0 to 0. Ours is this")
    assert [line for line in output.splitlines() if len(line) > 80] == []
    assert errors == ""


def test_a_seed_that_is_no_number_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The variable is named, and what was expected of it."""
    assert main({"SEED": "two"}) == 2
    assert capsys.readouterr().err == "SEED: expected a whole number, got 'two'\n"


def test_no_schedules_at_all_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """There would be nothing to tell."""
    assert main({"SCHEDULES": "0"}) == 2
    expected = "SCHEDULES: expected a whole number from 1, got '0'\n"
    assert capsys.readouterr().err == expected


def test_the_comparison_names_every_question() -> None:
    """Both columns stand side by side, each question and each invariant with a line."""
    sums = summed([check(run(Schedule(1, jobs=30)))])
    lines = list(table(sums, sums))

    assert any(line.startswith("lost: ") and line.endswith(" 0") for line in lines)
    assert all(any(line.startswith(f"I{n}: ") for line in lines) for n in range(1, 9))
