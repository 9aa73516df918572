"""`idle-jobs redrive`: parked messages go back, and none is ever lost."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import boto3
import pytest
import time_machine

from builders import NOW, ago, persons_message
from commands.running import idle_jobs
from deployed import NAME, QUEUES, deployed, on_event, refuse, send, visible

pytestmark = pytest.mark.slow

LATER = NOW + timedelta(minutes=5)
PARKED = {
    job_id: persons_message(
        job_id=job_id, request_id=f"r-{job_id}", parked_reason="blocked: being reset"
    ).to_json()
    for job_id in ("ads", "cdn", "web")
}


class Killed(BaseException):
    """The end of a process in the middle of its work."""


def kill(**_: object) -> None:
    """End the process."""
    raise Killed


@pytest.fixture
def ids() -> Iterator[dict[str, str]]:
    """Yield the physical ids of a stack whose clock stands still."""
    with time_machine.travel(NOW, tick=False), deployed(*QUEUES) as ids:
        set_mode("close")
        yield ids


@pytest.fixture
def parked(ids: dict[str, str]) -> dict[str, str]:
    """Park three messages; return their ids by job."""
    return {job: send(ids["ParkingQueue"], body) for job, body in PARKED.items()}


def set_mode(mode: str) -> None:
    """Write the mode as `idle-jobs mode` does."""
    boto3.client("ssm").put_parameter(
        Name=f"/{NAME}/mode", Value=mode, Type="String", Overwrite=True
    )


def run(*argv: str) -> int:
    """Run the command."""
    return idle_jobs("redrive", "--stack", NAME, *argv)


def later(look: Callable[[], Any]) -> Any:
    """Look, or act, when nothing is hidden any more."""
    with time_machine.travel(LATER, tick=False):
        return look()


def jobs(queue: str) -> Counter[str]:
    """Return the jobs whose messages lie in a queue, as they were parked."""
    bodies = later(lambda: visible(queue))
    assert set(bodies) <= set(PARKED.values())
    return Counter(json.loads(body)["job_id"] for body in bodies)


@pytest.mark.parametrize(
    ("choose", "moved"),
    [
        (lambda parked: ["--id", parked["cdn"]], {"cdn"}),
        (lambda _: ["--job", "web"], {"web"}),
        (lambda _: ["--all"], {"ads", "cdn", "web"}),
    ],
    ids=["ID", "JOB", "ALL"],
)
def test_what_is_chosen_is_moved(
    choose: Callable[[dict[str, str]], list[str]],
    moved: set[str],
    ids: dict[str, str],
    parked: dict[str, str],
) -> None:
    """The bodies stay as they are, and what is not chosen can be received at once."""
    code = run(*choose(parked))

    assert code == 0
    assert Counter(moved) == jobs(ids["RequestQueue"])
    assert Counter(PARKED.keys() - moved) == jobs(ids["ParkingQueue"])


def test_every_move_is_told(
    ids: dict[str, str], parked: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Both ids of the message, and the request_id to look for."""
    code = run("--job", "web")
    url = ids["RequestQueue"]
    (message,) = boto3.client("sqs").receive_message(QueueUrl=url)["Messages"]

    assert code == 0
    assert capsys.readouterr().out.splitlines() == [
        f"moved {parked['web']}, now {message['MessageId']}",
        "  web: its outcome will have the request_id r-web",
        "1 message moved to RequestQueue.",
    ]


