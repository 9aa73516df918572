"""`idle-jobs plan --save` and `--diff`: what changed, and what cannot be compared."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commands.running import idle_jobs, on_cluster
from standin.cluster import API_KEY, Cluster, serve

pytestmark = pytest.mark.usefixtures("at_the_sweep")
Plan = dict[str, Any]


def plan(cluster: Cluster, *options: str, **variables: str) -> int:
    """Run `idle-jobs plan` against a cluster."""
    return on_cluster(cluster, "plan", *options, **variables)


@pytest.fixture
def monday(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Path:
    """Return a file with the plan of the scenario's cluster."""
    file = tmp_path / "monday.json"
    assert plan(cluster, "--save", str(file)) == 0
    capsys.readouterr()
    return file


def without(name: str) -> Callable[[Plan], object]:
    """Return what takes a field away from a plan."""
    return lambda plan: plan.pop(name)


SPOILED: dict[str, Callable[[Plan], object]] = {
    "another schema": lambda plan: plan.update(schema="urn:other"),
    **{f"no {name}": without(name) for name in ("jobs", "summary", "settings")},
    "no time": without("planned_at"),
    "no cluster": without("cluster"),
    "jobs that are none": lambda plan: plan.update(jobs=[1]),
    "a job without its id": lambda plan: plan["jobs"][0].pop("job_id"),
    "settings that are none": lambda plan: plan.update(settings=["x"]),
}


def refused(file: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Return why a file is refused, before the cluster is read."""
    cluster = Cluster()
    assert plan(cluster, "--diff", str(file)) == 2
    assert cluster.log == []
    return capsys.readouterr().err


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_a_spoiled_plan_is_not_compared(
    spoil: Callable[[Plan], object], monday: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is missing, it is one line."""
    document = json.loads(monday.read_text("utf-8"))
    spoil(document)
    monday.write_text(json.dumps(document))

    told = f"Error: --diff: expected a plan saved by --save, in {monday}\n"
    assert told == refused(monday, capsys)


@pytest.mark.parametrize("text", ["", "{}", "[1]", "1", "<html>", "[" * 100_000])
def test_only_a_saved_plan_is_compared(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another file is refused before the cluster is read."""
    file = tmp_path / "plan.json"
    file.write_text(text)

    assert "expected a plan saved by --save" in refused(file, capsys)


def test_a_filtered_plan_is_not_compared(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each job that the filters left out would look like a new one."""
    plan(cluster, "-o", "json", "--verdict", "close")
    file = tmp_path / "monday.json"
    file.write_text(capsys.readouterr().out)

    error, then = refused(file, capsys).splitlines()
    assert error == f"Error: --diff: filters have left 27 jobs out of {file}"
    assert then == "Next: save it with --save, which leaves out nothing"


def test_the_plan_of_another_cluster(
    monday: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says so; it is no part of a document."""
    saved = json.loads(monday.read_text())
    # The port of the server of this plan may be that of the saved one's.
    saved["cluster"]["url"] = "http://127.0.0.1:1"
    monday.write_text(json.dumps(saved))
    assert plan(Cluster(), "--diff", str(monday), "-o", "json") == 0

    out, err = capsys.readouterr()
    was, now = err.removeprefix("The saved plan is of ").split(", this one of ")
    assert was == "stand-in at http://127.0.0.1:1"
    assert now.startswith("stand-in at http://127.0.0.1:")
    assert {"left"} == {change["change"] for change in json.loads(out)["changes"]}


def test_the_same_cluster_needs_no_note(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is said when the address is the same."""
    file = str(tmp_path / "plan.json")
    with serve(cluster) as url:
        for option in ("--save", "--diff"):
            given = ("--url", url, option, file)
            assert idle_jobs("plan", *given, ES_API_KEY=API_KEY) == 0

    out, err = capsys.readouterr()
    assert (False, "") == ("The saved plan" in out, err)


def test_a_plan_of_nowhere(
    cluster: Cluster, monday: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody took the address out."""
    document = json.loads(monday.read_text("utf-8"))
    document["cluster"].pop("url")
    monday.write_text(json.dumps(document))

    assert plan(cluster, "--diff", str(monday)) == 0
    assert "is of stand-in at an unknown address" in capsys.readouterr().out


def test_filters_choose_among_the_changes(
    cluster: Cluster, monday: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A job is shown if it fits the filters before or after."""
    turned = {"KEEP_PATTERNS": "search-*"}
    plan(cluster, "--diff", str(monday), "--larger-than", "1gb", **turned)
    large = capsys.readouterr().out
    plan(cluster, "--diff", str(monday), "--verdict", "close", **turned)
    closed = capsys.readouterr().out

    assert ("search-volume" in large, "prod-orders" in large) == (True, False)
    assert ("search-volume" in closed, "prod-orders" in closed) == (True, True)


UNWRITABLE = {
    "no folder": ("/nowhere/plan.json", "there is no folder /nowhere"),
    "a folder": ("/", "is a directory"),
    "no name": ("", "expected the name of a file, got an empty one"),
}


@pytest.mark.parametrize(("name", "told"), UNWRITABLE.values(), ids=UNWRITABLE)
def test_a_file_that_cannot_be_written(
    name: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told before the cluster is read."""
    cluster = Cluster()

    assert plan(cluster, "--save", name) == 2
    assert told in capsys.readouterr().err
    assert cluster.log == []


def test_a_full_disk(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    """What is noticed later is one line, too."""
    assert plan(cluster, "--save", "/dev/full") == 2

    told = "Error: --save: /dev/full: No space left on device\n"
    assert told == capsys.readouterr().err


def test_no_file_to_compare(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty name, as of a variable that is not set, is no wish for the plan."""
    assert plan(Cluster(), "--diff", "") == 2
    assert "expected the name of a file, got an empty" in capsys.readouterr().err
