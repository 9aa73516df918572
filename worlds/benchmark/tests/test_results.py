"""Medians, ratios and growth."""

import pytest

from benchmark.results import Results, ratio, steepest


def test_a_result_is_the_median_of_its_repeats() -> None:
    """One slow repeat does not change it, and what was not measured is None."""
    results = Results()
    for seconds in (3.0, 1.0, 90.0):
        results.add("1.ours", closed=seconds, cpu=2.0)

    assert results.of("1.ours.closed") == 3.0
    assert results.of("1.ours.ended") is None
    assert results.values == {"1.ours.closed": [3, 1, 90], "1.ours.cpu": [2, 2, 2]}


@pytest.mark.parametrize(
    ("value", "other", "times"),
    [(6.0, 3.0, 2.0), (6.0, 0.0, None), (None, 3.0, None), (6.0, None, None)],
)
def test_a_ratio_needs_two_figures(
    value: float | None, other: float | None, times: float | None
) -> None:
    """Nothing is a multiple of nothing."""
    assert ratio(value, other) == times


def test_growth_is_that_of_the_steepest_step() -> None:
    """A cheap beginning does not hide that the end grows faster than the size."""
    assert steepest([10, 100, 1000], [5, 50, 500]) == pytest.approx(1)
    assert steepest([10, 100, 1000], [5, 5, 500]) == pytest.approx(2)
    assert steepest([10], [5]) is None
