"""The demo's day: it ends as it says, and an outage in its middle changes no force."""

import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from simulator import scenario
from simulator.cluster import Fault
from simulator.runner import Runner

pytestmark = pytest.mark.slow

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
EXCERPT = README.split("```text\n")[1].split("```")[0].splitlines()


def test_the_demo_ends_as_its_rows_demand() -> None:
    """As a newcomer runs it: plain text in a pipe, one line for each job, exit 0."""
    demo = subprocess.run(
        [sys.executable, "-m", "simulator.demo"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )

    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert demo.stderr == ""
    assert demo.stdout.isascii()
    assert [line for line in EXCERPT if line not in demo.stdout] == []
    assert all(f"| {row.job_id} " in demo.stdout for row in scenario.ROWS)


def day(*faults: Fault) -> Runner:
    """Run the scenario's day under faults; return the stack as it was left."""
    cluster = scenario.build()
    cluster.faults += faults
    with Runner(cluster, scenario.START, scenario.PARAMETERS) as runner:
        scenario.direct(runner)
        runner.run(scenario.END)
        queued = [q for q in runner.topology.queues if q != "ParkingQueue"]
        assert [runner.queues.bodies(queue) for queue in queued] == [[], [], []]
    return runner


def bad_ends(runner: Runner) -> set[str]:
    """Return the jobs that were forced or parked."""
    outcomes = runner.outcomes()
    return {x["job_id"] for x in outcomes if x["ended"] in ("force_closed", "parked")}


@pytest.fixture(scope="module")
def calm() -> Runner:
    """Return the day without faults."""
    return day()


@pytest.mark.parametrize("kind", ["refuse", "status"])
def test_a_three_hour_outage_forces_parks_and_loses_nothing(
    kind: str, calm: Runner
) -> None:
    """Ten minutes after the sweep the cluster goes away until ten past three."""
    start = scenario.SWEEP + timedelta(minutes=10)
    outage = Fault(path=".", kind=kind, start=start, until=start + timedelta(hours=3))  # type: ignore[arg-type]
    disturbed = day(outage)
    ends = Counter(outcome["job_id"] for outcome in disturbed.outcomes())

    assert bad_ends(disturbed) <= bad_ends(calm)
    assert ends == Counter(outcome["job_id"] for outcome in calm.outcomes())
    assert disturbed.errors == []
