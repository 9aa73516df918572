"""The saved queries of Logs Insights: a stack's log has what they ask for."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from local.intrinsics import load_template
from local.runner import Runner
from local.topology import TEMPLATE
from markdown import fences
from rows.translated import of_type
from stacks import add_busy, add_idle, after, ends, sweep, undo
from standin.cluster import Fault

QUERIES = of_type("AWS::Logs::QueryDefinition")
RESOURCES = load_template(TEMPLATE)["Resources"]
# Insights' own field, its verbs, and the names that a query makes up.
OWN = {"timestamp", "fields", "filter", "sort", "asc", "desc", "stats", "by", "and"}
OWN |= {"in", "as", "count_distinct", "max", "jobs", "largest"}


@pytest.fixture(scope="module")
def log() -> list[dict[str, Any]]:
    """Return what a stack logs that closes, forces, keeps, holds and undoes."""
    from stacks import START  # noqa: PLC0415
    from standin.cluster import Cluster  # noqa: PLC0415

    with Runner(Cluster(), START) as stack:
        owner = {"idle_closer": {"owner": "team-x"}}
        add_idle(stack, custom_settings=owner)
        add_busy(stack, "busy")
        add_idle(stack, "hung", close_ends="hangs")
        for number in range(6):  # They became idle together, lately.
            add_idle(stack, f"storm-{number}", last_data=START - timedelta(days=3))
        stack.request(job_id="gone", requested_by="ann", reason="moved")
        stack.request(job_id="web", surprise=1)
        sweep(stack)
        stack.run(after(hours=5))
        undo(stack)
        stack.cluster.faults.append(Fault(".", status=403))
        sweep(stack)
        assert "hung: force_closed still_closing" in ends(stack)
        return stack.log


def parts(query: str) -> tuple[set[str], str]:
    """Return the fields that a query names, and its condition."""
    bare = re.sub(r'"[^"]*"', "", query)
    condition = re.search(r"(?m)^(?:\| )?filter (.*)$", query)
    assert condition
    return {*re.findall(r"[a-z_]+", bare)} - OWN, condition[1]


def holds(condition: str, line: Mapping[str, Any]) -> bool:
    """Tell whether a line is one that a query looks for."""
    for each in condition.split(" and "):
        name, sign, value = re.fullmatch(r"(\w+) (=|!=|in) (.*)", each).groups()  # type: ignore[union-attr]
        wanted = set(re.findall(r'"([^"]*)"', value))
        if (line.get(name) in wanted) == (sign == "!="):
            return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("name", QUERIES)
def test_a_query_finds_something(name: str, log: list[dict[str, Any]]) -> None:
    """Each field is one of the log, and each condition holds for some line."""
    fields, condition = parts(QUERIES[name]["QueryString"])
    condition = condition.replace("put the id of the job here", "web")

    assert fields <= {field for line in log for field in line}
    assert any(holds(condition, line) for line in log)


def test_the_queries_are_those_of_the_page() -> None:
    """The page shows the first, with a job; the dashboard the latest outcomes."""
    page = (TEMPLATE.parent / "docs" / "operating.md").read_text(encoding="utf-8")
    why = QUERIES["WhyQuery"]["QueryString"]
    body = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]
    [log] = [w for w in body["Fn::ToJsonString"]["widgets"] if w["type"] == "log"]

    shown = [fence.strip() for fence in fences(page, "text")]
    assert why.replace("put the id of the job here", "web-latency") in shown
    _, given = log["properties"]["query"]["Fn::Sub"]
    assert given["Query"] == QUERIES["OutcomesQuery"]["QueryString"]


def test_each_query_has_a_name_of_its_stack() -> None:
    """Two stacks in an account do not mix theirs up."""
    names = {query["Name"] for query in QUERIES.values()}

    assert len(names) == len(QUERIES)
    assert {name.partition("/")[0] for name in names} == {"drill"}
