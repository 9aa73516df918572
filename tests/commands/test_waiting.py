"""`--wait` of `idle-jobs close` and `redrive`: what is shown, and when it ends."""

import csv
import json
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from builders import persons_message
from commands.world import World
from deployed import on_event, send
from idle_jobs_cli.commands.waiting import OUTCOME_FIELDS
from local.scenario import SWEEP
from schemas import wrongs

pytestmark = pytest.mark.slow

Capture = pytest.CaptureFixture[str]


def outcome(job_id: str = "", ended: str = "closed", **fields: Any) -> dict[str, Any]:
    """Return the outcome of a job, as a closer logs it."""
    line = {"message": "outcome", "service": "closer", "ended": ended, "job_id": job_id}
    return line | {"reason": "requested"} | fields


def logged(world: World, *lines: dict[str, Any]) -> AbstractContextManager[None]:
    """Let these lines be logged of each request that is sent meanwhile."""

    def log(parsed: dict[str, Any], **_: object) -> None:
        for line in lines:
            own = {"request_id": parsed["MessageId"]}
            world.put_line("CloserLogGroup", own | line)

    return on_event("after-call.sqs.SendMessage", log)


def told(printed: str) -> list[str]:
    """Return what was printed of the outcomes of a request."""
    _, _, lines = printed.partition("Its outcomes have the request_id ")
    return lines.splitlines()[1:]


def test_the_outcomes_of_the_functions_are_shown(world: World, capsys: Capture) -> None:
    """They come as soon as the jobs are closed, and then the wait is over."""
    argv = ["tmp-*,archived,web-latency", "--yes", "--wait", "60s"]
    with world.working():
        code = world.run("close", *argv)

    assert code == 0
    assert sorted(told(capsys.readouterr().out)) == [
        "archived: skipped: already_closed",
        "tmp-probe: closed: requested",
        "tmp-trial: closed: requested",
        "web-latency: closed: requested",
    ]


def test_what_hangs_is_missing(world: World, capsys: Capture) -> None:
    """Each job that has no outcome in time is named, with the exit code 3."""
    with world.working():
        code = world.run("close", "mail-queue,web-latency", "--yes", "--wait", "0")

    assert code == 3
    assert told(capsys.readouterr().out) == [
        "web-latency: closed: requested",
        "mail-queue: no outcome yet; search the logs for this request_id later",
    ]


A, B = outcome("tmp-probe"), outcome("tmp-trial")
A_TOLD, B_TOLD = "tmp-probe: closed: requested", "tmp-trial: closed: requested"
A_LATE = {"ended": "skipped", "reason": "already_closed", "detail": "closed 6h ago"}
LATER = "no outcome yet; search the logs for this request_id later"
REFUSED = {"service": "sweeper", "ended": "parked", "reason": "unexpected_number"}
CASES: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "both": ([A, B], [A_TOLD, B_TOLD]),
    "one of two": ([A], [A_TOLD, f"tmp-trial: {LATER}"]),
    "one twice": ([A, B, A], [A_TOLD, B_TOLD]),
    "closed, and skipped at a second delivery": ([A, B, A | A_LATE], [A_TOLD, B_TOLD]),
    "skipped, and closed after all": (
        [A | A_LATE, A, B],
        ["tmp-probe: skipped: already_closed, closed 6h ago", A_TOLD, B_TOLD],
    ),
    "one parked": (
        [A | {"ended": "parked"}, B],
        ["tmp-probe: parked: requested", B_TOLD],
    ),
    "the whole request": (
        [outcome("tmp-*", **REFUSED)],
        ["tmp-*: parked: unexpected_number"],
    ),
    "no such job": (
        [outcome("tmp-*", "skipped", service="sweeper", reason="no_match")],
        ["tmp-*: skipped: no_match"],
    ),
    "another job of the request": (
        [A, outcome("tmp-new", "skipped", reason="active")],
        [A_TOLD, "tmp-new: skipped: active", f"tmp-trial: {LATER}"],
    ),
    "another request": (
        [A, B | {"request_id": "other"}],
        [A_TOLD, f"tmp-trial: {LATER}"],
    ),
    "other lines": (
        [A, B | {"message": "sent", "why": "outcome"}, {"message": "swept"}],
        [A_TOLD, f"tmp-trial: {LATER}"],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), CASES.values(), ids=CASES)
