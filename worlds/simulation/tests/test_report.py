"""What the sums over many schedules count, and of what their shares are."""

import re
from collections import Counter

from builders import NOW
from simulation.findings import INVARIANTS, Findings, Problem
from simulation.history import Key
from simulation.report import summed, table

TOLD, AGAIN, LOST = (Key("r", job) for job in ("told", "again", "lost"))


def findings(*lost: Key) -> Findings:
    """Return what one schedule shows: two outcomes, and these requests lost."""
    return Findings(
        seed=7,
        ok=frozenset({TOLD}),
        duplicated=frozenset({AGAIN}),
        problems=tuple(Problem(NOW, "I1", "lost", key, "is lost") for key in lost),
        counts=Counter(closed=1, skipped=1),
    )


def shown(*lost: Key) -> dict[str, str]:
    """Return the lines of a table with one column, by their names."""
    lines = [*table(summed([findings(*lost)]))][1:]
    return {re.split("[,:]", line[:46])[0].strip(): line[46:].strip() for line in lines}


def test_a_lost_request_is_one_of_the_requests() -> None:
    """It has no outcome, and is counted all the same: shares are of all requests."""
    assert ("2", "0") == (shown()["requests for a job"], shown()["lost"])
    assert "3" == shown(LOST)["requests for a job"]
    assert "1 (33.33%)" == shown(LOST)["lost"]


def test_a_request_is_counted_once() -> None:
    """One that has an outcome and is lost once more is one request."""
    assert "2" == shown(AGAIN)["requests for a job"]
    assert "1 (50.00%)" == shown(AGAIN)["lost"]


def test_each_row_says_in_words_what_it_counts() -> None:
    """Nobody has to know our letters, and the table fits 80 columns (U10)."""
    lines = [*table(summed([findings(LOST)]), summed([findings()]))]
    named = {line.split(":")[0]: line[46:].split() for line in lines if ":" in line}

    assert {80} == {len(line) for line in lines}
    assert [line for line in lines if line[46:62].strip() and line[45] != " "] == []
    assert "lost: requests that never got an outcome  " in "\n".join(lines)
    assert ["1", "0"] == named["I1"]
    assert INVARIANTS.keys() <= named.keys()
