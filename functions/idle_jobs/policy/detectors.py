"""Which detector functions of Elasticsearch treat missing data as data; pure.

The functions and their short names are those of Elasticsearch's `DetectorFunction`. The
quotations are from its function reference for anomaly detection.
"""

from collections.abc import Iterable

# Functions, whether an empty bucket is data to them, and what the reference says.
_REFERENCE = (
    (
        "count low_count high_count sum low_sum high_sum",
        True,
        "The sum and count functions are strongly affected by empty buckets.",
    ),
    (
        # Also count functions: the reference lets only the non_zero ones ignore zero.
        "distinct_count low_distinct_count high_distinct_count dc low_dc high_dc",
        True,
        "detects unusually low numbers of distinct values in one field",
    ),
    (
        "rare freq_rare",
        True,
        "The functions model whether something happens in a bucket at least once.",
    ),
    (
        "info_content low_info_content",
        True,
        "Low information might indicate that [...] logging features have been disabled",
    ),
    (
        "high_info_content",
        False,
        "only where the amount of information content is higher than expected",
    ),
    (
        "non_zero_count low_non_zero_count high_non_zero_count nzc low_nzc high_nzc",
        False,
        "it ignores cases where the bucket count is zero",
    ),
    (
        "non_null_sum low_non_null_sum high_non_null_sum",
        False,
        "Buckets without values are ignored; buckets with a zero value are analyzed.",
    ),
    (
        "metric min max mean low_mean high_mean avg low_avg high_avg",
        False,
        "These values are calculated for each bucket.",
    ),
    (
        "median low_median high_median varp low_varp high_varp",
        False,
        "These values are calculated for each bucket.",
    ),
    (
        "time_of_day time_of_week",
        False,
        "detects when events occur that are outside normal usage patterns",
    ),
    (
        "lat_long",
        False,
        "detects anomalies in the geographic location of the input data",
    ),
)
SILENCE_IS_DATA = {
    name: is_data for names, is_data, _words in _REFERENCE for name in names.split()
}


def silence_is_data(functions: Iterable[str]) -> bool:
    """Return whether a job may detect missing data; an unknown function may."""
    return any(SILENCE_IS_DATA.get(function, True) for function in functions)
