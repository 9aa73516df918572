"""`idle-jobs explain` tells one decision: inputs, rules, and what would change it."""

import json
from pathlib import Path
from typing import Any

import pytest

from commands.running import idle_jobs, on_cluster
from local.scenario import ROWS, Row
from markdown import fences
from standin.cluster import Cluster

PAGE = (Path(__file__).parents[2] / "docs" / "try-it.md").read_text(encoding="utf-8")


pytestmark = pytest.mark.usefixtures("at_the_sweep")


def explain(cluster: Cluster, job_id: str, *options: str, **variables: str) -> int:
    """Run `idle-jobs explain` against a cluster."""
    return on_cluster(cluster, "explain", job_id, *options, **variables)


@pytest.mark.parametrize("row", ROWS, ids=[row.job_id for row in ROWS])
def test_every_job_is_explained(
    row: Row, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """The verdict and the last rule are those that the sweep gives."""
    assert explain(cluster, row.job_id, "-o", "json") == 0

    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    *before, last = (rule["answer"] for rule in told["rules"])
    assert row.verdict == f"{told['verdict']} {told['reason']}"
    assert last.startswith(row.verdict)
    assert {"no"} >= set(before)


def test_the_page_shows_what_is_printed(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each line of the excerpt begins a line of what is printed."""
    explain(cluster, "weekly-upload")
    excerpt = next(f for f in fences(PAGE, "console") if "if nothing happens" in f)

    lines = capsys.readouterr().out.splitlines()
    shown = excerpt.splitlines()[1:]
    assert all(any(o.startswith(e) for o in lines) for e in shown)


NEAR = {
    "a typo (U12)": ("prod-order", ": did you mean prod-orders"),
    "nothing like it": ("nobody", ""),
    "a group": ("season-2025", ""),
}


@pytest.mark.parametrize(("job_id", "near"), NEAR.values(), ids=NEAR)
def test_an_unknown_job(
    job_id: str, near: str, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only an exact job id names a job; one that is spelt alike is named."""
    assert explain(cluster, job_id) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"Error: there is no job {job_id} in this cluster{near}")
    assert bool(near) == ("did you mean" in err)


def test_a_cluster_that_refuses(capsys: pytest.CaptureFixture[str]) -> None:
    """An error of the cluster is one line, as it is for the plan."""
    assert explain(Cluster(keys=()), "web") == 1
    assert "the cluster could not be read: 401" in capsys.readouterr().err


@pytest.mark.parametrize("job_id", ["", "*", "_all", "a,b", "w eb", "Web"])
def test_bad_input(
    job_id: str, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is no job id is refused before anything is read."""
    before = len(cluster.log)

    assert explain(cluster, job_id) == 2
    assert "expected the id of one job" in capsys.readouterr().err
    assert before == len(cluster.log)


def test_no_job_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever forgets the job is told so."""
    assert idle_jobs("explain") == 2
    assert "Missing argument 'JOB'" in capsys.readouterr().err


def test_nothing_was_posted(cluster: Cluster) -> None:
    """Explaining only reads."""
    explain(cluster, "web-latency")

    assert {"GET"} == {received.method for received in cluster.log}


def test_every_input_has_its_source_as_csv(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """A spreadsheet gets the inputs."""
    assert explain(cluster, "web-latency", "-o", "csv") == 0

    heading, *rows = capsys.readouterr().out.splitlines()
    assert heading == "input,value,from"
    assert "state,opened,stats: state" in rows
