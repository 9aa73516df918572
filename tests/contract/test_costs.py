"""docs/costs.md says what the template costs, by the prices that it names."""

from typing import Any

import pytest

from costs import (
    ALARM,
    BUYS,
    HOURS,
    MAPPING,
    PAGE,
    PRICES,
    chosen,
    idle_month,
    metrics_of,
    page,
)
from local.intrinsics import load_template
from local.topology import TEMPLATE
from local.translation import translate

RESOURCES: dict[str, Any] = translate(load_template(TEMPLATE), {})["Resources"]


def of(kind: str) -> dict[str, Any]:
    """Return the resources of a type."""
    return {name: each for name, each in RESOURCES.items() if each["Type"] == kind}


def test_the_page_is_what_is_computed() -> None:
    """Whoever changes the template, or a price, writes the page anew (`make costs`)."""
    assert page() == PAGE.read_text(encoding="utf-8")


def test_a_stack_by_hand() -> None:
    """Two alarms, one of them of three metrics, and a mapping."""
    three: list[dict[str, Any]] = [{"MetricStat": {}} for _ in range(3)]
    resources: dict[str, Any] = {
        "WorkFailed": {"Type": ALARM, "Properties": {}},
        "QueueOld": {
            "Type": ALARM,
            "Properties": {"Metrics": [{"Expression": "SUM(METRICS())"}, *three]},
        },
        "SweeperRequests": {"Type": MAPPING},
        "Sweeper": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"MemorySize": 1024},
        },
    }
    told = {item.what: round(item.dollars, 2) for item in idle_month(resources)}

    assert told["alarm `WorkFailed`"] == 0.10
    assert told["alarm `QueueOld`"] == 0.30
    assert told["mapping `SweeperRequests`"] == 0.26  # 657,000 at 0.40 a million
    assert told["sweeps"] == round(HOURS * 3 * PRICES["lambda_gb_second"], 2) == 0.03


def test_an_idle_month_costs_two_dollars_at_most() -> None:
    """With the default parameters; a new alarm or mapping has to earn its place."""
    assert sum(item.dollars for item in idle_month(RESOURCES)) <= 2.00
    assert sum(map(metrics_of, of(ALARM).values())) == 11
    assert len(of(MAPPING)) == 3


def test_each_part_says_what_it_buys() -> None:
    """Each alarm and mapping of the template, and no other, beside what is computed."""
    items = [*idle_month(RESOURCES), *chosen()]

    assert {*of(ALARM), *of(MAPPING)} <= BUYS.keys()
    assert [item.buys for item in items if item.buys not in BUYS.values()] == []
    assert len(items) == len(BUYS)


@pytest.mark.parametrize(
    ("what", "dollars"),
    [("secret", 0.40), ("dashboard", 3.90), ("interface endpoints", 48.18)],
)
def test_what_an_operator_chooses_is_no_part_of_the_sum(
    what: str, dollars: float
) -> None:
    """The default is sigv4 without a secret, no dashboard, and no VPC."""
    [item] = [item for item in chosen() if item.what == what]

    assert round(item.dollars, 2) == dollars
    assert what not in {item.what for item in idle_month(RESOURCES)}
