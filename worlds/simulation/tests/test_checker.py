"""The check of a simulated schedule as a whole: what it rests on, and tells."""

import ast
import sys
from collections import Counter
from pathlib import Path

import pytest

from simulation.checker import check
from simulation.history import Key
from simulation.tale import Tale

CHECKER = [
    *("alarms", "checker", "findings", "forces", "idle", "indexing", "invocations"),
    *("lives", "owed", "posts", "promises", "repeats", "statements"),
    "truth",
]


@pytest.mark.parametrize(("state", "found"), [("opened", 1), ("closed", 0)])
def test_a_history_must_explain_the_end(state: str, found: int) -> None:
    """Where the events do not lead to the cluster's last state, the check is blind."""
    assert len(Tale().sweep().close().check(a=state).of("history")) == found


@pytest.mark.parametrize("name", CHECKER)
def test_the_check_does_not_know_how_the_product_decides(name: str) -> None:
    """No module of the check imports the product, but for how a span is written."""
    source = Path(__file__).parents[1] / f"{name}.py"
    imports = {
        f"{node.module}.{each.name}"
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
        for each in node.names
    }

    assert {each for each in imports if each.startswith("idle_jobs")} <= {
        "idle_jobs.times.spoken"
    }


def calls_to_check(jobs: int) -> int:
    """Return how many calls it takes to check a schedule of so many jobs."""
    tale, calls = Tale(), Counter[str]()
    for nth in range(jobs):
        key = Key("r", f"j{nth}")
        number = tale.begin(nth, "Closer", "CloseQueue", key)
        tale.post(nth + 1, number, "opened", "closed", key=key)
        for look in range(5):
            tale.deliver(nth + look, number, "CloseQueue", key)
        tale.tell(nth + 2, number, "closed", "requested", key)
    history = tale.history()
    sys.setprofile(lambda _frame, event, _arg: calls.update([event]))
    try:
        check(history)
    finally:
        sys.setprofile(None)
    return calls["call"]


def test_a_longer_schedule_takes_only_so_much_longer() -> None:
    """Three times the events take three times the calls, not nine times."""
    assert 2 < calls_to_check(300) / calls_to_check(100) < 4
