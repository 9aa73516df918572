"""The stand-in shows its tasks as a table, as the cat APIs do."""

from datetime import timedelta
from typing import Any

import pytest
import yaml

from standin.cluster import Cluster
from standin.cluster.asking import NOW, Asked, ask

NODE = "N2mYz0rjQ3mXJw0nK4Hb3A"
SHOWN = [
    *("action", "task_id", "parent_task_id", "type", "start_time", "timestamp"),
    *("running_time", "ip", "node"),
]


def cat(query: str, **headers: str) -> Asked:
    """Ask a cluster with two open jobs, one of them with a datafeed, for its tasks."""
    cluster = Cluster()
    for number, name in enumerate(("new", "old")):
        opened = NOW - timedelta(minutes=90 * (number + 1))
        cluster.add_job(name, now=NOW, opened=opened)
    cluster.jobs["old"].datafeed = "started"
    return ask(cluster, f"GET /_cat/tasks?{query}", headers=headers)


def lines(query: str) -> list[str]:
    """Ask for the table; return its lines."""
    return bytes(cat(query).body).decode().splitlines()


def test_table() -> None:
    """A table is text in columns of one width, the oldest task first."""
    head, *rows = lines("v&actions=xpack/*")

    at = head.index("task_id")
    assert head.split() == SHOWN
    assert [row.split()[0] for row in rows] == [
        "xpack/ml/job[c]",
        "xpack/ml/datafeed[c]",
        "xpack/ml/job[c]",
    ]
    assert all(row[at - 1] == " " and row[at] != " " for row in rows)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("h=ac,time&actions=*job*", ["xpack/ml/job[c] 3h", "xpack/ml/job[c] 1.5h"]),
        ("h=time&s=start:asc&time=m&actions=*job*", ["180", "90"]),
        ("h=running_time&s=start_time:desc&actions=*job*", ["1.5h", "3h"]),
        ("h=running_time&time=nanos&actions=*feed*", ["10800000000000"]),
        ("h=v,port&actions=*feed*&v", ["v     port", "8.9.0 9300"]),
        ("h=node_*&actions=*feed*&full_id=false", ["N2mY"]),
        ("h=desc&detailed&actions=*job*", ["job-old", "job-new"]),
        ("h=desc&actions=*feed*", [""]),
        ("h=ti,pti,x_opaque_id&actions=*lists*n*", [f"{NODE}:2 {NODE}:1 -"]),
        ("h=action&actions=none", []),
    ],
)
def test_columns(query: str, expected: list[str]) -> None:
    """Columns are chosen by name, alias or wildcard, and sorted as asked."""
    assert lines(query) == expected


@pytest.mark.parametrize(
    ("query", "accept"),
    [("format=json", ""), ("format=yaml", ""), ("", "application/json")],
)
def test_forms(query: str, accept: str) -> None:
    """A form that is asked for gets a list of maps of text."""
    headers = {"Accept": accept} if accept else {}

    asked = cat(f"{query}&actions=*feed*", **headers)

    read: Any = yaml.safe_load(asked.body)
    assert "text/plain" not in asked.headers["content-type"]
    assert [list(each) for each in read] == [SHOWN]
    assert read[0]["start_time"].isdigit()


@pytest.mark.parametrize("accept", ["*/*", "text/plain"])
def test_text(accept: str) -> None:
    """Who asks for text, or for anything, gets text, JSON in the request or not."""
    kind = {"Accept": accept, "Content-Type": "application/json"}

    asked = cat("", **kind)

    assert asked.headers["content-type"] == "text/plain; charset=UTF-8"


def test_help() -> None:
    """The help names each column, its aliases, and what it means."""
    text = lines("help")

    assert [line.split()[0] for line in text[:2]] == ["id", "action"]
    assert [cell.strip() for cell in text[1].split("|")] == [
        *("action", "ac", "task action"),
    ]
    assert len({line.index("|") for line in text}) == 1
    assert "description" not in "".join(text)
    assert lines("help&detailed")[-1].startswith("description ")


@pytest.mark.parametrize("key", ["nothing", "start:up"])
def test_bad_sort(key: str) -> None:
    """A column that is not there cannot be sorted by: for the server its own fault."""
    asked = cat(f"s={key}")

    assert (asked.status, asked.reason) == (
        500,
        f"Unable to sort by unknown sort key `{key}`",
    )
