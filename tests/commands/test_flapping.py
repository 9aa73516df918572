"""A job that came back twice: plan and explain say of it what the Sweeper says."""

import json
from typing import Any

import boto3
import pytest

from commands.running import on_cluster
from commands.world import World
from deployed import on_event, refuse, send
from local.scenario import SWEEP, ago, build

pytestmark = pytest.mark.slow
Capture = pytest.CaptureFixture[str]
JOB = "web-latency"


@pytest.fixture
def flapping(world: World) -> World:
    """Return a stack that has closed a job twice, which is open again."""
    table = boto3.resource("dynamodb").Table(world.ids["Ledger"])
    for days in (60, 40):
        closed = ago(days=days).strftime("%Y-%m-%dT%H:%M:%SZ")
        item: dict[str, Any] = {"closed": f"{closed} {JOB}", "job_id": JOB}
        item |= {"cluster": "demo", "closed_by": "us", "kind": "close"}
        item["only_if_idle"] = True
        table.put_item(Item=item)
    return world


def planned(world: World, capsys: Capture) -> dict[str, Any]:
    """Return what the plan says of the job."""
    assert world.run("plan", "-o", "json") == 0
    plan = json.loads(capsys.readouterr().out)
    return next(job for job in plan["jobs"] if job["job_id"] == JOB)


def test_the_plan_of_a_stack_leaves_it_alone(flapping: World, capsys: Capture) -> None:
    """As its Sweeper does, by the same ledger."""
    told = planned(flapping, capsys)
    send(
        flapping.ids["RequestQueue"], json.dumps({"job_id": JOB, "only_if_idle": True})
    )
    flapping.work()

    assert (told["action"], told["reason"], told["sweep"]) == ("report", "flapping", "")
    assert flapping.outcomes()[JOB] == "skipped: flapping"


def test_explain_says_what_would_change_it(flapping: World, capsys: Capture) -> None:
    """Since when, and what its owner can set."""
    assert flapping.run("explain", JOB, "-o", "json") == 0
    told = json.loads(capsys.readouterr().out)

    came_back = next(each for each in told["inputs"] if each["input"] == "came_back")
    changes = {each["change"]: each["verdict"] for each in told["changes"]}
    assert came_back["value"] == "2026-01-01T00:00:00Z, 2026-01-21T00:00:00Z"
    assert "closed by us 2 times since 2026-01-01T00:00:00Z" in told["detail"]
    for mode, verdict in {
        "auto": "close idle_datafeed_stopped",
        "notify": "report idle_datafeed_stopped",
        "never": "keep kept_by_owner",
    }.items():
        assert changes[f"custom_settings.idle_closer.mode={mode}"].startswith(verdict)


def test_without_a_stack_there_is_no_ledger(capsys: Capture) -> None:
    """The cluster does not say who closed a job, so it is judged like any other."""
    assert on_cluster(build(now=SWEEP), "explain", JOB, "-o", "json") == 0

    assert json.loads(capsys.readouterr().out)["reason"] != "flapping"


def test_a_stack_of_an_older_version_has_no_ledger(
    flapping: World, capsys: Capture
) -> None:
    """Nor does its Sweeper read one."""

    def older(parsed: dict[str, Any], **_: object) -> None:
        found = parsed["StackResourceSummaries"]
        found[:] = [each for each in found if each["LogicalResourceId"] != "Ledger"]

    with on_event("after-call.cloudformation.ListStackResources", older):
        told = planned(flapping, capsys)

    assert told["action"] == "close"


def test_a_ledger_that_cannot_be_read_is_said(flapping: World, capsys: Capture) -> None:
    """On stderr; the plan is then that of a Sweeper whose ledger is away."""
    with refuse("dynamodb.Query", "AccessDeniedException"):
        assert flapping.run("plan", "-o", "json") == 0

    out, err = capsys.readouterr()
    plan = json.loads(out)
    assert next(j for j in plan["jobs"] if j["job_id"] == JOB)["action"] == "close"
    assert err.startswith("The ledger could not be read: ")
    assert "AccessDeniedException" in err


@pytest.mark.parametrize("only_if_idle", [True, False])
def test_a_request_is_shown_as_the_sweeper_takes_it(
    flapping: World, capsys: Capture, only_if_idle: bool
) -> None:
    """A plain request for the job closes it, and a request for idle jobs does not."""
    idle = ("--only-if-idle",) if only_if_idle else ()
    code = flapping.run("close", JOB, "--dry-run", "-o", "json", *idle)
    [told] = json.loads(capsys.readouterr().out)["jobs"]

    assert code == 0
    assert told["first_step"] == ("skipped: flapping" if only_if_idle else "close")
