"""Breaks a copy of the product in one place, and lets a process of its own run it.

It must not know what the product does: a mutant is text, and a finding is a kind.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from simulation.checker import check
from simulation.faults import Faults
from simulation.mutants import MUTANTS, Mutant, Patch
from simulation.schedule import Schedule, run
from simulator.topology import Topology

ROOT = Path(__file__).parents[2]
MOST_SEEDS = 500
LONGEST = 300  # Seconds of one process.


@dataclass(frozen=True)
class Caught:
    """The first problem of a kind that a search finds, and the seed that shows it."""

    seed: int
    kind: str
    what: str


def copy_of_product(to: Path) -> Path:
    """Copy what a mutant may patch: the functions and the template."""
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "functions", to / "functions", ignore=skip)
    shutil.copy(ROOT / "template.yaml", to / "template.yaml")
    return to


def patch(copy: Path, change: Patch) -> None:
    """Change one file of a copy; LookupError unless the old text is there once."""
    path = copy / change.path
    text = path.read_text(encoding="utf-8")
    if (found := text.count(change.old)) != 1:
        why = f"{change.path}: expected one match of {change.old!r}, got {found}"
        raise LookupError(why)
    path.write_text(text.replace(change.old, change.new), encoding="utf-8")


def search(copy: Path, seeds: Mapping[str, int]) -> dict[str, Caught | None]:
    """Run a copy over the seeds from 0 up to a mutant's, as that says, in a process.

    Return, of each mutant, the first problem of its kind.
    """
    paths = os.pathsep.join((str(copy / "functions"), str(ROOT / "tests")))
    done = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-m", "simulation.mutation", str(copy), json.dumps(seeds)],
        env=os.environ | {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{', '.join(seeds)}: {done.stderr[-2000:]}")
    found = json.loads(done.stdout)
    return {name: Caught(**one) if one else None for name, one in found.items()}


def first_problem(copy: Path, mutant: Mutant, seeds: int) -> Caught | None:
    """Do it, in the process whose path holds the copy."""
    topology = Topology.load(copy / "template.yaml")
    faults = Faults(**mutant.faults)
    for seed in range(seeds):
        schedule = Schedule(seed, mutant.jobs, faults, topology=topology)
        if problems := check(run(schedule)).kind(mutant.kind):
            return Caught(seed, mutant.kind, problems[0].what)
    return None


def main(copy: str, seeds: str) -> None:
    """Print what is found as JSON, null where nothing is."""
    found = {
        name: first_problem(Path(copy), MUTANTS[name], most)
        for name, most in json.loads(seeds).items()
    }
    print(json.dumps({name: one and asdict(one) for name, one in found.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
