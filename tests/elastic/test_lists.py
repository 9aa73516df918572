"""What a list of the cluster may hold, and what is asked for after it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idle_jobs.elastic.info import Info, read_info
from idle_jobs.elastic.lists import (
    datafeeds_of,
    items_of,
    unread_datafeeds,
    with_datafeeds,
)
from idle_jobs.errors import BadRequest, Refused, TryLater
from steps.test_properties import json_values

KEYS = st.sampled_from(("count", "jobs", "datafeeds", "upgrade_mode", "native_code"))
FIELDS = st.sampled_from(("job_id", "datafeed_id", "datafeed_config", "timing_stats"))
IDS = st.sampled_from(("web", "feed", ""))
ITEMS = st.dictionaries(FIELDS, IDS | st.dictionaries(FIELDS, IDS) | json_values)
LISTS = st.builds(
    lambda name, items, more: {name: items, "count": len(items)} | more,
    st.sampled_from(("jobs", "datafeeds")),
    st.lists(ITEMS, max_size=3),
    st.dictionaries(KEYS, json_values, max_size=1),
)
ANSWERS = LISTS | st.dictionaries(KEYS | st.text(max_size=3), json_values)


def read(answer: dict[str, Any], name: str, key: str) -> list[Any]:
    """Return the items of an answer, none where it is refused or tried later."""
    try:
        return items_of(answer, name, key)
    except (Refused, TryLater):
        return []


@pytest.mark.slow
@given(ANSWERS, ANSWERS)
def test_whatever_lists_hold_they_are_lists_or_errors(
    jobs: dict[str, Any], feeds: dict[str, Any]
) -> None:
    """What is taken for a list is one, and nothing that follows from it breaks."""
    configs = read(jobs, "jobs", "job_id")
    datafeeds = read(feeds, "datafeeds", "datafeed_id")
    ids = [*datafeeds_of(configs), *unread_datafeeds(configs, datafeeds)]
    joined = with_datafeeds(configs, datafeeds)

    assert all(isinstance(each, str) for each in ids)
    assert [config["job_id"] for config in configs] == [c["job_id"] for c in joined]


@pytest.mark.slow
@given(ANSWERS)
def test_whatever_the_info_holds_it_is_read_or_refused(answer: dict[str, Any]) -> None:
    """A cluster that does not tell its mode is none (F17)."""
    told = isinstance(answer.get("upgrade_mode"), bool)
    try:
        info = read_info(answer)
    except Refused:
        assert not told
        return

    assert told
    assert Info(answer["upgrade_mode"], names_datafeeds=False) == info


VERSIONS = {
    "8.0.0": (True, None),
    "9.5.0-SNAPSHOT": (True, None),
    "7.17.0": (False, None),
    "7.14.2": (False, None),
    "": (False, None),
    "odd": (False, None),
    "7.13.4": (False, "7.13.4 is too old"),
    "6.8.0": (False, "6.8.0 is too old"),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_that_is_read_decides(version: str) -> None:
    """One that is too old is refused; one that is not told asks for every list."""
    named, refusal = VERSIONS[version]
    answer = {"upgrade_mode": False, "native_code": {"version": version}}
    if refusal:
        with pytest.raises(Refused, match=refusal):
            read_info(answer)
        return

    assert named is read_info(answer).names_datafeeds


def test_the_most_that_a_list_can_hold_is_too_many() -> None:
    """The API tells of no more, so that there may be any number of them."""
    jobs = [{"job_id": f"job-{n}"} for n in range(10_000)]

    with pytest.raises(BadRequest, match="got 10000"):
        items_of({"count": 10_000, "jobs": jobs}, "jobs", "job_id")
