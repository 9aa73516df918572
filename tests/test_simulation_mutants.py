"""The simulation can fail: whoever breaks the product is caught by its checker."""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from simulation.mutants import MUTANTS, NAMED, OWN, Patch
from simulation.mutation import Caught, copy_of_product, patch, search

Make = Callable[[str], Path]
Found = tuple[Caught | None, Caught | None]
Searches = Mapping[str, Future[Found]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return what makes a copy of the product, by a name."""
    return lambda name: copy_of_product(tmp_path / name)


@pytest.fixture(scope="module")
def searches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searches]:
    """Begin all searches, as many at a time as there are cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {
            name: pool.submit(_search, name, tmp_path_factory.mktemp("copies"))
            for name in MUTANTS
        }


def _search(name: str, folder: Path) -> Found:
    """Search a mutant and then, over the same seeds, a clean copy: its control."""
    mutated = copy_of_product(folder / "mutated")
    patch(mutated, MUTANTS[name].patch)
    if (caught := search(mutated, name)) is None:
        return None, None
    return caught, search(copy_of_product(folder / "clean"), name, caught.seed + 1)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", MUTANTS)
def test_catches_every_mutant_and_finds_nothing_in_its_control(
    name: str, searches: Searches
) -> None:
    """A mutant shows its problem within 500 seeds, the same seeds of a clean copy none.

    The control takes the same path: a copy, a process, the same jobs and faults.
    """
    caught, control = searches[name].result()

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
