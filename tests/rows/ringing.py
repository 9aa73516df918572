"""What CloudWatch makes of an alarm, given what each metric is in its last period.

The metric math of the template has the names and the meaning that CloudWatch documents
for MAX and METRICS. A metric that nobody told has no value, None.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

COMPARES: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
}


class Watched(NamedTuple):
    """A metric that an alarm reads; `of` is its function or queue, or "cluster"."""

    namespace: str
    metric: str
    of: str
    statistic: str
    period: int


def watched(alarm: Mapping[str, Any]) -> Mapping[str, Watched]:
    """Return the metrics of an alarm, by their ids in its metric math."""
    listed = alarm.get("Metrics")
    if listed is None:
        return {"value": _watched(alarm, alarm["Statistic"], alarm["Period"])}
    stats = {each["Id"]: each["MetricStat"] for each in listed if "MetricStat" in each}
    return {
        name: _watched(stat["Metric"], stat["Stat"], stat["Period"])
        for name, stat in stats.items()
    }


def _watched(metric: Mapping[str, Any], statistic: str, period: int) -> Watched:
    named = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
    of = named.get("FunctionName") or named.get("QueueName") or "cluster"
    return Watched(metric["Namespace"], metric["MetricName"], of, statistic, period)


Told = Mapping[tuple[str, str, str], float]
"""Values, each by its metric, what it is of, and its statistic."""


def rings(alarm: Mapping[str, Any], told: Told) -> bool:
    """Tell whether an alarm is in ALARM when this is told in each of its periods."""
    values = {
        n: told.get((w.metric, w.of, w.statistic)) for n, w in watched(alarm).items()
    }
    value = _computed(alarm, values)
    if value is None:
        return bool(alarm["TreatMissingData"] == "breaching")
    return COMPARES[alarm["ComparisonOperator"]](value, float(alarm["Threshold"]))


def _computed(
    alarm: Mapping[str, Any], values: Mapping[str, float | None]
) -> float | None:
    expressions = [
        e["Expression"] for e in alarm.get("Metrics", ()) if "Expression" in e
    ]
    if not expressions:
        return values["value"]
    [expression] = expressions
    # An expression has no value in a period in which no metric has one.
    if all(value is None for value in values.values()):
        return None
    known = {
        "METRICS": lambda: [v for v in values.values() if v is not None],
        "MAX": max,
    }
    found = eval(expression, {"__builtins__": {}}, {**known, **values})  # noqa: S307 - our template's
    return float(found)


def ringing(alarms: Mapping[str, Mapping[str, Any]], told: Told) -> Iterator[str]:
    """Yield the names of the alarms that are in ALARM."""
    yield from (name for name, alarm in alarms.items() if rings(alarm, told))
