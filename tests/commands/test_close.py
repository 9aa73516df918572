"""`idle-jobs close`: what it shows, asks and sends, and that the Sweeper accepts it."""

import csv
import getpass
import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
import yaml

from commands.world import World, world_of
from deployed import NAME, on_event, refuse
from idle_jobs_cli.planning.preview import FATE_FIELDS
from local.acts import HALTED
from local.scenario import ROWS, SWEEP, build

pytestmark = pytest.mark.slow

NOT_CLOSED = [row.job_id for row in ROWS if row.verdict != "keep already_closed"]
Capture = pytest.CaptureFixture[str]


def rows(printed: str) -> dict[str, list[str]]:
    """Return the cells of the printed table by job."""
    lines = printed.rpartition("a sweep says\n")[-1].splitlines()
    cells = (re.split(r"  +", line) for line in lines if "  " in line)
    return {job_id: others for job_id, *others in cells}


MEANT = {
    "an id": ("web-latency", 1),
    "a group": ("season-2025", 2),
    "a wildcard": ("tmp-*", 2),
    "a list with a closed job": ("web-latency,archived , prod-orders", 2),
    "all": ("_all", len(NOT_CLOSED)),
    "every id": ("*", len(NOT_CLOSED)),
}


@pytest.mark.parametrize(("expression", "number"), MEANT.values(), ids=MEANT)
def test_the_sweeper_counts_as_many_jobs(
    expression: str, number: int, answers: Any, world: World, capsys: Capture
) -> None:
    """What was shown is asked for, and the Sweeper does not park it."""
    answers("y\n")
    code = world.run("close", expression, "--requested-by", "ann", "--timeout", "5m")
    (body,) = world.sent()
    world.work()

    assert code == 0
    assert body == {
        "job_id": expression,
        "requested_by": "ann",
        "requested_at": "2026-03-02T00:00:00Z",
        "only_if_idle": False,
        "timeout": "5m",
        "expected_jobs": number,
    }
    assert len(rows(capsys.readouterr().out)) == number
    ended = world.outcomes()
    assert not [end for end in ended.values() if "unexpected_number" in end]
    assert "web-latency" not in MEANT or ended


def test_each_first_step_is_the_one_that_is_taken(
    world: World, capsys: Capture
) -> None:
    """Of every job of the scenario, skipped, forced, waiting or closed."""
    world.run("close", "_all", "--dry-run", "-o", "json")
    jobs = json.loads(capsys.readouterr().out)["jobs"]
    number = str(len(NOT_CLOSED))
    world.run("close", "_all", "--expected-jobs", number, "--yes")
    world.work()
    ended = world.outcomes()
    posted = {line["job_id"] for line in world.log if line["message"] == "posted"}

    assert sorted(NOT_CLOSED) == sorted(each["job_id"] for each in jobs)
    for each in jobs:
        step, end = each["first_step"], ended.get(each["job_id"], "")
        kind, _, why = step.partition(": ")
        assert (each["job_id"] in posted) == (kind in ("close", "force"))
        assert {"skipped": step, "force": f"force_closed: {why}"}.get(kind, end) == end


def test_a_job_that_is_opened_meanwhile_parks_the_request(
    world: World, capsys: Capture
) -> None:
    """Nothing is closed that was not shown."""

    def open_one(**_: object) -> None:
        world.cluster.jobs["archived"].state = "opened"

    with on_event("before-call.sqs.SendMessage", open_one), world.working():
        code = world.run("close", "archived*,tmp-*", "--yes", "--wait", "60s")
    *_, last = capsys.readouterr().out.splitlines()

    assert code == 3
    assert last.endswith(
        "archived*,tmp-*: parked: unexpected_number, expected_jobs: 3 jobs are not "
        "closed yet, expected 2"
    )
    assert {"archived*,tmp-*"} == world.outcomes().keys()


def test_a_job_that_is_opened_at_the_question_is_not_closed(
    answers: Any, world: World
) -> None:
    """Not even in the place of another one, which leaves the number right."""
    opened, closed = (world.cluster.jobs[name] for name in ("archived", "tmp-probe"))
    later = time_machine.travel(SWEEP + timedelta(minutes=1), tick=False)

    def exchange(**_: object) -> None:
        later.start()
        opened.state, opened.opened = "opened", SWEEP + timedelta(seconds=30)
        closed.state, closed.finished = "closed", SWEEP - timedelta(days=3)

    answers("y\n")
    with on_event("before-call.sqs.SendMessage", exchange):
        world.run("close", "archived,tmp-*")
    try:
        world.work()
    finally:
        later.stop()

    assert world.outcomes()["archived"] == "skipped: reopened"
    assert world.outcomes()["tmp-trial"] == "closed: requested"


