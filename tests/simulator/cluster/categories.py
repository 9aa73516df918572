"""How a job splits texts into categories, as its configuration shows it."""

from collections.abc import Mapping
from typing import Any

from simulator.cluster.errors import illegal_argument

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


def categories_of(analysis: dict[str, Any]) -> dict[str, Any]:
    """Write the filters of categories as part of an analyzer."""
    filters = analysis.pop("categorization_filters", None)
    analyzer = analysis.get("categorization_analyzer")
    field = analysis.get("categorization_field_name")
    for name, given in (("filters", filters), ("analyzer", analyzer)):
        if given and not field:
            verb = "require" if name == "filters" else "requires"
            raise illegal_argument(
                f"categorization_{name} {verb} setting categorization_field_name"
            )
    if filters and analyzer:
        raise illegal_argument(
            "categorization_filters cannot be used with categorization_analyzer - "
            "instead specify them as pattern_replace char_filters in the analyzer"
        )
    if field and not analyzer:
        replaced = [
            {"type": "pattern_replace", "pattern": each} for each in filters or []
        ]
        chars = [*ANALYZER["char_filter"], *replaced]
        analysis["categorization_analyzer"] = {**ANALYZER, "char_filter": chars}
    return analysis
