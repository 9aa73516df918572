"""`idle-jobs report`: from a cluster, a saved plan or a stack, and what it replaces."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import boto3
import pytest
import time_machine
from moto import mock_aws

from builders import closed_job, sweeps_message
from commands.running import idle_jobs, on_cluster
from commands.world import World
from deployed import refuse, send
from idle_jobs.ledger import Ledger
from idle_jobs.messages.ledger_item import item_of
from idle_jobs.messages.outcome import Ended, outcome_of
from idle_jobs.reasons import Reason
from idle_jobs_cli.cluster.target import open_target
from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.commands.report_answer import of_target, said
from idle_jobs_cli.page.render import MARK
from idle_jobs_cli.stack.metrics import idle_memory_since
from idle_jobs_cli.stack.stack import Stack
from local.runner import SESSION
from local.scenario import SWEEP
from local.topology import Topology
from page.reports import GB
from standin.cluster import API_KEY, Cluster, serve

Capture = pytest.CaptureFixture[str]
pytestmark = pytest.mark.usefixtures("at_the_sweep")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the empty folder in which the command runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_cluster_becomes_a_page(
    cluster: Cluster, folder: Path, capsys: Capture
) -> None:
    """It has the default name, and its place is told."""
    assert on_cluster(cluster, "report") == 0

    page = folder / "idle-jobs-report.html"
    assert capsys.readouterr().out == f"The report is in {page}: 34 jobs.\n"
    text = page.read_text("utf-8")
    assert "<h1>Idle jobs of stand-in</h1>" in text
    assert "What a sweep would do now with each job" in text
    assert "KEEP_PATTERNS=prod-*" in text
    assert len(re.findall('<tr><th scope="row">[a-z]', text)) >= 34


def test_a_saved_plan_becomes_a_page(
    cluster: Cluster, folder: Path, capsys: Capture
) -> None:
    """No cluster is read, and the page says of when the plan is."""
    on_cluster(cluster, "plan", "--save", "monday.json")
    capsys.readouterr()
    assert idle_jobs("report", "--plan", "monday.json", "--save", "monday.html") == 0

    assert capsys.readouterr().out.endswith("monday.html: 34 jobs.\n")
    text = (folder / "monday.html").read_text("utf-8")
    assert "by the plan in monday.json." in text
    assert "2026-03-02 00:00 UTC" in text


def test_a_saved_plan_is_of_its_own_cluster(folder: Path, capsys: Capture) -> None:
    """Another one, or other settings, would change nothing of it."""
    given = ("--plan", "monday.json", "--set", "IDLE_AFTER=4d")
    assert idle_jobs("report", *given) == 2

    told = "--plan: a saved plan is of its own cluster, with its settings"
    assert told in capsys.readouterr().err
    assert [] == [*folder.iterdir()]


def test_another_file_is_no_plan(folder: Path, capsys: Capture) -> None:
    """The error names the option that was given."""
    (folder / "x.json").write_text("{}")
    assert idle_jobs("report", "--plan", "x.json") == 2

    told = "Error: --plan: expected a plan saved by --save, in x.json\n"
    assert told == capsys.readouterr().err


def test_a_report_takes_the_place_of_a_report(folder: Path) -> None:
    """Of an empty file, too, as mktemp makes one; and of nothing else."""
    page = folder / "idle-jobs-report.html"
    page.touch()
    for _ in range(2):
        assert on_cluster(Cluster(), "report") == 0
        assert MARK in page.read_text("utf-8")


def test_a_file_of_somebody_stays(folder: Path, capsys: Capture) -> None:
    """It is told before the cluster is read."""
    page, cluster = folder / "idle-jobs-report.html", Cluster()
    page.write_text("<html>mine</html>")

    assert on_cluster(cluster, "report") == 2
    error, then = capsys.readouterr().err.splitlines()
    assert "idle-jobs-report.html: this file is no report, and stays as it is" in error
    assert then == "Next: name another file with --save, or move this one"
    assert page.read_text() == "<html>mine</html>"
    assert cluster.log == []


UNWRITABLE = {
    "no folder": ("/nowhere/page.html", "there is no folder /nowhere"),
    "a folder": ("/", "is a directory"),
    "no name": ("", "expected the name of a file, got an empty one"),
    "a long name": ("x" * 300, "File name too long"),
}


@pytest.mark.parametrize(("name", "told"), UNWRITABLE.values(), ids=UNWRITABLE)
def test_a_place_that_cannot_be_written(name: str, told: str, capsys: Capture) -> None:
    """It is told before the cluster is read."""
    cluster = Cluster()

    assert on_cluster(cluster, "report", "--save", name) == 2
    assert told in capsys.readouterr().err
    assert cluster.log == []


def test_a_full_disk(capsys: Capture) -> None:
    """What is noticed later is one line, too."""
    assert on_cluster(Cluster(), "report", "--save", "/dev/full") == 2

    told = "Error: --save: /dev/full: No space left on device\n"
    assert told == capsys.readouterr().err


def test_a_span_that_is_none(capsys: Capture) -> None:
    """The same words as those of the history."""
    assert idle_jobs("report", "--since", "soon") == 2
    assert "expected a time value such as 30m" in capsys.readouterr().err


HOUR = timedelta(hours=1)
CLOSED = {"gone": (SWEEP - HOUR, 2), "older": (SWEEP - 240 * HOUR, 1)}


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield the name of the table of a ledger that has two closings."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    why = Reason.IDLE_DATAFEED_STOPPED
    with mock_aws():
        boto3.setup_default_session(botocore_session=SESSION)
        Topology.load().ledger.create("ledger")
        ledger = Ledger(lambda: boto3.client("dynamodb"), "ledger")
        for job_id, (at, size) in CLOSED.items():
            job = closed_job(job_id=job_id, memory_bytes=size * GB, finished=at)
            message = sweeps_message(job_id=job_id, requested_at=at, taken_at=at)
            outcome = outcome_of(message, job, Ended.CLOSED, why, "")
            ledger.put(item_of(outcome, message))
        yield "ledger"


def measured(cluster: str, *points: tuple[datetime, float]) -> None:
    """Write what sweeps have measured, as CloudWatch has it from the functions."""
    dimensions = {"service": "idle-job-closer", "cluster": cluster}
    for at, value in points:
        metric = {"MetricName": "MemoryIdle", "Timestamp": at, "Value": value}
        named = [{"Name": n, "Value": v} for n, v in dimensions.items()]
        boto3.client("cloudwatch").put_metric_data(
            Namespace="IdleJobCloser",
            MetricData=[{**metric, "Dimensions": named}],  # type: ignore[typeddict-item]
        )


@pytest.mark.usefixtures("table")
def test_the_potential_is_as_the_sweeps_have_measured_it() -> None:
    """Of this cluster and in this time alone; of a long time, the largest."""
    measured("other", (SWEEP - HOUR, 9 * GB))
    measured("test", *[(SWEEP - n * HOUR, n * GB) for n in (1, 2, 3, 30)])

    assert idle_memory_since("test", SWEEP - 24 * HOUR, SWEEP) == [
        (SWEEP - n * HOUR, n * GB) for n in (3, 2, 1)
    ]
    years = idle_memory_since("test", SWEEP - 30_000 * HOUR, SWEEP)
    assert [30 * GB] == [value for _, value in years]


@pytest.mark.usefixtures("table")
def test_without_the_right_to_read_metrics_it_is_told(capsys: Capture) -> None:
    """The rest of the report is as good as before."""
    with refuse("cloudwatch.GetMetricData", "AccessDenied"):
        assert idle_memory_since("test", SWEEP - HOUR, SWEEP) == []

    told = capsys.readouterr().err
    assert told.startswith("The metrics could not be read: ")
    assert told.endswith("; the potential is shown only as it is now.\n")


def test_the_past_of_a_stack_is_added(table: str, folder: Path) -> None:
    """Its closings of a day; what was closed before still saves memory."""
    cluster = Cluster()
    for job_id, (at, _) in CLOSED.items():
        cluster.add_job(job_id, now=SWEEP, state="closed", finished=at)
    measured("test", (SWEEP - HOUR, 5 * GB))
    resources = {"Ledger": ("AWS::DynamoDB::Table", table)}
    with serve(cluster) as url:
        own = open_target(Where(url=url), {"ES_API_KEY": API_KEY})
        stack = Stack("drill", resources, SWEEP)
        target = replace(own, stack=stack, cluster_name="test")
        found = of_target(target, 24 * HOUR)

    assert found.closings
    assert [("gone", "us", "closed")] == [
        (each.job_id, each.closed_by, each.now) for each in found.closings
    ]
    assert [(SWEEP - HOUR, 5 * GB), (SWEEP, 0)] == found.potential
    assert [0, GB, 3 * GB, 3 * GB] == [amount for _, amount in found.saved]
    assert found.saved_hours == 24 + 2
    assert found.source.startswith("What the stack has closed since 2026-03-01 00:00")
    assert said(found, folder) == f"The report is in {folder}: 0 jobs, 1 closing."


@pytest.mark.slow
def test_a_stack_becomes_a_page(world: World, folder: Path, capsys: Capture) -> None:
    """With its closings, and with what they saved until now."""
    for job_id in ("web-latency", "trial-import"):
        ask = {"job_id": job_id, "requested_by": "ann", "reason": "drill"}
        send(world.ids["RequestQueue"], json.dumps(ask))
    world.work()
    with time_machine.travel(SWEEP + timedelta(hours=1), tick=False):
        assert world.run("report") == 0

    page = folder / "idle-jobs-report.html"
    told = f"The report is in {page}: 31 jobs, 2 closings.\n"
    assert told == capsys.readouterr().out
    text = " ".join(re.sub("<[^>]*>", " ", page.read_text("utf-8")).split())
    assert "2.5 GB of ML memory is saved by jobs" in text
    assert "web-latency closed after 0s: drill" in text
    assert "2026-03-02 01:00 saved 2.5 GB" in text
