"""Writes docs/costs.md: what a stack costs in a month in which it closes nothing.

What is counted comes from the template, and each price from the dated prices.json. What
is neither is an assumption, and stands in the page.
"""

import json
from collections.abc import Iterator, Mapping
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
OF_A_DASHBOARD = ("MemoryOpen", "MemoryIdle", "MemorySaved")
ENDPOINTS = ("sqs", "ssm", "secretsmanager")
ZONES = 2
ALARM, MAPPING = "AWS::CloudWatch::Alarm", "AWS::Lambda::EventSourceMapping"

# What each part is for. Whoever adds a mapping or an alarm says it here.
BUYS: Mapping[str, str] = {
    "SweeperRequests": "a request of a person is answered within seconds",
    "CloserCloseMessages": (
        "a close begins within seconds, and a job that is still closing is looked at "
        "again"
    ),
    "ForceCloserForceMessages": (
        "a close that hangs or fails is finished by another function, whose tries are "
        "slow, so that the others do not wait for it"
    ),
    "WorkFailed": (
        "the cluster refuses the functions, the mode cannot be read, or there is a bug"
    ),
    "SweepMissing": (
        "the schedule is disabled, the cluster is away, a setting is wrong, or sweeps "
        "crash; AWS tells the metric without a charge"
    ),
    "SweepHalted": "many jobs became idle together: the ingest may be broken",
    "JobsStuck": "jobs do not finish opening, or cannot be closed",
    "QueueOld": (
        "a mapping is disabled, or a function crashes; one metric for each queue, "
        "which AWS tells without a charge"
    ),
    "ManyForces": "force has become the rule, and models lose what they learned",
    "WorkOverdue": "a pause was forgotten, or a message never ends",
    "ParkingQueueNotEmpty": "a request waits for a person",
    "ParkedForLong": "it is about to be lost, and the alarm before it was overlooked",
    "sweeps": "idle jobs are found within an hour",
    "logs": "the reason why each job was kept or closed",
    "secret": "the credential, with `AuthMode` `api_key` or `basic`, or `SecretArn`",
    "dashboard": "the picture of it all, with `CreateDashboard`",
    "endpoints": "the way to AWS from subnets without one; often it is there already",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the bill: what, how much of it, what that costs and is for."""

    what: str
    how_much: str
    dollars: float
    buys: str


def idle_month(resources: Mapping[str, Any]) -> Iterator[Item]:
    """Yield what a stack costs that closes nothing, with the default parameters."""
    for name in sorted(_of(resources, MAPPING), key=list(BUYS).index):
        told = f"{RECEIVES / 1e6:.2f} million empty receives"
        price = RECEIVES / 1e6 * PRICES["sqs_million_requests"]
        yield Item(f"mapping `{name}`", told, price, BUYS[name])
    alarms = _of(resources, ALARM)
    for name in sorted(alarms, key=list(BUYS).index):
        metrics = metrics_of(alarms[name])
        told = f"{metrics} metric{'' if metrics == 1 else 's'}"
        price = metrics * PRICES["alarm_metric_month"]
        yield Item(f"alarm `{name}`", told, price, BUYS[name])
    memory = resources["Sweeper"]["Properties"]["MemorySize"] / 1024
    work = HOURS * SWEEP_SECONDS * memory * PRICES["lambda_gb_second"]
    asked = HOURS / 1e6 * PRICES["lambda_million_requests"]
    told = f"{HOURS} of {SWEEP_SECONDS} s"
    yield Item("sweeps", told, work + asked, BUYS["sweeps"])
    logged = HOURS * OPEN_JOBS * LINE / 1024**3
    told = f"{logged * 1024:.0f} MB for {OPEN_JOBS} open jobs"
    yield Item("logs", told, logged * PRICES["log_gb_ingested"], BUYS["logs"])


def chosen() -> Iterator[Item]:
    """Yield what a stack costs beside that, by what its operator chooses."""
    calls = HOURS / 10_000 * PRICES["secret_10000_calls"]
    told = f"1, read in each of {HOURS} sweeps"
    yield Item("secret", told, PRICES["secret_month"] + calls, BUYS["secret"])
    series = len(OF_A_DASHBOARD) * PRICES["custom_metric_month"]
    told = f"1, and {len(OF_A_DASHBOARD)} metrics that each sweep tells"
    price = PRICES["dashboard_month"] + series
    yield Item("dashboard", told, price, BUYS["dashboard"])
    hours = len(ENDPOINTS) * ZONES * HOURS
    told = f"{', '.join(ENDPOINTS)} in {ZONES} zones"
    price = hours * PRICES["interface_endpoint_hour"]
    yield Item("interface endpoints", told, price, BUYS["endpoints"])


def metrics_of(alarm: Mapping[str, Any]) -> int:
    """Return the metrics that an alarm reads: each is charged, an expression is not."""
    listed = alarm["Properties"].get("Metrics", [])
    return sum("MetricStat" in each for each in listed) or 1


def _of(resources: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {n: each for n, each in resources.items() if each["Type"] == kind}


def _row(item: Item) -> str:
    return f"| {item.what} | {item.how_much} | {item.dollars:.2f} | {item.buys} |"


def page() -> str:
    """Return the page."""
    items = list(idle_month(translate(load_template(TEMPLATE), {})["Resources"]))
    total = sum(item.dollars for item in items)
    head = ("| What | How much | Dollars a month | What it buys |", "|---|---|---|---|")
    lines = [
        *("# What a stack costs", ""),
        "<!-- Written by `make costs` from template.yaml and tests/prices.json. -->",
        *("", _in_all(total), "", *head),
        *map(_row, items),
        f"| **all of it** |  | **{total:.2f}** |  |",
        *("", "What you choose costs beside that:", "", *head),
        *map(_row, chosen()),
        *("", _assumed(), "", *_notes(), ""),
    ]
    return "\n".join(lines)


def _in_all(total: float) -> str:
    return (
        f"A stack that closes nothing costs **${total:.2f} a month**, with the default "
        f"parameters. Prices are those of {PRICES['as_of']} ({PRICES['region']}): "
        "check them before you rely on them."
    )


def _assumed() -> str:
    return (
        f"Assumed: a sweep every hour that takes {SWEEP_SECONDS} seconds, {OPEN_JOBS} "
        f"open jobs with {LINE} bytes of log for each in a sweep, and five receives of "
        "20 seconds at a time for each queue, as Lambda does. An account's first "
        "dashboards, alarms and requests of a month are free and not deducted. The "
        "first million requests to SQS are free in every month."
    )


def _notes() -> Iterator[str]:
    month = PRICES["custom_metric_month"]
    yield (
        "- **Receives**: Lambda may go down to two receives at a time where nothing "
        "arrives, but not with `MaximumConcurrency`. That bounds how many closes are "
        "in flight, and keeps the Sweeper from reading the whole cluster many times at "
        "once. So five receives are counted. Provisioned pollers are charged by the "
        "hour beside them."
    )
    yield (
        "- **Metrics of the application** cost nothing while they are not told. One "
        "that every sweep tells, such as `JobsNeedAttention` while there are such "
        f"jobs, costs {month:.2f} dollars a month."
    )
    yield (
        "- **An alarm is charged by its metrics**, so causes that lead a person to the "
        "same place share one, and its text says how to tell them apart. Crashes of "
        "functions have no metric of their own: a sweep that crashes is missing, and "
        "the messages of a function that crashes grow old."
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