def test_each_job_ends_once(
    lines: list[dict[str, Any]], expected: list[str], world: World, capsys: Capture
) -> None:
    """Whatever is logged; the exit code is 3 if anything is parked or missing."""
    with logged(world, *lines):
        code = world.run("close", "tmp-*", "--yes", "--wait", "0")

    assert expected == told(capsys.readouterr().out)
    left = any(LATER in line or "parked" in line for line in expected)
    assert code == (3 if left else 0)


COUNTED: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "all": ([A, B], [A_TOLD, B_TOLD]),
    "some": ([A], [A_TOLD, f"1 of 2 jobs: {LATER}"]),
    "none": ([], [f"2 of 2 jobs: {LATER}"]),
    "one that was closed before": (
        [A, outcome("archived", service="sweeper", **A_LATE)],
        [
            A_TOLD,
            "archived: skipped: already_closed, closed 6h ago",
            f"1 of 2 jobs: {LATER}",
        ],
    ),
    "the whole request": (
        [outcome("tmp-*,archived", **REFUSED)],
        ["tmp-*,archived: parked: unexpected_number"],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), COUNTED.values(), ids=COUNTED)
def test_a_given_number_of_jobs_is_waited_for(
    lines: list[dict[str, Any]], expected: list[str], world: World, capsys: Capture
) -> None:
    """Their names are not known here, and the first outcome is not the last."""
    argv = ["tmp-*, archived", "--expected-jobs", "2", "--yes", "--wait", "0"]
    with logged(world, *lines):
        world.run("close", *argv)

    assert expected == told(capsys.readouterr().out)


def test_a_document_has_the_outcomes(world: World, capsys: Capture) -> None:
    """As their schema says, with the fields of the logger left out."""
    argv = ["mail-queue,web-latency", "--yes", "--wait", "0", "-o", "json"]
    with world.working():
        code = world.run("close", *argv)
    document = json.loads(capsys.readouterr().out)
    (ended,) = document["outcomes"]

    assert code == 3
    assert wrongs("outcome", ended) == []
    assert (ended["job_id"], ended["ended"]) == ("web-latency", "closed")
    assert document["request_id"] == ended["request_id"]
    assert document["missing"] == [
        {"request_id": document["request_id"], "what": "mail-queue"}
    ]


def test_csv_has_a_line_for_each_outcome(world: World, capsys: Capture) -> None:
    """The columns are the fields of an outcome, whatever came."""
    argv = ["web-latency", "--yes", "--wait", "0", "-o", "csv"]
    with world.working():
        world.run("close", *argv)
    heading, line = csv.reader(capsys.readouterr().out.splitlines())

    assert [*OUTCOME_FIELDS] == heading
    assert dict(zip(heading, line, strict=True))["closing"].startswith("web-latency@")


PARKED = persons_message(
    cluster="demo",
    job_id="tmp-probe",
    request_id="r-7",
    requested_at=SWEEP,
    evidence=None,
    sent_at=None,
)


def redriven(world: World, *bodies: str, lines: list[dict[str, Any]]) -> int:
    """Redrive messages, and let these lines be logged as soon as the first is sent."""
    for body in bodies:
        send(world.ids["ParkingQueue"], body)
    with logged(world, *lines):
        return world.run("redrive", "--all", "--wait", "0")


def outcomes_of(printed: str) -> list[str]:
    """Return what was printed after the moves."""
    return printed.partition("moved to RequestQueue.\n")[2].splitlines()