def test_only_idle_jobs_are_asked_for_without_a_number(
    answers: Any, world: World, capsys: Capture
) -> None:
    """The question has the number of those that are closed; a sweep's limits apply."""
    answers("y\n")
    code = world.run("close", "*", "--only-if-idle", "--reason", "before the upgrade")
    (body,) = world.sent()
    out, asked = capsys.readouterr()

    assert code == 0
    assert body == {
        "job_id": "*",
        "requested_by": "user/moto",
        "requested_at": "2026-03-02T00:00:00Z",
        "only_if_idle": True,
        "reason": "before the upgrade",
    }
    assert f"Ask stack {NAME} to close 8 of these 34 jobs? [y/N]:" in asked
    assert "skipped: active" in rows(out)["api-requests"]


def test_the_limit_of_a_sweep_is_told(world: World, capsys: Capture) -> None:
    """Which of the jobs are drawn is not known before the request is read."""
    world.turn(MAX_CLOSES_PER_SWEEP="3")
    world.run("close", "*", "--only-if-idle", "--dry-run")
    out, _ = capsys.readouterr()
    steps = [cells[1] for cells in rows(out).values()]

    assert steps.count("skipped: over_limit") == 5
    assert (
        "At most 3 are closed; half of them are drawn at random when the request is "
        "read.\n"
    ) in out


def test_held_jobs_are_told(at_the_sweep: None, capsys: Capture) -> None:  # noqa: ARG001
    """With the event, and with the option that closes them, too."""
    with world_of(build(HALTED)) as world:
        code = world.run("close", "*", "--only-if-idle", "--yes")
        held = capsys.readouterr().out
        before = world.sent()
        world.run("close", "*", "--only-if-idle", "--despite-halt", "--yes")
        (body,) = world.sent()

    step, _, says = rows(held)[HALTED[0].job_id][1:]
    assert (code, before) == (0, [])
    assert step == "skipped: sweep_halted"
    assert says.startswith("hold sweep_halted: 12 of 12 open jobs became idle from")
    assert "None of them would be closed.\n" in held
    assert (
        "12 jobs held, since many jobs became idle together: --despite-halt closes "
        "them, too.\n"
    ) in held
    assert body["despite_halt"] is True


LEFT_ALONE = {
    "a managed job": (["apm-transactions"], "skipped: managed", 1),
    "a job that its owner keeps": (["audit-trail"], "skipped: kept_by_owner", 1),
    "a kept job, by force": (["prod-orders", "--force"], "skipped: kept_by_owner", 1),
    "no idle job": (["tmp-*", "--only-if-idle"], "skipped: active", 0),
}


@pytest.mark.parametrize(
    ("argv", "step", "expected"), LEFT_ALONE.values(), ids=LEFT_ALONE
)
def test_what_would_be_left_alone_is_not_asked_for(
    argv: list[str], step: str, expected: int, world: World, capsys: Capture
) -> None:
    """It is shown, and nothing is sent; that is a failure if a close was wanted."""
    code = world.run("close", *argv, "--yes")
    out, _ = capsys.readouterr()

    assert (code, world.sent()) == (expected, [])
    assert {cells[1] for cells in rows(out).values()} == {step}
    assert out.endswith("None of them would be closed.\nNothing was sent.\n")


def test_closed_jobs_are_done(world: World, capsys: Capture) -> None:
    """Who asks again for what is closed has nothing left to do."""
    code = world.run("close", "archived", "--yes")

    assert (code, world.sent()) == (0, [])
    assert capsys.readouterr().out == (
        "All jobs that archived means are closed.\nNothing was sent.\n"
    )


FORCED = {
    "by default": ("evidence", "web-latency", "close"),
    "a failed job": ("evidence", "old-crash", "force: failed"),
    "a closing job": ("evidence", "night-batch", "wait: still_closing"),
    "a task without a job": ("evidence", "ghost-task", "force: force_ordered"),
    "where it is allowed": ("allowed", "web-latency", "force: force_ordered"),
}


