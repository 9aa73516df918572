"""Writes docs/costs.md: what a stack costs in a month in which it closes nothing.

What is counted comes from the template, and each price from the dated prices.json. What
is neither is an assumption, and stands in the page.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.intrinsics import load_template
from local.topology import TEMPLATE
from local.translation import translate

PAGE = Path(__file__).parents[1] / "docs" / "costs.md"
PRICES: dict[str, Any] = json.loads(
    Path(__file__).with_name("prices.json").read_text(encoding="utf-8")
)
HOURS = 730  # in a month
# Lambda keeps five receives of 20 seconds open for each mapping of a queue.
RECEIVES = 5 * 3 * 60 * HOURS
SWEEP_SECONDS = 3
OPEN_JOBS = 100
LINE = 400  # bytes of log for an open job in a sweep
OF_A_SWEEP = ("SweepFinished",)
OF_A_DASHBOARD = ("MemoryOpen", "MemoryIdle", "MemorySaved")
ENDPOINTS = ("sqs", "ssm", "secretsmanager")
ZONES = 2


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the bill: what, how much of it, and what that costs in dollars."""

    what: str
    how_much: str
    dollars: float


def idle_month(resources: dict[str, Any]) -> Iterator[Item]:
    """Yield what a stack costs that closes nothing, outside a VPC."""
    kinds = [r["Type"] for r in resources.values() if "Condition" not in r]
    alarms = [r for r in resources.values() if r["Type"] == "AWS::CloudWatch::Alarm"]
    metrics = sum(map(_metrics_of, alarms))
    yield _item(
        "dashboard", kinds.count("AWS::CloudWatch::Dashboard"), "dashboard_month"
    )
    yield _item("alarms, by metric", metrics, "alarm_metric_month")
    mappings = kinds.count("AWS::Lambda::EventSourceMapping")
    polls = mappings * RECEIVES / 1e6
    price = PRICES["sqs_million_requests"]
    told = f"{polls:.2f} million by {mappings} mappings"
    yield Item("receives from empty queues", told, polls * price)
    calls = HOURS / 10_000 * PRICES["secret_10000_calls"]
    told = f"1, read in each of {HOURS} sweeps"
    yield Item("secret", told, PRICES["secret_month"] + calls)
    yield _item("metrics of each sweep", len(OF_A_SWEEP), "custom_metric_month")
    memory = resources["Sweeper"]["Properties"]["MemorySize"] / 1024
    work = HOURS * SWEEP_SECONDS * memory * PRICES["lambda_gb_second"]
    asked = HOURS / 1e6 * PRICES["lambda_million_requests"]
    yield Item("sweeps", f"{HOURS} of {SWEEP_SECONDS} s", work + asked)
    logged = HOURS * OPEN_JOBS * LINE / 1024**3
    told = f"{logged * 1024:.0f} MB for {OPEN_JOBS} open jobs"
    yield Item("logs", told, logged * PRICES["log_gb_ingested"])


def closed_network() -> Item:
    """Return what the endpoints of a VPC without a way out cost."""
    hours = len(ENDPOINTS) * ZONES * HOURS
    told = f"{', '.join(ENDPOINTS)} in {ZONES} zones"
    return Item(
        "interface endpoints, in a closed VPC",
        told,
        hours * PRICES["interface_endpoint_hour"],
    )


def _metrics_of(alarm: dict[str, Any]) -> int:
    """Return the metrics that an alarm reads: each is charged, an expression is not."""
    listed = alarm["Properties"].get("Metrics", [])
    return sum("MetricStat" in each for each in listed) or 1


def _item(what: str, count: int, price: str) -> Item:
    return Item(what, str(count), count * PRICES[price])


def _row(item: Item) -> str:
    return f"| {item.what} | {item.how_much} | {item.dollars:.2f} |"


def page() -> str:
    """Return the page."""
    items = list(idle_month(translate(load_template(TEMPLATE), {})["Resources"]))
    total, endpoints = sum(item.dollars for item in items), closed_network()
    in_all = (
        f"A stack that closes nothing costs **${total:.2f} a month**, and "
        f"${total + endpoints.dollars:.2f} in a VPC without a way out. Prices are "
        f"those of {PRICES['as_of']} ({PRICES['region']}): check them before you rely "
        "on them."
    )
    assumed = (
        f"Assumed: a sweep every hour that takes {SWEEP_SECONDS} seconds, {OPEN_JOBS} "
        f"open jobs with {LINE} bytes of log for each in a sweep, and five receives of "
        "20 seconds at a time for each queue, as Lambda does. The endpoints are often "
        "there already: they are shared by all that is in the VPC. An account's first "
        "dashboards, alarms and requests of a month are free and not deducted."
    )
    lines = [
        *("# What a stack costs", ""),
        "<!-- Written by `make costs` from template.yaml and tests/prices.json. -->",
        *("", in_all, ""),
        *("| What | How much | Dollars a month |", "|---|---|---|"),
        *map(_row, items),
        f"| **all of it** |  | **{total:.2f}** |",
        _row(endpoints),
        *("", assumed, ""),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
