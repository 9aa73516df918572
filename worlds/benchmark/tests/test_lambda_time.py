"""The virtual time of row 3, and the dollars of row 4."""

import asyncio
from datetime import timedelta

import pytest

from benchmark.dollars import dollars, lambda_dollars, our_dollars, transitions
from benchmark.lambda_time import (
    MEAN,
    MEDIAN,
    Meter,
    drawn,
    lambda_seconds,
    lambda_time,
    simulate,
)
from benchmark.results import Results
from benchmark.sizes import TINY


def test_the_closes_are_those_that_the_page_names() -> None:
    """A median of 30 s and a mean of 40 s, the same in each run."""
    takes = sorted(drawn(20_000))

    assert takes[10_000].total_seconds() == pytest.approx(
        MEDIAN.total_seconds(), rel=0.03
    )
    assert sum(takes, timedelta()) / 20_000 == pytest.approx(MEAN, rel=0.03)
    assert drawn(3) == drawn(4)[:3]


@pytest.mark.slow
def test_the_product_closes_in_virtual_time() -> None:
    """Ten jobs; each has one outcome and one item, and the log has what was said."""
    meter = Meter()
    stack = simulate([timedelta(seconds=5)] * 10, meter)
    spent = lambda_seconds(stack)

    assert {"Closer"} == {name for name, _ in spent}
    assert 0 < sum(seconds for _, seconds in spent) < 60
    assert meter.calls["put_item"] == 10
    assert meter.log.getvalue().count('"outcome"') == 10
    assert '"record_broken"' not in meter.log.getvalue()
    assert '"JobsClosed"' in meter.log.getvalue()


@pytest.mark.slow
def test_both_rows_are_of_a_thousand_closes() -> None:
    """However few are simulated; a handler with one each waits for all of them."""
    results = Results()
    asyncio.run(lambda_time(TINY, results))
    asyncio.run(dollars(TINY, results))
    total = sum(each.total_seconds() for each in drawn(TINY.simulated))

    assert results.of("3.each.seconds") == pytest.approx(1000 / TINY.simulated * total)
    assert results.of("3.each.invocations") == 1000
    assert results.of("3.ten.invocations") == 100
    assert all(results.of(f"4.{who}.dollars") for who in ("ours", "ten", "each"))


def test_dollars_by_hand() -> None:
    """1,000 s with half a GB, 2 million requests, and each other part."""
    assert lambda_dollars(500, 2e6) == pytest.approx(0.0066667 + 0.40)
    counted = {"gb_seconds": 0, "invocations": 0, "sqs": 1e6, "writes": 1e6, "log": 1e6}

    assert our_dollars(counted) == {
        "dollars": 0.40 + 0.705 + 0.57,
        "lambda": 0,
        "sqs": 0.40,
        "ledger": 0.705,
        "log": 0.57,
    }


@pytest.mark.parametrize(("seconds", "entered"), [(1, 4), (30, 4), (31, 7)])
def test_a_workflow_looks_every_half_minute(seconds: float, entered: int) -> None:
    """One state to post, and three for each look."""
    assert transitions(seconds) == entered