@pytest.mark.parametrize(("orders", "job_id", "step"), FORCED.values(), ids=FORCED)
def test_an_order_to_force_is_shown_as_it_acts(
    orders: str, job_id: str, step: str, world: World, capsys: Capture
) -> None:
    """A person learns that a force may begin as a close, or that it is immediate."""
    world.turn(FORCE_ORDERS=orders)
    world.run("close", job_id, "--force", "--dry-run")
    out, _ = capsys.readouterr()

    assert rows(out)[job_id][1] == step
    gentle = "ForceOrders is evidence: the job is closed without force if it can be."
    assert (gentle in out) == (step == "close")
    waits = "The job is closing: it is forced if it still is 10m later."
    assert (waits in out) == (step == "wait: still_closing")


WRONG = {
    "a capital": (["Web"], "job_id: expected a job id, a group"),
    "nothing": ([""], "got a blank one"),
    "a timeout of another form": (["web", "--timeout", "soon"], "timeout: expected"),
    "a timeout of a week": (["web", "--timeout", "7d"], "timeout: expected at most"),
    "a halt without idleness": (["web", "--despite-halt"], "despite_halt: expected"),
    "a number of idle jobs": (
        ["web", "--only-if-idle", "--expected-jobs", "2"],
        "expected_jobs: expected with only_if_idle: false",
    ),
    "no number": (["web", "--expected-jobs", "0"], "0 is not in the range"),
    "a force of several": (["a,b", "--force"], "force: expected one exact job id"),
    "a force of a wildcard": (["a*", "--force"], "force: expected one exact job id"),
    "a force of what is idle": (
        ["web", "--force", "--only-if-idle"],
        "force: expected one exact job id, and no --only-if-idle",
    ),
    "a name with a line end": (["web", "--requested-by", "a\nb"], "requested_by: exp"),
    "no terminal": (["web-latency"], "expected --yes or --dry-run"),
}


@pytest.mark.parametrize(("argv", "told"), WRONG.values(), ids=WRONG)
def test_what_is_asked_wrongly_calls_nobody(
    argv: list[str], told: str, world: World, capsys: Capture
) -> None:
    """Exit code 2, before AWS or the cluster is asked for anything."""
    yes = [] if "terminal" in told or argv == ["web-latency"] else ["--yes"]
    with refuse("cloudformation.ListStackResources", "AccessDenied"):
        code = world.run("close", *argv, *yes)
    line, *_ = capsys.readouterr().err.splitlines()

    assert (code, world.sent(), world.cluster.log) == (2, [], [])
    assert told in line


UNKNOWN = {
    "a typo": (
        "web-latncy",
        "no group is called web-latncy: did you mean web-latency?",
    ),
    "a typo in a list": (
        "web-latency,serch-volume",
        "is called serch-volume: did you mean search-volume?",
    ),
    "a typo of a group": ("season-205", "did you mean season-2025?"),
    "two unknown": ("zzz,yyy", "called zzz; no job and no group is called yyy"),
    "a wildcard": ("zzz-*", "no job matches zzz-*"),
}


