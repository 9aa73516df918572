"""The demo's day: it ends as it says, and an outage in its middle changes no force."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from local import scenario
from local.acts import ACTS
from local.checks import problems
from local.runner import Runner
from local.scenario import job
from standin.cluster import Fault

pytestmark = pytest.mark.slow

README = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
EXCERPT = README.split("```text\n")[1].split("```")[0].splitlines()


def demo(**environment: str) -> subprocess.CompletedProcess[str]:
    """Run the demo as a newcomer does, into a pipe."""
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, "-m", "local.demo"],
        env=os.environ | path | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_the_demo_ends_as_its_rows_demand() -> None:
    """Plain text in a pipe, a line for each job, what the README shows, and exit 0."""
    run = demo()
    jobs = [row.job_id for act in ACTS for row in act.rows]

    assert (run.returncode, run.stderr) == (0, ""), run.stdout + run.stderr
    assert run.stdout.isascii()
    assert [job for job in jobs if f"| {job} " not in run.stdout] == []
    assert [line for line in EXCERPT if line not in run.stdout] == []
    assert "read 1 job, 1 to close\n" in run.stdout


def test_the_demo_ends_the_same_under_faults() -> None:
    """Outages, 429s, cut answers and a crash change no end."""
    run = demo(FAULTS="1")

    assert (run.returncode, run.stderr) == (0, ""), run.stdout + run.stderr


def test_the_demo_can_fail() -> None:
    """A row that demands what does not happen is told."""
    act = replace(ACTS[2], rows=[job("quiet-one", "close closing > closed x > closed")])
    with Runner(act.build(), scenario.START, act.parameters) as runner:
        runner.run(act.end)
        wrong = list(problems(runner, act.rows))

    assert wrong == [
        "quiet-one: the verdict was ['keep upgrade_mode'], not close closing",
        "quiet-one: it ended [], not closed x",
        "quiet-one: it is opened, not closed",
    ]


def test_a_three_hour_outage_forces_parks_and_loses_nothing() -> None:
    """Ten minutes after the sweep the cluster goes away until ten past three."""
    start = scenario.SWEEP + timedelta(minutes=10)
    cluster = scenario.build()
    cluster.faults.append(
        Fault(path=".", kind="refuse", start=start, until=start + timedelta(hours=3))
    )
    with Runner(cluster, scenario.START, scenario.PARAMETERS) as runner:
        scenario.direct(runner)
        runner.run(scenario.END)
        queued = [q for q in runner.topology.queues if q != "ParkingQueue"]
        left = [runner.queues.bodies(queue) for queue in queued]
    wanted = {row.job_id: row.outcome for row in scenario.ROWS if row.outcome}
    ended = [(line["job_id"], line["ended"]) for line in runner.outcomes()]

    assert Counter(wanted.keys()) == Counter(job_id for job_id, _ in ended)
    assert forced_or_parked(ended) <= forced_or_parked(wanted.items())
    assert ([[], [], []], []) == (left, runner.errors)


def forced_or_parked(ends: Iterable[tuple[str, str]]) -> set[str]:
    """Return the jobs that ended badly."""
    return {job for job, end in ends if end.startswith(("force_closed", "parked"))}
