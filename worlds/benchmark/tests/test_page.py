"""The document, made from values by hand."""

import pytest

from benchmark.lines import Goal, Line
from benchmark.measures import LINES
from benchmark.page import figure, page, raw, row, summary
from benchmark.remarks import REMARKS

LINE = Line(
    "jobs are closed",
    "s",
    "1.ours.closed",
    (("a loop", "1.loop.closed"), ("threads", "1.32.closed")),
    (
        Goal(1 / 30, "1.loop.closed", says="≤ 1/30"),
        Goal(0.5, before=True, says="≤ half"),
    ),
)
VALUES = {"1.ours.closed": [8.0, 8.0, 9.0], "1.loop.closed": [200.0]}


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0, "", "0"),
        (32.0, "", "32"),
        (201.49, "s", "201 s"),
        (39055.08, "s", "39,055 s"),
        (20_000, "", "20,000"),
        (12.84, "s", "12.8 s"),
        (4.648, "ms", "4.65 ms"),
        (0.2036, "ms", "0.204 ms"),
        (0.0072, "$", "$0.00720"),
        (-1.5, "MB", "-1.50 MB"),
        (0.0000001, "", "0.00000010"),
    ],
)
def test_a_figure_has_three_digits(value: float, unit: str, text: str) -> None:
    """More would not be measured, and fewer would hide a change."""
    assert figure(value, unit) == text


def test_a_row_has_ours_and_the_peers_in_times_of_it() -> None:
    """The medians, what was before, the targets, and whether each is met."""
    before = {"1.ours.closed": [10.0]}
    told = row(LINE, VALUES, before)

    assert told == (
        "| 1 | jobs are closed | **8 s** | 10 s | a loop 200 s (25 times) "
        f"| ≤ 1/30; ≤ half | no; no: {REMARKS['1.ours.closed']} |"
    )


def test_a_target_is_met() -> None:
    """The first one is of a peer, the second of what was before, if that is known."""
    values = VALUES | {"1.ours.closed": [4.0]}

    assert row(LINE, values, {"1.ours.closed": [10.0]}).endswith("| yes; yes |")
    assert row(LINE, values, {}).endswith("| yes; ? |")


@pytest.mark.parametrize(
    ("peer", "met"), [([1.0], True), ([0.7], False), ([], None)], ids=str
)
def test_a_faster_machine_is_no_better_code(
    peer: list[float], met: bool | None
) -> None:
    """The peer of the same run tells how fast it was; 1 before."""
    goal = Goal(0.5, "1.32.cpu", before=True)
    was = {"1.ours.cpu": [10.0], "1.32.cpu": [1.0]}

    assert met == goal.met(4.0, "1.ours.cpu", {"1.32.cpu": peer} if peer else {}, was)


def test_what_forbids_more_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A measure that misses its target can have a remark."""
    monkeypatch.setitem(REMARKS, "1.ours.closed", "the loop is short")
    was = {"1.ours.closed": [10.0]}

    assert row(LINE, VALUES, was).endswith("| no; no: the loop is short |")
    assert row(LINE, VALUES | {"1.ours.closed": [4.0]}, was).endswith("| yes; yes |")


def test_a_measure_that_failed_is_empty() -> None:
    """Its peers are shown without ratios."""
    told = row(LINE, {"1.loop.closed": [200.0]}, {})

    assert told == "| 1 | jobs are closed |  |  | a loop 200 s | ≤ 1/30; ≤ half |  |"


def test_raw_values_are_all_there() -> None:
    """Each name, its median, extremes and repeats."""
    assert list(raw(VALUES))[2:] == [
        "| 1.loop.closed | 200 | 200 | 200 | 200 |",
        "| 1.ours.closed | 8 | 8 | 9 | 8 8 9 |",
    ]


def test_the_page_says_where_and_how_it_was_measured() -> None:
    """The command, the machine, each measure, and how to read them."""
    text = page({"Machine": "one, 2 CPUs"}, VALUES, {}, "How it is read.", "make it")

    assert "in one run of `make it`" in text
    assert "| Machine | one, 2 CPUs |" in text
    assert "How it is read." in text
    assert all(f" | {line.what} | " in text for line in LINES)


def test_the_sentence_of_the_readme_needs_its_figures() -> None:
    """It is written from the medians, and not at all where one is missing."""
    known = VALUES | {
        "3.ours.seconds": [410.4],
        "3.ten.seconds": [10631.0],
        "4.ours.month": [5.9],
    }
    told = summary(known)

    assert told.startswith("1,000 jobs of 200 ms are closed in 8 s, where a loop takes")
    assert "410 s of Lambda" in told
    assert "$5.90" in told
    with pytest.raises(LookupError, match=r"4\.ours\.month"):
        summary({**known, "4.ours.month": []})
