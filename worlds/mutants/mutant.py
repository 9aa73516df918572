"""What a mutant is; values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mutants.changes import Change


@dataclass(frozen=True)
class Mutant:
    """One change of one module, and who must notice it.

    `tests` are files of quick tests, or single tests that may be slow; without any, no
    unit test has to notice. `kind` is the problem that the simulation's checker must
    find, empty where the whole flow need not show it. `jobs` and `faults` draw the
    schedules that show it soon; what `faults` leaves out is as in the field.
    """

    module: str
    change: Change
    tests: tuple[str, ...] = ()
    kind: str = ""
    jobs: int = 60
    faults: Mapping[str, float] = field(default_factory=dict)


def mutant(
    module: str,
    change: Change,
    tests: str = "",
    kind: str = "",
    jobs: int = 60,
    **faults: float,
) -> Mutant:
    """Make a mutant of `idle_jobs.<module>`; `policy/judge` is its test file there."""
    files = tuple(map(_file, tests.split()))
    return Mutant(f"idle_jobs.{module}", change, files, kind, jobs, faults)


def _file(test: str) -> str:
    folder, slash, name = test.rpartition("/")
    return test if "::" in test else f"{folder}{slash}test_{name}.py"