SWEPT = {"message": "swept", "service": "sweeper", "request_id": "r-7"}
LIST = '{"job_id": "tmp-probe, tmp-trial", "only_if_idle": false, "request_id": "r-7"}'
OF_A_LIST: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "all": (
        [SWEPT | {"verdicts": {"active": 2, "already_closed": 9}}, A, B],
        [f"r-7 {A_TOLD}", f"r-7 {B_TOLD}"],
    ),
    "some": (
        [SWEPT | {"verdicts": {"active": 2}}, SWEPT | {"verdicts": {"active": 1}}, A],
        [f"r-7 {A_TOLD}", f"r-7 1 of 2 jobs: {LATER}"],
    ),
    "not yet read": ([A], [f"r-7 {A_TOLD}", f"r-7: {LATER}"]),
    "a refusal": (
        [outcome("tmp-probe,tmp-trial", **REFUSED)],
        ["r-7 tmp-probe,tmp-trial: parked: unexpected_number"],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), OF_A_LIST.values(), ids=OF_A_LIST)
def test_a_redriven_list_ends_with_its_last_job(
    lines: list[dict[str, Any]], expected: list[str], world: World, capsys: Capture
) -> None:
    """The summary of the Sweeper says how many jobs there are."""
    code = redriven(
        world, LIST, lines=[{**line, "request_id": "r-7"} for line in lines]
    )

    assert expected == outcomes_of(capsys.readouterr().out)
    assert code == (3 if "parked" in expected[-1] or LATER in expected[-1] else 0)


def test_jobs_of_one_request_are_told_apart(world: World, capsys: Capture) -> None:
    """Each message waits for its own job, and each outcome is shown once."""
    other = persons_message(job_id="tmp-trial", request_id="r-7")
    lines = [A | {"request_id": "r-7"}]
    code = redriven(world, PARKED.to_json(), other.to_json(), lines=lines)

    assert code == 3
    assert outcomes_of(capsys.readouterr().out) == [f"r-7 {A_TOLD}", f"r-7: {LATER}"]


def test_the_watch_of_a_sweep_is_found(world: World, capsys: Capture) -> None:
    """Its request id has an end of its own."""
    watch = persons_message(job_id="tmp-probe", request_id="sweep-1/watch")
    code = redriven(world, watch.to_json(), lines=[A | {"request_id": "sweep-1/watch"}])

    assert code == 0
    assert outcomes_of(capsys.readouterr().out) == [f"sweep-1/watch {A_TOLD}"]


def test_how_it_was_parked_before_is_no_outcome(world: World, capsys: Capture) -> None:
    """A redriven request keeps its id, so an older outcome has the same."""
    parked = outcome("tmp-probe", "parked", request_id="r-7")
    with time_machine.travel(SWEEP - timedelta(minutes=1), tick=False):
        world.put_line("CloserLogGroup", parked)
    code = redriven(world, PARKED.to_json(), lines=[A | {"request_id": "r-7"}])

    assert code == 0
    assert outcomes_of(capsys.readouterr().out) == [f"r-7 {A_TOLD}"]


def test_a_document_of_a_redrive(world: World, capsys: Capture) -> None:
    """What was moved, with both ids, and what came of it."""
    old = send(world.ids["ParkingQueue"], PARKED.to_json())
    with world.working():
        code = world.run("redrive", "--all", "--wait", "0", "-o", "json")
    document = json.loads(capsys.readouterr().out)
    (moved,), (ended,) = document["moved"], document["outcomes"]

    assert code == 0
    assert moved | {"new_message_id": ""} == {
        "message_id": old,
        "new_message_id": "",
        "job_id": "tmp-probe",
        "request_id": "r-7",
        "expired": False,
    }
    assert wrongs("outcome", ended) == []
    assert (ended["request_id"], document["missing"]) == ("r-7", [])


def test_csv_of_a_redrive(world: World, capsys: Capture) -> None:
    """Without a wait, a line is a message."""
    send(world.ids["ParkingQueue"], PARKED.to_json())
    world.run("redrive", "--all", "-o", "csv")
    heading, line = csv.reader(capsys.readouterr().out.splitlines())

    assert heading[0] == "message_id"
    assert line[2:] == ["tmp-probe", "r-7", "False"]
