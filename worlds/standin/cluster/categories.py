"""How a job splits texts into categories, as its configuration shows it."""

from collections.abc import Mapping
from typing import Any

from standin.cluster.errors import bad_request

_CALENDAR = (
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    *("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
    *("Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    *("GMT", "UTC"),
)
ANALYZER: Mapping[str, Any] = {
    "char_filter": ["first_line_with_letters"],
    "tokenizer": "ml_standard",
    "filter": [{"type": "stop", "stopwords": list(_CALENDAR)}],
}


_BY_CATEGORY = ("by_field_name", "over_field_name", "partition_field_name")


def categories_of(analysis: dict[str, Any]) -> dict[str, Any]:
    """Check what is said of categories; write their filters as part of an analyzer."""
    field = analysis.get("categorization_field_name")
    _check_category(analysis, field)
    filters = analysis.pop("categorization_filters", None) or []
    analyzer = analysis.get("categorization_analyzer")
    if analyzer and not field:
        raise bad_request(
            "categorization_analyzer requires setting categorization_field_name"
        )
    _check_filters(filters, field, analyzer)
    partitions = _partitions(analysis)
    if not field:
        return analysis
    if not analyzer:
        replaced = [{"type": "pattern_replace", "pattern": each} for each in filters]
        chars = [*ANALYZER["char_filter"], *replaced]
        analysis["categorization_analyzer"] = {**ANALYZER, "char_filter": chars}
    return analysis | {"per_partition_categorization": partitions}


def _check_category(analysis: Mapping[str, Any], field: str | None) -> None:
    used = any(
        each.get(name) == "mlcategory"
        for each in analysis["detectors"]
        for name in _BY_CATEGORY
    )
    if used and field is None:
        raise bad_request(
            "categorization_field_name must be set for mlcategory to be available"
        )
    if field is not None and not used:
        raise bad_request(
            "categorization_field_name is set but mlcategory is not used in any "
            "detector by/over/partition field"
        )


def _check_filters(filters: list[str], field: str | None, analyzer: object) -> None:
    if filters and analyzer:
        raise bad_request(
            "categorization_filters cannot be used with categorization_analyzer - "
            "instead specify them as pattern_replace char_filters in the analyzer"
        )
    if filters and not field:
        raise bad_request(
            "categorization_filters require setting categorization_field_name"
        )
    if len(set(filters)) < len(filters):
        raise bad_request("categorization_filters contain duplicates")
    if "" in filters:
        raise bad_request(
            "categorization_filters are not allowed to contain empty strings"
        )


def _partitions(analysis: dict[str, Any]) -> dict[str, bool]:
    given = analysis.pop("per_partition_categorization", None) or {"enabled": False}
    if given["enabled"]:
        _check_partitions(analysis)
        return {"enabled": True, "stop_on_warn": bool(given.get("stop_on_warn"))}
    if given.get("stop_on_warn"):
        raise bad_request(
            "stop_on_warn cannot be true in per_partition_categorization when enabled "
            "is false"
        )
    return {"enabled": False}


def _check_partitions(analysis: Mapping[str, Any]) -> None:
    when = "when per-partition categorization is enabled"
    if analysis.get("categorization_field_name") is None:
        raise bad_request(f"categorization_field_name must be set {when}")
    first = None
    for each in analysis["detectors"]:
        field = each.get("partition_field_name")
        if field == "mlcategory":
            raise bad_request(
                f"mlcategory cannot be used as a partition_field_name {when}"
            )
        if not field and "mlcategory" in (each.get(name) for name in _BY_CATEGORY):
            raise bad_request(
                "partition_field_name must be set for detectors that reference "
                f"mlcategory {when}"
            )
        if field and first and field != first:
            raise bad_request(
                f"partition_field_name cannot vary between detectors {when}: "
                f"[{first}] and [{field}] are used"
            )
        first = field or first
