"""`idle-jobs undo`: what it shows, asks and lets the Reopener do."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
import time_machine

from commands.world import World
from deployed import send
from local.scenario import SWEEP

pytestmark = pytest.mark.slow
Capture = pytest.CaptureFixture[str]
CLOSED = ("api", "batch", "crm")
HOUR = timedelta(hours=1)
YES = ("--yes", "--requested-by", "ann")


@pytest.fixture
def mistaken(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield a stack that closed three jobs an hour ago, one of which was opened since.

    No round waits for the next one.
    """
    monkeypatch.setattr("idle_jobs_cli.stack.undoing.NEXT_ROUND", 0)
    for job_id in CLOSED:
        opened = SWEEP - 24 * HOUR
        given: dict[str, Any] = {"state": "opened", "opened": opened}
        given |= {"datafeed": "started"} if job_id == "api" else {}
        world.cluster.add_job(job_id, now=SWEEP, memory="1gb", created=opened, **given)
        send(world.ids["RequestQueue"], json.dumps({"job_id": job_id}))
    world.work()
    with time_machine.travel(SWEEP + HOUR, tick=False), world.answering():
        world.cluster.jobs["batch"].state = "opened"
        yield world


def states(world: World) -> dict[str, tuple[str, str | None]]:
    """Return the states of the three jobs, and of their datafeeds."""
    jobs = world.cluster.jobs
    return {job_id: (jobs[job_id].state, jobs[job_id].datafeed) for job_id in CLOSED}


BEFORE = {
    "api": ("closed", "stopped"),
    "batch": ("opened", None),
    "crm": ("closed", None),
}
AFTER = {
    "api": ("opened", "started"),
    "batch": ("opened", None),
    "crm": ("opened", None),
}


def test_what_would_be_done_is_shown_first(mistaken: World, capsys: Capture) -> None:
    """With the reason for each job that is left; nothing is touched."""
    assert mistaken.run("undo", "--since", "2h", "--dry-run") == 0
    told = capsys.readouterr().out

    assert told.splitlines()[-1] == "Nothing was reopened."
    assert "api    1.0 GB  started   reopened" in told
    assert "batch  1.0 GB            left: reopened, somebody has opened it" in told
    assert states(mistaken) == BEFORE


def test_what_was_closed_is_reopened(mistaken: World, capsys: Capture) -> None:
    """Each outcome is shown; a datafeed runs again only if it ran before."""
    assert mistaken.run("undo", "--since", "2h", *YES, "--reason", "too early") == 0
    told = capsys.readouterr().out

    assert states(mistaken) == AFTER
    assert "api: reopened: requested\ncrm: reopened: requested\n" in told
    assert "2 of 2 jobs reopened. Sweeps judge them again after twice" in told
    outcomes = [x for x in mistaken.log if x.get("ended") == "reopened"]
    assert {("ann", "too early")} == {
        (x["requested_by"], x["request_reason"]) for x in outcomes
    }
    # Once more, there is nothing to do.
    assert mistaken.run("undo", "--since", "2h", *YES) == 0
    assert "left: reopened, it was undone at" in capsys.readouterr().out


def test_one_job_and_one_request_can_be_chosen(
    mistaken: World, capsys: Capture
) -> None:
    """The other stays closed; a program gets each closing."""
    table = boto3.resource("dynamodb").Table(mistaken.ids["Ledger"])
    crm = next(i for i in table.scan()["Items"] if i["job_id"] == "crm")
    asked = ("undo", "--sweep", str(crm["request_id"]), *YES, "-o", "json")

    assert mistaken.run(*asked) == 0
    [told] = json.loads(capsys.readouterr().out)["closings"]
    assert (told["job_id"], told["ended"]) == ("crm", "reopened")
    assert states(mistaken) == AFTER | {"api": BEFORE["api"]}
    assert mistaken.run("undo", "--job", "api", *YES) == 0
    assert states(mistaken) == AFTER