@pytest.mark.parametrize(("expression", "told"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_names_no_job_is_not_sent(
    expression: str, told: str, world: World, capsys: Capture
) -> None:
    """A name that is nearly right is told (U12)."""
    code = world.run("close", expression, "--yes")

    assert (code, world.sent()) == (1, [])
    assert told in capsys.readouterr().err


def test_a_group_cannot_be_forced(world: World, capsys: Capture) -> None:
    """The order would have no effect on its jobs."""
    code = world.run("close", "season-2025", "--force", "--yes")

    assert (code, world.sent()) == (2, [])
    assert "season-2025 is a group of 2 jobs" in capsys.readouterr().err


ANSWERS = {
    "yes": ("y\n", (0, 1)),
    "no": ("n\n", (1, 0)),
    "enter": ("\n", (1, 0)),
    "at the second try": ("what?\nyes\n", (0, 1)),
    "Ctrl-C": ("", (130, 0)),
}


@pytest.mark.parametrize(("typed", "ends"), ANSWERS.values(), ids=ANSWERS)
def test_only_a_yes_sends(
    typed: str, ends: tuple[int, int], answers: Any, world: World, capsys: Capture
) -> None:
    """Anything else says that nothing was sent."""
    answers(typed)
    code = world.run("close", "web-latency")
    said, number = "".join(capsys.readouterr()), len(world.sent())

    assert (code, number) == ends
    assert ("Nothing was sent.\n" in said) == (not number)


LIMITS = {
    "tmp-*,web-latency": ("MAX_CLOSES_PER_REQUEST", "parked: too_many: job_id: 3 jobs"),
    "tmp-*": ("MAX_CLOSES_PER_DAY", "parked: over_daily_limit: job_id: 1 jobs"),
    "*": ("HALT_ABOVE_JOBS", "an expression that matches every job needs --only-if"),
}


@pytest.mark.parametrize("expression", LIMITS)
def test_the_limits_apply_unless_a_person_sees_the_number(
    expression: str, answers: Any, world: World, capsys: Capture
) -> None:
    """A script with --yes is refused; the same request is taken if a person agrees."""
    setting, told = LIMITS[expression]
    world.turn(**{setting: "1"})
    refused = world.run("close", expression, "--yes")
    error, before = capsys.readouterr().err, world.sent()
    answers("y\n")
    taken = world.run("close", expression)
    world.work()

    assert (refused, before, taken) == (2, [], 0)
    assert f"with --yes, the limits of a request apply: {told}" in error
    seen = "Without the number of its jobs, the request would be parked: "
    assert (seen in capsys.readouterr().out) == told.startswith("parked")
    assert "closed: requested" in world.outcomes().values()


MODES = {
    "observe": "mode: observe, so requests end as `skipped: mode_is_observe`",
    "paused": "mode: paused, so requests wait until `idle-jobs resume`",
    "closed": "mode: closed, so requests wait: expected observe, close or paused",
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("more", [["web-latency"], ["tmp-*", "--expected-jobs", "2"]])
def test_a_mode_that_closes_nothing_is_told_before_the_question(
    mode: str, more: list[str], answers: Any, world: World, capsys: Capture
) -> None:
    """Whoever is asked knows what will become of the request."""
    world.set_mode(mode)
    answers("n\n")
    world.run("close", *more)

    assert capsys.readouterr().out.startswith(f"{MODES[mode]}\n")


def test_a_number_of_ones_own_needs_no_cluster(
    answers: Any, world: World, capsys: Capture
) -> None:
    """The question repeats it, and the Sweeper checks it."""
    answers("y\n")
    code = world.run("close", "tmp-*", "--expected-jobs", "3")
    read = world.cluster.log[:]
    world.work()

    assert (code, read) == (0, [])
    assert "to close 3 jobs, all that tmp-* means?" in capsys.readouterr().err
    assert world.outcomes() == {"tmp-*": "parked: unexpected_number"}


def test_without_rights_the_user_here_asks(world: World) -> None:
    """The name is that of this machine's user."""
    with refuse("sts.GetCallerIdentity", "AccessDenied"):
        world.run("close", "web-latency", "--yes")
    (body,) = world.sent()

    assert body["requested_by"] == getpass.getuser()


def test_nobody_has_to_have_a_name(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container may run as a user without one; the field is then left out."""

    def fail() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr(getpass, "getuser", fail)
    with refuse("sts.GetCallerIdentity", "AccessDenied"):
        code = world.run("close", "web-latency", "--yes")
    (body,) = world.sent()

    assert (code, "requested_by" in body) == (0, False)


def test_a_document_says_what_was_sent(world: World, capsys: Capture) -> None:
    """Lines for a person go to stderr; JSON and YAML say the same."""
    world.set_mode("observe")
    code = world.run("close", "tmp-*", "--yes", "-o", "json")
    out, err = capsys.readouterr()
    as_json = json.loads(out)
    world.run("close", "tmp-*", "--yes", "-o", "yaml")
    as_yaml = yaml.safe_load(capsys.readouterr().out)

    assert code == 0
    assert "mode: observe" in err
    assert as_json["request"] == world.sent()[0]
    assert as_json["request_id"] in err
    assert ["tmp-probe", "tmp-trial"] == [each["job_id"] for each in as_json["jobs"]]
    assert [(*each,) for each in as_json["jobs"]] == [FATE_FIELDS] * 2
    assert (as_json["outcomes"], as_json["missing"]) == ([], [])
    assert as_json["jobs"] == as_yaml["jobs"]


def test_csv_has_a_line_for_each_job(world: World, capsys: Capture) -> None:
    """A spreadsheet gets what the table shows."""
    world.run("close", "tmp-*", "--dry-run", "-o", "csv")
    heading, *lines = csv.reader(capsys.readouterr().out.splitlines())

    assert [*FATE_FIELDS] == heading
    assert [line[:3] for line in lines] == [
        ["tmp-probe", "opened", "close"],
        ["tmp-trial", "opened", "close"],
    ]
