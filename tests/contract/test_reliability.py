"""docs/reliability.md: every fault has its tests, and every number is the product's."""

import re
from datetime import timedelta
from functools import cache, reduce
from importlib import import_module
from operator import getitem

import pytest

from idle_jobs.messages.outcome import Ended
from idle_jobs.times import duration, spoken
from local.intrinsics import load_template
from local.topology import TEMPLATE, Queue, Topology
from markdown import code, headings, table
from reliability.marks import Mark, scan
from reliability.matrix import ROWS, Row
from reliability.page import DRILLS, PAGE, PASSED, result_of, shown_by
from reliability.ways import way_of
from simulation.findings import INVARIANTS
from simulation.repeats import RANK
from simulation.report import QUESTIONS, named

TEXT = PAGE.read_text(encoding="utf-8")
SOURCE = load_template(TEMPLATE)
AGAIN = "run make reliability"


@cache
def marks() -> list[Mark]:
    """Return every row's mark in the tests, as they are now."""
    return scan()


def test_every_row_is_accounted_for() -> None:
    """The matrix has 58 rows, each with a fault, an end, and where that is shown."""
    assert [*range(1, 59)] == [row.number for row in ROWS]
    for row in ROWS:
        assert row.fault.endswith("."), row
        assert row.ends.endswith("."), row
        assert row.where, row
        assert row.where <= set("SHTL"), row


def test_every_row_has_a_test_or_a_drill() -> None:
    """A row of S, H or T has a test that is named after it, one of L has a drill."""
    shown = {
        mark.row for mark in marks() if mark.test.startswith(f"test_row_{mark.row:02}_")
    }
    drills = headings(DRILLS.read_text(encoding="utf-8"), "##")
    drilled = {int(h.split()[1].rstrip(":")) for h in drills if h.startswith("Row ")}

    assert [] == [r.number for r in ROWS if r.is_tested and r.number not in shown]
    assert {row.number for row in ROWS if row.is_drilled} == drilled


@pytest.mark.parametrize(
    "row", [row for row in ROWS if len(row.where - {"L"}) > 1], ids=lambda r: r.number
)
def test_a_row_of_two_ways_is_shown_in_each(row: Row) -> None:
    """A schedule shows what a stack over HTTP does not, and the other way round."""
    ways = {way_of(mark) for mark in marks() if mark.row == row.number}

    assert row.where - {"L"} <= ways


def test_a_test_named_after_a_row_has_its_mark() -> None:
    """Who reads a name finds the row in the table, and no mark is of a row unknown."""
    marked = {(mark.path, mark.test, mark.row) for mark in marks()}
    for path, test, _ in marked:
        if told := re.match(r"test_row_(\d\d)_", test):
            assert (path, test, int(told[1])) in marked, test

    assert {row for *_, row in marked} <= {row.number for row in ROWS}


def test_the_page_has_the_matrix() -> None:
    """Each row stands there as the matrix has it, in its order."""
    told = [(r["#"], r["Fault"], r["What it ends in"]) for r in table(TEXT, "#")]

    assert [(str(row.number), row.fault, row.ends) for row in ROWS] == told, AGAIN


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_the_page_has_the_tests_of_a_row(row: Row) -> None:
    """The links are what the tests of today say, so none is renamed or lost unseen."""
    told = table(TEXT, "#")[row.number - 1]

    assert shown_by(row, marks()) == told["Shown by"], AGAIN
    assert result_of(row, PASSED) == told["Result"], AGAIN


def test_the_figures_show_nothing_wrong_with_ours() -> None:
    """A thousand schedules at least: none loses, forces needlessly or closes alive."""
    count, shown = re.findall(r"\n([\d,]+) schedules of .*\n\n```text\n([^`]+)", TEXT)[
        0
    ]
    _, *lines = (re.split(" {2,}", line.strip()) for line in shown.splitlines())
    told = {name: ours for name, ours, _ in lines}
    asked = [*QUESTIONS, *map(named, INVARIANTS)]

    assert 1_000 <= int(count.replace(",", "")), AGAIN
    assert dict.fromkeys(asked, "0") == {name: told[name] for name in asked}


def seconds_of(setting: str) -> timedelta:
    """Return what a cell `module.NAME`, `Resource.Property` or `Parameter` holds."""
    owner, _, name = setting.rpartition(".")
    resource, *properties = setting.split(".")
    if not owner:
        return duration(SOURCE["Parameters"][name]["Default"])
    if resource in SOURCE["Resources"]:
        held = SOURCE["Resources"][resource]["Properties"]
        return timedelta(seconds=reduce(getitem, properties, held))
    value = getattr(import_module(f"idle_jobs.{owner}"), name)
    return value if isinstance(value, timedelta) else timedelta(seconds=value)


@pytest.mark.parametrize("limit", table(TEXT, "Limit"), ids=lambda row: row["Set by"])
def test_a_limit_is_what_the_product_keeps(limit: dict[str, str]) -> None:
    """How late an outcome may be is read from the code and the template."""
    (setting,) = code(limit["Set by"])

    assert spoken(seconds_of(setting)) == limit["Value"]


@pytest.mark.parametrize("queue", Topology.load().queues.values(), ids=lambda q: q.name)
def test_a_queue_keeps_messages_as_told(queue: Queue) -> None:
    """Days and receives are the template's."""
    told = {code(row["Queue"])[0]: [*row.values()][1:] for row in table(TEXT, "Queue")}
    receives = str(queue.max_receive_count or "")

    assert [spoken(timedelta(seconds=queue.retention)), receives] == told[queue.name]


def test_outcomes_are_deduplicated_by_the_checkers_rank() -> None:
    """A sentence lists the ends in the rank by which the figures were counted."""
    assert [*RANK] in map(code, re.split(r"[.:;]\s", TEXT))
    assert set(Ended) == set(RANK)
