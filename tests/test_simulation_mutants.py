"""The simulation can fail: whoever breaks the product is caught by its checker."""

import os
from collections import ChainMap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from simulation.mutants import MUTANTS, NAMED, OWN, Patch
from simulation.mutation import (
    MOST_SEEDS,
    Caught,
    copy_of_product,
    patch,
    search,
)

Make = Callable[[str], Path]
Found = tuple[Caught | None, Caught | None]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return what makes a copy of the product, by a name."""
    return lambda name: copy_of_product(tmp_path / name)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Found]:
    """Search all mutants, and over the same seeds a clean copy: their controls.

    As many at a time as there are cores; the controls share a process for each.
    """
    folder, cores = tmp_path_factory.mktemp("copies"), os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        caught = pool.map(partial(_caught, folder), MUTANTS)
        found = dict(zip(MUTANTS, caught, strict=True))
        seeds = [(name, one.seed + 1) for name, one in found.items() if one]
        shares = [dict(seeds[nth::cores]) for nth in range(cores)]
        clean = copy_of_product(folder / "clean")
        controls = ChainMap(*pool.map(partial(search, clean), shares))
    return {name: (one, controls.get(name)) for name, one in found.items()}


def _caught(folder: Path, name: str) -> Caught | None:
    """Search a mutant, in a copy and a process of its own."""
    mutated = copy_of_product(folder / name.replace(" ", "-"))
    patch(mutated, MUTANTS[name].patch)
    return search(mutated, {name: MOST_SEEDS})[name]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", MUTANTS)
def test_catches_every_mutant_and_finds_nothing_in_its_control(
    name: str, found: dict[str, Found]
) -> None:
    """A mutant shows its problem within 500 seeds, the same seeds of a clean copy none.

    The control takes the same path: a copy, a process, the same jobs and faults.
    """
    caught, control = found[name]

    assert isinstance(caught, Caught), f"{name}: 500 seeds show no problem of its kind"
    assert (MUTANTS[name].kind, None) == (caught.kind, control)


def test_has_the_mutants_that_the_issue_names_and_five_more() -> None:
    """Eleven mutants are named by the issue, at least five are of our own choosing."""
    assert len(NAMED) == 11
    assert len(OWN) >= 5


@pytest.mark.parametrize("old", ["no such line", "import"])
def test_a_patch_that_does_not_match_once_is_an_error(old: str, make: Make) -> None:
    """A text that is not there, or is there twice, says so and changes nothing."""
    copy, path = make("copy"), "functions/idle_jobs/steps.py"
    before = (copy / path).read_text(encoding="utf-8")

    with pytest.raises(LookupError, match=r"steps\.py: expected one match of"):
        patch(copy, Patch(path, old, "x"))

    assert (copy / path).read_text(encoding="utf-8") == before