def test_a_person_is_asked(mistaken: World, capsys: Capture, answers: Any) -> None:
    """No ends it, and so does Ctrl-C; yes goes on."""
    answers("n\n")
    assert mistaken.run("undo", "--job", "crm") == 0
    told = capsys.readouterr()
    assert "Let stack drill reopen 1 job? [y/N]" in told.err
    assert told.out.splitlines()[-1] == "Nothing was reopened."
    answers("")
    assert mistaken.run("undo", "--job", "crm") == 130
    assert "Nothing was reopened." in capsys.readouterr().err
    assert states(mistaken) == BEFORE
    answers("y\n")
    assert mistaken.run("undo", "--job", "crm") == 0
    assert states(mistaken)["crm"] == ("opened", None)


def test_a_round_that_fails_is_begun_again(mistaken: World, capsys: Capture) -> None:
    """What it did is in the ledger, so nothing is done twice, and all is told."""
    fails = iter([False, True, True, False])
    mistaken.crashes = lambda: next(fails)
    assert mistaken.run("undo", "--since", "2h", *YES) == 0

    assert states(mistaken) == AFTER
    assert capsys.readouterr().out.count(": reopened: requested") == 2
    opens = [
        x for x in mistaken.log if x["message"] == "posted" and x["step"] == "open"
    ]
    assert sorted(x["job_id"] for x in opens) == ["api", "crm"]


def test_a_function_that_fails_each_time_is_told(
    mistaken: World, capsys: Capture
) -> None:
    """After three rounds, with where to read more."""
    fails = iter([False, True, True, True])
    mistaken.crashes = lambda: next(fails)
    assert mistaken.run("undo", "--since", "2h", *YES) == 1

    told = capsys.readouterr().err
    assert "Task timed out" in told
    assert "the log group /aws/lambda/drill-Reopener" in told


def test_what_was_done_before_a_failure_is_told(
    mistaken: World, capsys: Capture
) -> None:
    """A program, too, hears of each job that was reopened."""
    mistaken.cluster.jobs["crm"].open_takes = timedelta(days=300)
    fails = iter([False, False, True, True, True])
    mistaken.crashes = lambda: next(fails)
    assert mistaken.run("undo", "--since", "2h", *YES, "-o", "json") == 1

    [told] = json.loads(capsys.readouterr().out)["closings"]
    assert (told["job_id"], told["ended"]) == ("api", "reopened")


def test_what_is_left_when_the_time_is_over(mistaken: World, capsys: Capture) -> None:
    """With the reason of Elasticsearch; the exit code says that something is left."""
    mistaken.cluster.memory = "1kb"
    assert mistaken.run("undo", "--since", "2h", "--wait", "0", *YES) == 3
    told = capsys.readouterr().out

    assert "api: not reopened yet: throttled, 429" in told
    assert "0 of 2 jobs reopened. Give the command again to go on." in told
    mistaken.cluster.memory = "64gb"
    assert mistaken.run("undo", "--since", "2h", *YES) == 0
    assert states(mistaken) == AFTER


def test_rounds_go_on_until_all_is_done(mistaken: World, capsys: Capture) -> None:
    """A job that is slow to open is looked at again."""
    job = mistaken.cluster.jobs["crm"]
    job.open_takes = timedelta(days=300)
    rounds = iter(range(9))

    def turn() -> bool:
        if next(rounds) == 2:
            job.state = "opened"
        return False

    mistaken.crashes = turn
    assert mistaken.run("undo", "--job", "crm", *YES) == 0
    assert "1 of 1 job reopened." in capsys.readouterr().out


def test_an_empty_ledger_is_said(world: World, capsys: Capture) -> None:
    """How far back it was read, too."""
    with world.answering():
        assert world.run("undo", "--job", "web", "--dry-run") == 0
        assert world.run("undo", "--job", "web", "--dry-run", "-o", "csv") == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "The ledger has no such closing in the last 30d."
    assert told[-1].startswith("closed,job_id,undo,ended,reason")


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ((), "expected --since, --job or --sweep"),
        (("--since", "soon"), "since: expected a time value such as 30m"),
        (("--job", "web*"), "job_id: expected one job id"),
        (("--since", "2h"), "expected --yes or --dry-run: there is no terminal"),
        (("--since", "2h", "--yes", "--reason", "x" * 300), "reason: expected up to"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_done(
    asked: tuple[str, ...], why: str, world: World, capsys: Capture
) -> None:
    """The name of the option or of the field, and what was expected."""
    assert world.run("undo", *asked) == 2
    assert why in capsys.readouterr().err
