"""The simulation can fail: whoever breaks the product is caught by its checker."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.mutants import MUTANTS, NAMED, OWN, Patch
from simulation.mutation import Caught, copy_of_product, patch, search

Make = Callable[[str], Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return what makes a copy of the product, by a name."""
    return lambda name: copy_of_product(tmp_path / name)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", MUTANTS)
def test_catches_every_mutant_and_finds_nothing_in_its_control(
    name: str, make: Make
) -> None:
    """A mutant shows its problem within 500 seeds, the same seeds of a clean copy none.

    The control takes the same path: a copy, a process, the same jobs and faults.
    """
    mutated, clean = make("mutated"), make("clean")
    patch(mutated, MUTANTS[name].patch)

    caught = search(mutated, name)

    assert isinstance(caught, Caught), f"{name}: 500 seeds show no problem of its kind"
    assert caught.kind == MUTANTS[name].kind
    assert search(clean, name, caught.seed + 1) is None


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