@pytest.mark.row(21)
def test_what_sqs_itself_moved_keeps_its_age_and_its_id(
    ids: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A new message would be young again, and its outcome under another key."""
    old_id = send(ids["ParkingQueue"], '{"job_id": "web"}')
    with time_machine.travel(NOW + timedelta(hours=25), tick=False):
        run("--all")
        (body,) = visible(ids["RequestQueue"])
    out = capsys.readouterr().out

    assert json.loads(body) == {
        "request_id": old_id,
        "requested_at": "2026-11-23T12:00:00Z",
        "job_id": "web",
    }
    assert f"web: its outcome will have the request_id {old_id}\n" in out
    assert "requested 1d 1h ago, over 1d: closes the job only if it is idle" in out


def test_a_body_that_would_grow_too_long_is_moved_as_it_is(
    ids: dict[str, str],
) -> None:
    """Written anew, SQS would refuse it for ever, and all that comes after it."""
    body = '{"job_id": "web", "x": "' + "\u00e9" * 300_000 + '"}'
    send(ids["ParkingQueue"], body)

    assert run("--all") == 0
    assert later(lambda: visible(ids["RequestQueue"])) == [body]


def test_an_empty_id_is_no_id(
    ids: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The Sweeper refuses it, and tells of it by its message's id."""
    send(ids["ParkingQueue"], '{"job_id": "web", "request_id": ""}')
    run("--all")
    moved, told, _ = capsys.readouterr().out.splitlines()

    assert told.endswith(f"the request_id {moved.split()[-1]}")


def test_an_unreadable_body_gets_its_messages_id(
    ids: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """What was parked unread is moved unread, and found by its new message's id."""
    send(ids["ParkingQueue"], "<html>", "unreadable")
    run("--all")
    moved, told, _ = capsys.readouterr().out.splitlines()
    new_id = moved.split()[-1]

    assert (
        f"  no readable job_id: its outcome will have the request_id {new_id}" == told
    )
    assert later(lambda: visible(ids["RequestQueue"])) == ["<html>"]


@pytest.mark.slow
@pytest.mark.parametrize("stop", ["kill", "refusal"])
@pytest.mark.parametrize("call", ["SendMessage", "DeleteMessage"])
@pytest.mark.parametrize("event", ["before-call", "after-call"])
def test_no_stop_loses_a_message(
    event: str, call: str, stop: str, ids: dict[str, str], parked: dict[str, str]
) -> None:
    """Killed or refused around each call, then run again: all are there, unparked."""
    moved_before = (event, call) != ("before-call", "SendMessage")
    if stop == "refusal":
        with refuse(f"sqs.{call}", "AccessDenied"):
            assert run("--all") == 1
    else:
        # A process that is killed tidies nothing up.
        tidying = on_event("before-call.sqs.ChangeMessageVisibilityBatch", kill)
        with suppress(Killed), tidying, on_event(f"{event}.sqs.{call}", kill):
            run("--all")
    assert set(parked) == {*jobs(ids["RequestQueue"]), *jobs(ids["ParkingQueue"])}
    later(lambda: run("--all"))

    assert not jobs(ids["ParkingQueue"])
    assert set(parked) == set(jobs(ids["RequestQueue"]))
    assert sum(jobs(ids["RequestQueue"]).values()) <= len(parked) + moved_before


def test_what_is_parked_again_meanwhile_stays(
    ids: dict[str, str], parked: dict[str, str]
) -> None:
    """A Sweeper that parks at once what is moved does not keep the command running."""

    def park_again(**_: object) -> None:
        send(ids["ParkingQueue"], PARKED["web"])

    with on_event("after-call.sqs.DeleteMessage", park_again):
        code = run("--all")

    assert code == 0
    assert Counter([*parked]) == jobs(ids["RequestQueue"])
    assert Counter(web=3) == jobs(ids["ParkingQueue"])


@pytest.mark.parametrize(
    ("hours", "fields", "warns"),
    [
        (24, {}, False),
        (25, {}, True),
        (25, {"only_if_idle": True}, False),
    ],
)
def test_an_expired_request_is_warned_of(
    hours: int,
    fields: dict[str, bool],
    warns: bool,
    ids: dict[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Past RequestExpiresAfter, what was an order closes only an idle job."""
    message = persons_message(requested_at=ago(hours=hours), **fields)
    send(ids["ParkingQueue"], message.to_json())
    run("--all")
    warning = "  requested 1d 1h ago, over 1d: closes the job only if it is idle"

    assert warns == (warning in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize(
    ("mode", "told"),
    [("observe", "so requests end"), ("paused", "so requests wait")],
)
@pytest.mark.usefixtures("parked")
def test_a_mode_that_closes_nothing_is_warned_of(
    mode: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A request that is moved while observing is spent; while paused it waits."""
    set_mode(mode)
    run("--job", "web")

    assert capsys.readouterr().out.startswith(f"mode: {mode}, {told}")


def log(ids: dict[str, str], group: str, text: str = "", **fields: str) -> None:
    """Let a function, or its runtime, write a line."""
    logs, where = boto3.client("logs"), {"logGroupName": ids[group]}
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_stream(**where, logStreamName="x")
    message = text or json.dumps(fields)
    event = {"timestamp": int(NOW.timestamp() * 1000), "message": message}
    logs.put_log_events(**where, logStreamName="x", logEvents=[event])


@pytest.mark.usefixtures("parked")
def test_the_outcomes_are_waited_for(
    ids: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Those of the moved requests are told as soon as the functions log them."""
    line = {"message": "outcome", "ended": "closed", "reason": "requested"}
    log(ids, "CloserLogGroup", request_id="r-web", job_id="web", **line)
    log(ids, "CloserLogGroup", request_id="r-other", job_id="b", **line)
    log(ids, "SweeperLogGroup", message="sent", request_id="r-web", why="outcome")
    log(ids, "CloserLogGroup", text="Traceback: no outcome")
    log(ids, "CloserLogGroup", text='"outcome"')
    code = run("--job", "web", "--wait", "60")

    assert code == 0
    assert capsys.readouterr().out.splitlines()[3:] == ["r-web web: closed: requested"]


def test_a_refused_request_is_found_by_its_message(
    ids: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The Sweeper names the message where it does not trust the request's own id."""
    send(ids["ParkingQueue"], '{"request_id": "r-7"}')

    def refuse_it(parsed: dict[str, Any], **_: object) -> None:
        line = {"message": "outcome", "ended": "parked", "reason": "bad_request"}
        line["detail"] = "job_id: expected"
        log(ids, "SweeperLogGroup", request_id=parsed["MessageId"], **line)

    with on_event("after-call.sqs.SendMessage", refuse_it):
        run("--all", "--wait", "60")

    assert capsys.readouterr().out.splitlines()[3:] == [
        "r-7: parked: bad_request, job_id: expected"
    ]


@pytest.mark.parametrize("wait", ["0", "0.3"])
@pytest.mark.usefixtures("parked")
def test_waiting_ends(wait: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What has no outcome in time is named; it was moved all the same."""
    code = run("--job", "web", "--wait", wait)
    *_, last = capsys.readouterr().out.splitlines()

    assert code == 3
    assert last == ("r-web: no outcome yet; search the logs for this request_id later")


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ([], "expected one of --id, --job and --all"),
        (["--id", "x", "--all"], "expected one of"),
        (["--all", "yes"], "unexpected extra argument (yes)"),
        (["--job", ""], "expected one of --id, --job and --all, got an empty one"),
        (["--all", "--wait", "soon"], "expected a time such as 120s or 10m"),
        (["--all", "--wait", "-1"], "expected a time such as 120s or 10m"),
        (["--id", "x"], "expected message x in ParkingQueue"),
        (["--job", "gone"], "expected message of job gone in ParkingQueue"),
    ],
)
def test_what_cannot_be_done_moves_nothing(
    argv: list[str],
    told: str,
    ids: dict[str, str],
    parked: dict[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """All is moved only by --all; one line names what is expected."""
    code = run(*argv)
    line, *_ = capsys.readouterr().err.splitlines()

    assert told in line
    assert code == (1 if "ParkingQueue" in told else 2)
    assert Counter([*parked]) == jobs(ids["ParkingQueue"])


@pytest.mark.usefixtures("ids")
def test_an_empty_queue_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    """All of nothing is done at once."""
    code = run("--all", "--wait", "60")

    assert (0, "0 messages moved to RequestQueue.\n") == (code, capsys.readouterr().out)
