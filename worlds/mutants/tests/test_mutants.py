"""The mutants: each finds its place, whatever the local variables are called."""

import ast
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from mutants.__main__ import PARTS, Fate, chosen, fates, in_part, main, share
from mutants.breaking import changed
from mutants.changes import (
    Argument,
    Change,
    Compares,
    Constant,
    NoBranch,
    NoCondition,
    NoStep,
    Receives,
    Swapped,
    Without,
    Wrong,
)
from mutants.deaths import TESTS, Death
from mutants.mutant import Mutant
from mutants.table import MUTANTS
from simulation.stories import topology

TODAY = datetime(2026, 3, 2, tzinfo=UTC)
CODE = """
LIMIT = 3
RULES = (one, two)

class Look:
    def take(self, job):
        note = self.read(job, fresh=True)
        if job.state is State.CLOSED and job.finished:
            return note
        self.park(job)
        self.tell(job, after=LIMIT)
"""


class Renamed(ast.NodeTransformer):
    """Gives every local variable of every function another name."""

    def __init__(self) -> None:
        self.names: frozenset[str] = frozenset()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Rename what a function assigns; its arguments are known to its callers."""
        outer = self.names
        assigned = {
            each.id
            for each in ast.walk(node)
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
        }
        self.names |= assigned
        self.generic_visit(node)
        self.names = outer
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Rename a local variable."""
        if node.id in self.names:
            node.id = f"local_{node.id}"
        return node


def source(mutant: Mutant) -> str:
    """Return the source of the module that a mutant changes."""
    path = TESTS.parent / "functions" / f"{mutant.module.replace('.', '/')}.py"
    return path.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_every_mutant_finds_its_place(name: str) -> None:
    """A mutant changes its module, also where all local variables are renamed."""
    mutant = MUTANTS[name]
    if isinstance(mutant.change, Receives):
        assert mutant.change.of(topology().queues) != topology().queues
        return
    was = source(mutant)
    renamed = ast.unparse(Renamed().visit(ast.parse(was)))

    for text in (was, renamed):
        same = ast.dump(ast.parse(text)) == ast.dump(changed(text, mutant))
        assert same == isinstance(mutant.change, Wrong)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (Constant("LIMIT", "4"), "LIMIT = 4"),
        (Without("RULES", "one"), "RULES = (two,)"),
        (NoCondition("Look.take", "finished"), "state is State.CLOSED and job.state"),
        (Compares("Look.take", "CLOSED", "is not"), "job.state is not State.CLOSED"),
        (Argument("Look.take", "read", "fresh", "False"), "fresh=False"),
        (Argument("Look.take", "read", "fresh", None), "self.read(job)"),
        (NoBranch("Look.take", "CLOSED"), "fresh=True)\n        pass\n"),
        (NoStep("Look.take", "park"), "pass\n        self.tell"),
        (Swapped("Look.take", "park", "tell"), "LIMIT)\n        self.park(job)"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_each_change_changes_what_it_says(change: Change, line: str) -> None:
    """The place is found by what is named there, and nothing else is changed."""
    assert line in ast.unparse(changed(CODE, Mutant("m", change)))


@pytest.mark.parametrize(
    "change",
    [
        Constant("MOST", "4"),
        Without("RULES", "three"),
        NoBranch("Look.take", "OPENED"),
        NoBranch("Look.give", "CLOSED"),
        NoCondition("Look.take", "job"),
        Argument("Look.take", "read", "stale", "True"),
        NoStep("Look.take", "job"),
        Swapped("Look.take", "tell", "park"),
        Wrong("Look.give", print),
    ],
    ids=repr,
)
def test_a_change_without_one_place_is_an_error(change: Change) -> None:
    """What is not there, or is there twice, says so."""
    with pytest.raises(LookupError, match="expected"):
        changed(CODE, Mutant("m", change))


def test_there_are_sixty_mutants_and_somebody_looks_for_each() -> None:
    """Unit tests or schedules have to notice each, and the files are there."""
    assert len(MUTANTS) >= 60
    for name, mutant in MUTANTS.items():
        assert mutant.tests or mutant.kind, name
        assert all((TESTS / test.partition("::")[0]).exists() for test in mutant.tests)


def test_a_week_sees_every_mutant() -> None:
    """The parts are told by the day, have no mutant in common, and miss none."""
    parts = [share("today", TODAY.replace(day=day)) for day in range(2, 9)]
    due = [set(in_part(*part, [*MUTANTS])) for part in parts]

    assert {(n + 1, PARTS) for n in range(PARTS)} == set(parts)
    assert MUTANTS.keys() == set().union(*due)
    assert all(not one & other for one, other in pairwise(due))


@pytest.mark.parametrize("environ", [{"SHARE": "8/7"}, {"MUTANT": "no such"}])
def test_a_question_without_sense_is_refused(
    environ: Mapping[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The variable is named, and what was expected of it."""
    assert main(environ, TODAY) == 2
    assert capsys.readouterr().err.startswith(next(iter(environ)))


def test_a_mutant_lives_until_all_have_noticed_it() -> None:
    """It is dead where each way that is asked shows it, and the product itself not."""
    dead, lives = Death("test_x", 1), Death("", 1)

    assert Fate(dead, None, None).why_alive == ""
    assert Fate(dead, dead, lives).why_alive == ""
    assert Fate(lives, dead, lives).why_alive == "no unit test fails"
    assert Fate(dead, lives, None).why_alive == "no schedule shows it"
    assert Fate(None, dead, dead).why_alive == "so does the product"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_mutant_dies_twice_and_leaves_the_product_alone() -> None:
    """A unit test fails, a schedule shows it, and the same schedules show no other."""
    names = chosen("the closers ignore protection")
    (name, fate), (again, _) = fates(names * 2)

    assert name == again == names[0]
    assert fate.why_alive == ""
    assert fate.units
    assert fate.units.by.startswith("steps/test_next_step.py::")
    assert fate.seeds
    assert fate.seeds.by.startswith("live_closed: ")
