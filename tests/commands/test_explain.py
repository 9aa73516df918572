"""`make explain` tells one decision: its inputs, its rules and what would change it."""

from pathlib import Path

import pytest

from idle_jobs_cli.commands.explain import main
from local.scenario import ROWS, Row
from markdown import fences
from standin.cluster import API_KEY, Cluster, serve

PAGE = (Path(__file__).parents[2] / "docs" / "try-it.md").read_text(encoding="utf-8")


pytestmark = pytest.mark.usefixtures("at_the_sweep")


def explain(cluster: Cluster, job_id: str, **variables: str) -> int:
    """Run `make explain` against a cluster."""
    given = {"ES_API_KEY": API_KEY, "KEEP_PATTERNS": "prod-*", "JOB": job_id}
    with serve(cluster) as url:
        return main({"CLUSTER_URL": url} | given | variables)


def cells(text: str, heading: str) -> list[list[str]]:
    """Return the rows of the table whose first column has this heading."""
    _, _, after = text.partition(f"| {heading} ")
    body, _, _ = after.partition("\n+")
    rows = body.splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize("row", ROWS, ids=[row.job_id for row in ROWS])
def test_every_job_is_explained(
    row: Row, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first line and the last rule have the verdict that the sweep gives."""
    assert explain(cluster, row.job_id) == 0

    out = capsys.readouterr().out
    rules = cells(out, "rule")
    assert out.startswith(f"{row.job_id}: {row.verdict}")
    assert rules[-1][1].startswith(row.verdict)
    assert {"no"} >= {answer for _, answer in rules[:-1]}


def test_the_page_shows_what_is_printed(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each line of the excerpt begins a line of what is printed."""
    explain(cluster, "weekly-upload")
    excerpt = next(f for f in fences(PAGE, "text") if "if nothing happens" in f)

    lines = capsys.readouterr().out.splitlines()
    assert all(any(o.startswith(e) for o in lines) for e in excerpt.splitlines())


MISSING = {"a job that is not there": "nobody", "a group": "season-2025"}


@pytest.mark.parametrize("job_id", MISSING.values(), ids=MISSING)
def test_an_unknown_job(
    job_id: str, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only an exact job id names a job."""
    assert explain(cluster, job_id) == 1

    expected = ("", f"There is no job {job_id} in this cluster.\n")
    assert expected == capsys.readouterr()


def test_a_cluster_that_refuses(capsys: pytest.CaptureFixture[str]) -> None:
    """An error of the cluster is one line, as it is for the plan."""
    assert explain(Cluster(keys=()), "web") == 1
    assert "The cluster could not be read: Refused: 401" in capsys.readouterr().err


@pytest.mark.parametrize("job_id", ["", "*", "_all", "a,b", "w eb", "Web"])
def test_bad_input(
    job_id: str, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is no job id is refused together with all else that is wrong."""
    assert explain(cluster, job_id, IDLE_AFTER="soon") == 2

    told = capsys.readouterr().err.split("; ")
    assert ["JOB", "IDLE_AFTER"] == [problem.split(":")[0] for problem in told]


def test_no_job_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever forgets JOB is told so."""
    environ = {"CLUSTER_URL": "http://localhost", "ES_API_KEY": API_KEY}

    assert main(environ) == 2
    assert "JOB: expected, but missing\n" == capsys.readouterr().err


def test_nothing_was_posted(cluster: Cluster) -> None:
    """Explaining reads four times."""
    explain(cluster, "web-latency")

    assert {"GET"} == {received.method for received in cluster.log}
