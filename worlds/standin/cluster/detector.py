"""One detector of a job as it is put, and its rules."""

from collections.abc import Mapping
from typing import Any

from standin.cluster.errors import illegal_argument

_ALIASES = {
    "nzc": "non_zero_count",
    "low_nzc": "low_non_zero_count",
    "high_nzc": "high_non_zero_count",
    "dc": "distinct_count",
    "low_dc": "low_distinct_count",
    "high_dc": "high_distinct_count",
    "average": "mean",
    "avg": "mean",
    "low_avg": "low_mean",
    "high_avg": "high_mean",
}
_FIELDLESS = {
    *("count", "low_count", "high_count", "rare", "freq_rare", "time_of_day"),
    *("non_zero_count", "low_non_zero_count", "high_non_zero_count", "time_of_week"),
}
_FIELD = {
    *("distinct_count", "low_distinct_count", "high_distinct_count", "metric", "mean"),
    *("low_mean", "high_mean", "median", "low_median", "high_median", "min", "max"),
    *("sum", "low_sum", "high_sum", "non_null_sum", "low_non_null_sum", "lat_long"),
    *("high_non_null_sum", "varp", "low_varp", "high_varp", "info_content"),
    *("low_info_content", "high_info_content"),
}
NAMES = ("field_name", "by_field_name", "over_field_name", "partition_field_name")


def detector_of(given: Mapping[str, Any], index: int) -> dict[str, Any]:
    """Check a detector, and fill in what it does not say."""
    function = str(given.get("function") or "")
    function = _ALIASES.get(function, function)
    if function not in _FIELDLESS | _FIELD:
        raise illegal_argument(f"Unknown function '{function}'")
    _check_field(function, given)
    said = given.get("detector_description") or _describe(function, given)
    rules = [rule_of(rule) for rule in given.get("custom_rules") or []]
    return {
        "detector_description": said,
        "function": function,
        **{name: given[name] for name in NAMES if given.get(name)},
        **{n: given[n] for n in ("use_null", "exclude_frequent") if given.get(n)},
        **({"custom_rules": rules} if rules else {}),
        "detector_index": index,
    }


def rule_of(given: object) -> dict[str, Any]:
    """Check a rule of a detector, and fill in what it does not say."""
    if not isinstance(given, dict):
        raise illegal_argument("Invalid detector rule: expected an object")
    rule = {"actions": given.get("actions") or ["skip_result"]}
    if isinstance(scope := given.get("scope"), dict):
        rule["scope"] = {
            name: {"filter_type": "include", **filter_}
            if isinstance(filter_, dict)
            else filter_
            for name, filter_ in scope.items()
        }
    if "conditions" in given:
        rule["conditions"] = given["conditions"]
    if len(rule) == 1:
        reason = "Invalid detector rule: at least scope or a condition is required"
        raise illegal_argument(reason)
    return rule


def _describe(function: str, given: Mapping[str, Any]) -> str:
    field = given.get("field_name")
    text = f"{function}({field})" if field else function
    for name, word in (("by_field_name", " by "), ("over_field_name", " over ")):
        if given.get(name):
            text += word + given[name]
    if given.get("partition_field_name"):
        text += f" partitionfield={given['partition_field_name']}"
    return text


def _check_field(function: str, given: Mapping[str, Any]) -> None:
    if function in _FIELD and not given.get("field_name"):
        raise illegal_argument(
            f"field_name must be set when the '{function}' function is used"
        )
    if function in _FIELDLESS and given.get("field_name"):
        raise illegal_argument(f"field_name cannot be used with function '{function}'")
    if function in {"rare", "freq_rare"} and not given.get("by_field_name"):
        raise illegal_argument(
            f"by_field_name must be set when the '{function}' function is used"
        )
