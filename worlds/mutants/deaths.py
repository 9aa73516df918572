"""Two ways for a mutant to die: by a unit test, or by the simulation's checker.

Each function runs in a process of its own, since it breaks the product there.
"""

import os
import signal
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from io import StringIO
from pathlib import Path
from time import monotonic
from typing import Any, NoReturn

import pytest

from mutants.breaking import break_product
from mutants.changes import Receives
from mutants.mutant import Mutant
from mutants.table import MUTANTS

TESTS = Path(__file__).parents[2] / "tests"
MOST_SEEDS = 500
LONGEST = (
    120  # Seconds of CPU time for one search, so that a busy machine finds as much.
)


@dataclass(frozen=True)
class Death:
    """What noticed a mutant, empty if nothing did, and after how many seconds.

    `seed` is that of the schedule, -1 for a unit test. `trouble` is why there is no
    answer: a change that finds no place, or tests that cannot run.
    """

    by: str
    seconds: float
    seed: int = -1
    trouble: str = ""


def by_units(name: str) -> Death:
    """Run the unit tests of a mutant up to the first that fails."""
    begun, mutant = monotonic(), MUTANTS[name]
    break_product(mutant)
    os.chdir(TESTS.parent)
    first, said = _FirstFailure(), StringIO()
    named = any("::" in test for test in mutant.tests)
    marks = "not e2e" if named else "not slow and not e2e"
    quiet = [
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "--capture=sys",
        "-m",
        marks,
    ]
    # What was imported before this process was forked was not rewritten: no matter.
    quiet += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    files = (str(TESTS / test) for test in mutant.tests)
    with redirect_stdout(said):
        code = pytest.main([*quiet, *files], plugins=[first])
    if code not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        raise RuntimeError(f"{name}: pytest says {code!r}\n{said.getvalue()[-2000:]}")
    return Death(first.test, monotonic() - begun)


def by_seeds(name: str, seeds: int = MOST_SEEDS) -> Death:
    """Run a mutant's schedules up to the first that shows the problem of its kind."""
    mutant = MUTANTS[name]
    if isinstance(mutant.change, Receives):
        return search(mutant, seeds, mutant.change)
    break_product(mutant)
    return search(mutant, seeds)


def control(name: str, seeds: int) -> Death:
    """Run the schedules of a mutant with the product as it is."""
    return search(MUTANTS[name], seeds)


def search(mutant: Mutant, seeds: int, queues: Receives | None = None) -> Death:
    """Return the first problem of the mutant's kind."""
    topology = import_module("simulation.stories").topology()
    if queues:
        topology = replace(topology, queues=queues.of(topology.queues))
    schedule: Any = import_module("simulation.schedule")
    check = import_module("simulation.checker").check
    faults = import_module("simulation.faults").Faults(**mutant.faults)
    import_module("simulation.seeds").begin()
    signal.signal(signal.SIGPROF, _too_long)
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    of = partial(schedule.Schedule, jobs=mutant.jobs, faults=faults, topology=topology)
    begun = monotonic()
    try:
        for seed in range(seeds):
            run = schedule.run(of(seed))
            if problems := check(run).kind(mutant.kind):
                took = monotonic() - begun
                return Death(f"{mutant.kind}: {problems[0].what}", took, seed)
    except _TooLong:
        pass
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return Death("", monotonic() - begun)


class _TooLong(BaseException):
    """A search's time is over; nothing of the product catches it by accident."""


def _too_long(*_: object) -> NoReturn:
    raise _TooLong


@dataclass
class _FirstFailure:
    """Notes the first test that fails."""

    test: str = field(default="")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hear how a test went."""
        if report.failed and not self.test:
            self.test = report.nodeid.removeprefix("tests/")
