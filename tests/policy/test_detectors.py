"""Every detector function of Elasticsearch's has a meaning for silence."""

import pytest

from idle_jobs.policy.detectors import SILENCE_IS_DATA, silence_is_data

# Elasticsearch's DetectorFunction.java, in its order, and the shortcuts it takes.
LISTED = """
    count low_count high_count non_zero_count low_non_zero_count high_non_zero_count
    distinct_count low_distinct_count high_distinct_count rare freq_rare info_content
    low_info_content high_info_content metric mean low_mean high_mean avg low_avg
    high_avg median low_median high_median min max sum low_sum high_sum non_null_sum
    low_non_null_sum high_non_null_sum varp low_varp high_varp time_of_day
    time_of_week lat_long
"""
FUNCTIONS = LISTED.split()
SHORTCUTS = {"nzc": "non_zero_count", "dc": "distinct_count"}
SIDES = ("", "low_", "high_")
AFFECTED = """
    count low_count high_count sum low_sum high_sum distinct_count low_distinct_count
    high_distinct_count rare freq_rare info_content low_info_content
"""


def test_every_function_is_in_the_table() -> None:
    """None is missing, and none is there that Elasticsearch does not have."""
    shortcuts = [side + name for name in SHORTCUTS for side in SIDES]

    assert set(FUNCTIONS) | set(shortcuts) == set(SILENCE_IS_DATA)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_silence_means_what_the_documentation_says(function: str) -> None:
    """Sums and counts are affected by empty buckets; `non_...` and values are not."""
    assert (function in AFFECTED.split()) == silence_is_data([function])


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", SHORTCUTS)
def test_a_shortcut_means_what_its_function_means(side: str, name: str) -> None:
    """Elasticsearch takes `nzc` and `dc` for the long names."""
    long = silence_is_data([side + SHORTCUTS[name]])

    assert long == silence_is_data([side + name])


@pytest.mark.parametrize("function", ["unknown", "c", "COUNT", "", "low_nnsum"])
def test_silence_is_data_to_a_function_that_is_not_known(function: str) -> None:
    """A function of tomorrow must not lose its signal."""
    assert silence_is_data([function])


def test_one_such_detector_is_enough() -> None:
    """A job with a mean and a count misses a silence once it is closed."""
    assert silence_is_data(["mean", "count"])
    assert not silence_is_data(["mean", "max"])
