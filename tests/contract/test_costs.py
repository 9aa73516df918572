"""docs/costs.md says what the template costs, by the prices that it names."""

from typing import Any

from costs import HOURS, PAGE, PRICES, idle_month, page
from local.intrinsics import load_template
from local.topology import TEMPLATE
from local.translation import translate

RESOURCES: dict[str, Any] = translate(load_template(TEMPLATE), {})["Resources"]


def test_the_page_is_what_is_computed() -> None:
    """Whoever changes the template, or a price, writes the page anew (`make costs`)."""
    assert page() == PAGE.read_text(encoding="utf-8")


def test_a_stack_by_hand() -> None:
    """Two alarms, one of them of three metrics, a dashboard and a mapping."""
    three: list[dict[str, Any]] = [{"MetricStat": {}} for _ in range(3)]
    alarms: dict[str, Any] = {
        "One": {"Type": "AWS::CloudWatch::Alarm", "Properties": {}},
        "Three": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {"Metrics": [{"Expression": "SUM(METRICS())"}, *three]},
        },
    }
    others: dict[str, Any] = {
        "Board": {"Type": "AWS::CloudWatch::Dashboard"},
        "Mapping": {"Type": "AWS::Lambda::EventSourceMapping"},
        "Sweeper": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"MemorySize": 1024},
        },
    }
    told = {item.what: round(item.dollars, 2) for item in idle_month(alarms | others)}

    assert told["dashboard"] == 3.00
    assert "Dashboard" in RESOURCES
    assert {i.what: i.dollars for i in idle_month(RESOURCES)}["dashboard"] == 0
    assert told["alarms, by metric"] == 0.40
    assert told["receives from empty queues"] == 0.26  # 657,000 at 0.40 a million
    assert told["sweeps"] == round(HOURS * 3 * PRICES["lambda_gb_second"], 2) == 0.03


def test_each_mapping_and_alarm_of_the_template_counts() -> None:
    """Three mappings, and all alarms."""
    told = {item.what: item.how_much for item in idle_month(RESOURCES)}
    alarms = [r for r in RESOURCES.values() if r["Type"] == "AWS::CloudWatch::Alarm"]

    assert told["receives from empty queues"].endswith("by 3 mappings")
    assert int(told["alarms, by metric"]) >= len(alarms)
