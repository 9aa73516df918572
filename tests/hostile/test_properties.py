"""Any JSON where a body or a list of jobs was expected, as Hypothesis finds it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOW, RULES
from hostile.bodies import SENT
from idle_jobs.elastic.job_reader import read_jobs
from idle_jobs.elastic.lists import CONFIG_FIELDS, FEED_FIELDS, STATS_FIELDS
from idle_jobs.messages.close_message import parse_message
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.request import parse_request
from idle_jobs.policy.judge import judge
from idle_jobs.policy.verdict import Action
from steps.test_properties import json_values

pytestmark = pytest.mark.slow

LONGEST_TOLD = 1_000
NAMES = (
    *("job_id", "request_id", "only_if_idle", "force", "timeout", "mode", "version"),
    *("kind", "cluster", "requested_at", "reason", "evidence", "handed_at", "origin"),
)
# What half looks right gets further than noise does.
BODIES = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), json_values)


def objects(fields: str, within: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects with what is asked of a list, each field of any kind."""
    paths = [f.removeprefix(f"{within}.").split(".") for f in fields.split(",")]
    values = st.lists(st.tuples(st.sampled_from(paths), json_values), max_size=12)
    return values.map(_grown)


def _grown(values: list[tuple[list[str], Any]]) -> dict[str, Any]:
    grown: dict[str, Any] = {}
    for path, value in values:
        place = grown
        for name in path[:-1]:
            inner = place.setdefault(name, {})
            place = inner if isinstance(inner, dict) else {}
        place[path[-1]] = value
    return grown


def refusal(body: str) -> str:
    """Return why a body is refused, as a request and as a message."""
    told = ""
    try:
        parse_request(body, request_id="r", sent_at=SENT, now=NOW)
    except BadBody as bad:
        told += str(bad)
    try:
        parse_message(body, sent_at=SENT, now=NOW)
    except BadBody as bad:
        told += str(bad)
    return told


@settings(max_examples=100, deadline=None, derandomize=True)
@given(BODIES | json_values)
def test_any_json_is_a_request_or_refused_in_a_line(body: object) -> None:
    """Whatever the value of a field, reading it ends in a request or in BadBody."""
    told = refusal(json.dumps(body))

    assert len(told) <= 2 * LONGEST_TOLD
    assert told.isprintable()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(max_size=200))
def test_any_text_is_refused_in_a_line(body: str) -> None:
    """What is no JSON at all is refused as such."""
    told = refusal(body)

    assert 0 < len(told) <= 2 * LONGEST_TOLD
    assert told.isprintable()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    objects(CONFIG_FIELDS, "jobs"),
    objects(STATS_FIELDS, "jobs"),
    objects(FEED_FIELDS, "datafeeds"),
)
def test_a_job_of_any_fields_is_never_forced(
    config: dict[str, Any], stats: dict[str, Any], feed: Mapping[str, Any]
) -> None:
    """A job of nonsense is judged, its doubts are short, and it is never forced."""
    named = {"job_id": "web"}
    feeds = [{**feed, "datafeed_id": "feed"}]
    [job] = read_jobs([config | named], [stats | named], feeds, read_at=NOW)
    verdict = judge(job, NOW, RULES)

    assert verdict.action is not Action.FORCE or job.state == "failed"
    assert all(len(problem) < LONGEST_TOLD for problem in job.problems)
    assert not (job.problems and verdict.action is Action.CLOSE)
