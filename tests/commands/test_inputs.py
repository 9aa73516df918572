"""Every input of a decision is told, with the field that it was read from."""

import ast
from dataclasses import fields, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from builders import NOW, RULES, ago, idle_job
from idle_jobs.elastic.lists import CONFIG_FIELDS, FEED_FIELDS, STATS_FIELDS
from idle_jobs.policy import attention, idleness, judge, protection
from idle_jobs.policy.job import Datafeed, Job, State
from idle_jobs.policy.owner import Owner
from idle_jobs_cli.explaining.inputs import (
    JUDGED,
    SOURCES,
    how_long_ago,
    inputs,
    written,
)

ASKED = {
    "job": CONFIG_FIELDS.replace("jobs.", ""),
    "stats": STATS_FIELDS.replace("jobs.", ""),
    "feed": FEED_FIELDS.replace("datafeeds.", ""),
    "info": "upgrade_mode",
}
DECIDING = (judge, protection, attention, idleness)
ABOUT_THE_ANSWER = ("count", "node_failures", "task_failures")


def test_inputs_have_value_time_and_source() -> None:
    """A value is told with its field, a rule with who set it."""
    rules = replace(RULES, keep_patterns=("prod-*",))
    told = {i.name: (i.value, i.source) for i in inputs(idle_job(), NOW, rules)}

    assert (ago(days=10), "stats: data_counts.last_data_time") == told["last_data"]
    assert ("stopped", "feed: state") == told["datafeed.state"]
    assert (ago(days=8), "both together") == told["may be quiet until"]
    assert (timedelta(days=2), "default") == told["IDLE_AFTER"]
    assert (("prod-*",), "set") == told["KEEP_PATTERNS"]


@pytest.mark.parametrize("records", [0, 9])
def test_a_silence_names_what_it_was_computed_from(records: int) -> None:
    """A job that was never fed is quiet since it was opened, and for longer."""
    job = idle_job(last_data=ago(days=10) if records else None, records=records)
    told = {i.name: i.source for i in inputs(job, NOW, RULES)}

    assert (records == 0) == ("open_start" in told["quiet since"])
    assert (records == 0) == ("NEVER_FED_AFTER" in told["may be quiet for"])


WRITTEN: dict[str, tuple[object, str]] = {
    "a time": (ago(hours=1), "2026-11-23T11:00:00Z"),
    "a span": (timedelta(hours=49), "2d 1h"),
    "a state": (State.OPENED, "opened"),
    "nothing": (None, "-"),
    "an empty text": ("", "-"),
    "an empty list": ((), "-"),
    "a list": (("a", "b"), "a, b"),
    "times": (
        (ago(hours=2), ago(hours=1)),
        "2026-11-23T10:00:00Z, 2026-11-23T11:00:00Z",
    ),
    "a switch": (True, "yes"),
    "a number": (0, "0"),
}


@pytest.mark.parametrize(("value", "expected"), WRITTEN.values(), ids=WRITTEN)
def test_values_are_written_for_people(value: object, expected: str) -> None:
    """Nothing is told as a dash, times and spans as everywhere."""
    assert expected == written(value)


def test_times_are_told_with_their_distance() -> None:
    """A time that has passed, one that comes, and what is no time."""
    told = [how_long_ago(v, NOW) for v in (ago(days=3), ago(hours=-1), "web")]

    assert ["3d ago", "in 1h", ""] == told


def test_every_field_of_a_job_has_a_source() -> None:
    """A field that is added to a job is explained, or this fails."""
    own = {field.name for field in fields(Job)} - {"owner"}
    inner = {f"owner.{field.name}" for field in fields(Owner)}
    inner |= {f"datafeed.{field.name}" for field in fields(Datafeed)}

    assert own | inner == set(SOURCES)


def test_the_sources_are_what_the_cluster_is_asked() -> None:
    """A source is asked for, and whatever is asked for a job is a source."""
    elsewhere = ("problems", "came_back", "announced_at")  # no field of the cluster
    named = {n for name, told in SOURCES.items() for n in told if name not in elsewhere}
    pairs = ((answer, text.split(",")) for answer, text in ASKED.items())
    asked = {f"{answer}: {field}" for answer, fields in pairs for field in fields}
    asked -= {f"{answer}: {field}" for answer in ASKED for field in ABOUT_THE_ANSWER}

    assert {n for n in named if not within(n, asked)} == set()
    assert {a for a in asked if not any(within(n, {a}) for n in named)} == set()


def within(source: str, asked: set[str]) -> bool:
    """Tell whether a field is asked for, by itself, as a part or by a pattern."""
    return any(fnmatchcase(source, a) or source.startswith(f"{a}.") for a in asked)


def test_the_rules_told_are_those_that_are_read() -> None:
    """`judge` reads these of the operator's rules, and no other."""
    files = [Path(str(module.__file__)) for module in DECIDING]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    read = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "rules"
    }

    assert set(JUDGED) == read
