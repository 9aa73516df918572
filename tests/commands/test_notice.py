"""Notice before closing: plan and explain of a stack say what its Sweeper says."""

import json
from collections.abc import Mapping
from typing import Any

import boto3
import pytest

from commands.running import on_cluster
from commands.world import World
from deployed import refuse
from idle_jobs.times import rfc3339
from local.scenario import SWEEP, ago, build

Capture = pytest.CaptureFixture[str]
JOB = "web-latency"
NOTICE = ("--set", "NOTICE_PERIOD=3d")


def announce(world: World, days: int) -> str:
    """Write that the job was announced some days ago; return the time."""
    at = rfc3339(ago(days=days))
    item = {"cluster": "demo", "closed": f"announced {JOB}", "job_id": JOB}
    table = boto3.resource("dynamodb").Table(world.ids["Ledger"])
    table.put_item(Item=item | {"noted_at": at, "announced_at": at})
    return at


def told(text: str) -> Mapping[str, Any]:
    """Return what a plan says of the job."""
    jobs = json.loads(text)["jobs"]
    return next(job for job in jobs if job["job_id"] == JOB)


@pytest.mark.slow
def test_the_plan_says_until_when_a_job_is_held(world: World, capsys: Capture) -> None:
    """By the ledger of the stack."""
    at = announce(world, days=1)
    assert world.run("plan", "-o", "json", *NOTICE) == 0
    job = told(capsys.readouterr().out)

    assert (job["sweep"], job["hold_reason"]) == ("hold", "announced")
    assert job["hold_detail"].startswith(f"announced {at}, may be closed from ")


@pytest.mark.slow
def test_the_plan_sends_a_job_whose_notice_is_over(
    world: World, capsys: Capture
) -> None:
    """It was idle ever since."""
    announce(world, days=3)
    assert world.run("plan", "-o", "json", *NOTICE) == 0

    assert told(capsys.readouterr().out)["sweep"] == "send"


@pytest.mark.slow
def test_explain_says_when_a_job_may_be_closed(world: World, capsys: Capture) -> None:
    """After its verdict, which is not changed by the notice."""
    at = announce(world, days=1)
    assert world.run("explain", JOB, "-o", "json", *NOTICE) == 0
    found = json.loads(capsys.readouterr().out)

    last = found["rules"][-1]
    assert (found["verdict"], last["rule"]) == ("close", "announced for long enough?")
    assert last["answer"].startswith(f"hold announced (announced {at}, may be closed ")


def test_without_a_stack_nothing_is_known_to_be_announced(capsys: Capture) -> None:
    """There is no ledger to read."""
    assert on_cluster(build(now=SWEEP), "plan", "-o", "json", *NOTICE) == 0
    job = told(capsys.readouterr().out)
    assert on_cluster(build(now=SWEEP), "explain", JOB, "-o", "json", *NOTICE) == 0
    last = json.loads(capsys.readouterr().out)["rules"][-1]

    why = "not announced yet; may be closed 3d after that, if still idle"
    assert job["hold_detail"] == why
    assert last["answer"] == f"hold announced ({why})"


@pytest.mark.slow
def test_a_ledger_that_cannot_be_read_is_said(world: World, capsys: Capture) -> None:
    """And the plan is that of a Sweeper whose ledger is away: it closes none."""
    announce(world, days=3)
    with refuse("dynamodb.Query", "AccessDeniedException"):
        assert world.run("plan", "-o", "json", *NOTICE) == 0

    out, err = capsys.readouterr()
    jobs = json.loads(out)["jobs"]
    assert {job["action"] for job in jobs if job["sweep"] == "send"} == {"watch"}
    assert "or to have been announced" in err
