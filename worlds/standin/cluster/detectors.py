"""The analysis of a job as it is put: its detectors, and what they read."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from standin.cluster.categories import categories_of
from standin.cluster.detector import NAMES, detector_of
from standin.cluster.errors import bad_request, illegal_argument
from standin.cluster.times import time_value


def analysis_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Check an `analysis_config`, and fill in what it does not say."""
    span = given.get("bucket_span") or "5m"
    check_span(span, given.get("model_prune_window"))
    detectors = given.get("detectors")
    if detectors is None:
        raise illegal_argument("Required [detectors]")
    if not detectors:
        raise illegal_argument("No detectors configured")
    analysis = {"bucket_span": span}
    analysis |= {name: value for name, value in given.items() if value is not None}
    analysis["detectors"] = [
        detector_of(each, index) for index, each in enumerate(detectors)
    ]
    analysis["influencers"] = given.get("influencers") or []
    analysis = categories_of(analysis)
    _check_functions(analysis)
    _check_nesting(analysis)
    return analysis


def _check_functions(analysis: Mapping[str, Any]) -> None:
    used = {each["function"] for each in analysis["detectors"]}
    if analysis.get("summary_count_field_name") and "metric" in used:
        raise bad_request(
            "The 'metric' function cannot be used in jobs that will take "
            "pre-summarized input"
        )


def _check_nesting(analysis: Mapping[str, Any]) -> None:
    terms = {
        each[name]
        for each in analysis["detectors"]
        for name in NAMES
        if name != "field_name" and name in each
    }
    ordered = sorted(terms | set(analysis["influencers"]))
    for outer, inner in pairwise(ordered):
        if inner.startswith(f"{outer}."):
            raise bad_request(
                f"Fields [{outer}] and [{inner}] cannot both be used in the same "
                "analysis_config"
            )


def check_span(span: str, prune: str | None) -> None:
    """Refuse a span that is none, and models pruned after a part of one."""
    length = time_value(span, "bucket_span")
    if length <= length * 0:
        raise illegal_argument(
            f"bucket_span cannot be less or equal than 0. Value = {span}"
        )
    if prune is None:
        return
    window = time_value(prune, "model_prune_window")
    if window % length:
        raise illegal_argument(
            f"model_prune_window [{prune}] must be a multiple of bucket_span [{span}]"
        )
    if window < 2 * length:
        raise illegal_argument(
            f"model_prune_window [{prune}] must be at least 2 times greater than "
            f"bucket_span [{span}]"
        )


def refuse_duplicates(detectors: Sequence[Mapping[str, Any]]) -> None:
    """Refuse two detectors that do the same."""
    plain = [
        {name: value for name, value in each.items() if name != "detector_index"}
        for each in detectors
    ]
    if any(each in plain[:index] for index, each in enumerate(plain)):
        raise illegal_argument("Duplicate detectors are not allowed: [detectors]")


def fields_of(analysis: Mapping[str, Any]) -> set[str]:
    """Name the fields that an analysis reads, the time aside."""
    names = {
        each[name] for each in analysis["detectors"] for name in NAMES if name in each
    }
    extra = ("categorization_field_name", "summary_count_field_name")
    names |= {analysis[name] for name in extra if analysis.get(name)}
    return (names | set(analysis.get("influencers", []))) - {"mlcategory"}
