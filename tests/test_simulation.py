"""The product's own code under a deterministic simulation with faults everywhere."""

import pytest
from simulation.checker import KNOWN, check
from simulation.many import play_all
from simulation.mutants import MUTANTS, Mutant, hunt
from simulation.rates import Rates
from simulation.schedule import play

pytestmark = pytest.mark.slow

SEEDS = range(1, 101)


@pytest.mark.timeout(300)
def test_a_hundred_schedules_lose_nothing_and_force_nothing_needlessly():
    """No request is lost, no job is closed or forced that should not be."""
    found = [
        (played.seed, finding)
        for played in play_all(SEEDS, 300)
        for finding in played.report.findings
        if finding.kind != KNOWN
    ]

    assert [] == found


def test_one_seed_is_one_history():
    """The same seed gives the same events at the same seconds."""
    one, other = (play(7, 100).history.events for _ in range(2))

    assert one == other


def test_a_schedule_without_faults_has_no_findings_at_all():
    """Each fault can be switched off, and then nothing is even told twice."""
    stack = play(3, 100, Rates().scaled(0))

    report = check(stack.history, stack.rules.max_closes_per_sweep)

    assert ([], 0) == (report.findings, report.figures["duplicated"])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mistake_is_noticed(mutant: Mutant, tmp_path):
    """A mutant of the product shows itself within 500 schedules."""
    code, told = hunt(mutant, tmp_path)

    assert (0, "seed") == (code, told[:4])


@pytest.mark.timeout(600)
def test_the_product_as_it_is_passes_the_hunt(tmp_path):
    """What catches the mutants finds nothing in the product itself."""
    code, told = hunt(None, tmp_path, schedules=100)

    assert (1, "nothing in 100 schedules") == (code, told)
