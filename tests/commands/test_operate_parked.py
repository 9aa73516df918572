"""`idle-jobs parked`, and what every command says of bad input, on a stack in moto."""

import csv
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
import time_machine
import yaml
from botocore.exceptions import EndpointConnectionError

from builders import NOW, persons_message
from commands.running import idle_jobs
from deployed import NAME, QUEUES, deployed, on_event, refuse, send, visible
from idle_jobs_cli.stack.names import default_stack

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

TELLS = {
    "a parked message": (
        persons_message(parked_reason="blocked: being reset").to_json(),
        "",
        "0s  web  sweep-1  ann  blocked: being reset",
    ),
    "a refused request": (
        '{"job_id": "a,b", "force": 1}',
        "bad_request: force: expected true or false, got 1",
        "0s  a,b  -  -  bad_request: force: expected true or false, got 1",
    ),
    "a victim of a bug": (
        persons_message().to_json(),
        "",
        "0s  web  sweep-1  ann  dead-lettered by SQS",
    ),
    "no JSON": ("<html>", "unreadable: no", "0s  -  -  -  unreadable: no"),
    "no object": ("[1]", "", "0s  -  -  -  dead-lettered by SQS"),
    "fields of any type": (
        '{"job_id": ["a"], "request_id": 7, "requested_by": null}',
        "",
        '0s  ["a"]  7  null  dead-lettered by SQS',
    ),
    "what a terminal would obey": (
        json.dumps({"job_id": "web\x1b[2J\n", "requested_by": "x" * 70}),
        "",
        f"0s  web [2J  -  {'x' * 61}...  dead-lettered by SQS",
    ),
}


@pytest.fixture
def ids() -> Iterator[dict[str, str]]:
    """Yield the physical ids of a stack whose clock stands still."""
    with time_machine.travel(NOW, tick=False), deployed(*QUEUES) as ids:
        yield ids


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what was printed since the last time."""
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(("body", "reason", "told"), TELLS.values(), ids=TELLS)
def test_a_message_is_told_in_a_row(
    body: str,
    reason: str,
    told: str,
    ids: dict[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Its id, age, job, request, who asked and why it is here; whatever its body is."""
    message_id = send(ids["ParkingQueue"], body, reason)
    code = idle_jobs("parked", "--stack", NAME)
    headings, row, count = lines(capsys)

    assert (3, "1 message in ParkingQueue.") == (code, count)
    assert headings.split() == [
        "message",
        "id",
        "age",
        "job",
        "request",
        "by",
        "reason",
    ]
    # Columns are as wide as their widest cell.
    assert row.split() == [message_id, *told.split()]


def test_columns_stand_below_their_headings(
    ids: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The oldest comes first, and every cell begins where its heading does."""
    first = persons_message(job_id="a-long-job", parked_reason="blocked")
    send(ids["ParkingQueue"], first.to_json())
    with time_machine.travel(NOW + timedelta(hours=3, minutes=5), tick=False):
        send(ids["ParkingQueue"], "{}")
        idle_jobs("parked", "--stack", NAME)
    headings, *rows, _ = lines(capsys)
    ages, jobs, reasons = (headings.index(h) + 2 for h in ("  age", "  job", "  rea"))

    assert ["3h 5m  a-long-job", "0s     -"] == [
        row[ages : jobs + len("a-long-job")].rstrip() for row in rows
    ]
    assert ["blocked", "dead-lettered by SQS"] == [
        row[reasons:].rstrip() for row in rows
    ]


FIELDS = ("message_id", "sent_at", "job_id", "request_id", "requested_by", "reason")


def test_programs_get_every_field(
    ids: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """JSON and YAML say the same, CSV has a line for a message; nothing is cut."""
    long = json.dumps({"job_id": "a," * 60, "requested_by": ["x"]})
    message_id = send(ids["ParkingQueue"], long, "too_many: job_id")
    codes = []
    for second, output in enumerate(("json", "yaml", "csv")):
        with time_machine.travel(NOW + timedelta(seconds=second), tick=False):
            codes.append(idle_jobs("parked", "--stack", NAME, "-o", output))
    as_json, as_yaml, as_csv = re.split(
        r"(?<=\n)(?=messages:|message_id,)", capsys.readouterr().out
    )
    heading, line = csv.reader(as_csv.splitlines())

    assert codes == [3, 3, 3]
    assert json.loads(as_json) == yaml.safe_load(as_yaml)
    assert json.loads(as_json)["messages"] == [dict(zip(heading, line, strict=True))]
    assert heading == [*FIELDS]
    sent_at = "2026-11-23T12:00:00Z"
    assert line == [message_id, sent_at, "a," * 60, "", '["x"]', "too_many: job_id"]


@pytest.mark.parametrize("output", ["json", "yaml", "csv"])
@pytest.mark.usefixtures("ids")
def test_programs_get_an_empty_list(
    output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The form is the same, and CSV has its heading."""
    assert idle_jobs("parked", "--stack", NAME, "-o", output) == 0

    empty = {"json": '{\n  "messages": []\n}', "yaml": "messages: []"}
    assert capsys.readouterr().out == empty.get(output, ",".join(FIELDS)) + "\n"


@pytest.mark.parametrize("count", [0, 12])
def test_every_message_is_told_once_and_stays_visible(
    count: int, ids: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """More than one receive holds are listed, twice over, and nothing stays hidden."""
    sent = {send(ids["ParkingQueue"], f'{{"job_id": "job-{n}"}}') for n in range(count)}
    codes = []
    for hours in (1, 2):  # moto shows again only what was hidden a millisecond ago.
        with time_machine.travel(NOW + timedelta(hours=hours), tick=False):
            codes.append(idle_jobs("parked", "--stack", NAME))
    printed = lines(capsys)
    listed = [line.split()[0] for line in printed if line.split()[0] in sent]

    assert [3 if count else 0] * 2 == codes
    assert sorted([*sent, *sent]) == sorted(listed)
    assert printed[-1] == f"{count} messages in ParkingQueue."
    with time_machine.travel(NOW + timedelta(hours=2, seconds=1), tick=False):
        assert len(visible(ids["ParkingQueue"])) == min(count, 10)


def test_what_cannot_be_shown_again_comes_back_by_itself(ids: dict[str, str]) -> None:
    """A listing that may not set the visibility hides messages for a minute."""
    send(ids["ParkingQueue"], "{}")
    with refuse("sqs.ChangeMessageVisibilityBatch", "AccessDenied"):
        code = idle_jobs("parked", "--stack", NAME)
    hidden = visible(ids["ParkingQueue"])
    with time_machine.travel(NOW + timedelta(seconds=61), tick=False):
        shown = visible(ids["ParkingQueue"])

    assert (3, [], ["{}"]) == (code, hidden, shown)


@pytest.mark.usefixtures("ids")
def test_a_stack_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A stack of another name, account or region is told from a refusal."""
    code = idle_jobs("parked", "--stack", "nowhere")

    assert code == 1
    assert capsys.readouterr().err == (
        "Error: nowhere: expected a stack of this account and region, but AWS says: "
        "Stack with id nowhere does not exist\n"
    )


@pytest.mark.usefixtures("ids")
def test_who_may_not_ask_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    """A refusal is not taken for a stack that is missing."""
    with refuse("cloudformation.ListStackResources", "AccessDenied"):
        code = idle_jobs("parked", "--stack", NAME)

    assert code == 1
    assert capsys.readouterr().err.startswith(
        "Error: AWS refused: An error occurred (Acc"
    )


def test_a_stack_without_mappings_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Queues alone do not make a stack ours."""
    with deployed(*QUEUES):
        code = idle_jobs("mode", "--stack", NAME)

    assert code == 1
    assert "it has no AWS::Lambda::EventSourceMapping" in capsys.readouterr().err


def test_a_foreign_stack_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A stack of something else has no ParkingQueue."""
    with deployed("AWS::Logs::LogGroup"):
        code = idle_jobs("parked", "--stack", NAME)

    assert code == 1
    assert capsys.readouterr().err == (
        "Error: drill: expected a stack of the Idle Job Closer, but it has no "
        "ParkingQueue\n"
    )


@pytest.mark.parametrize("argv", [["mode", "close"], ["pause"], ["resume"]])
def test_no_mode_is_written_for_a_foreign_stack(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistyped name creates no parameter that nobody reads."""
    with deployed("AWS::Logs::LogGroup"):
        code = idle_jobs(*argv, "--stack", NAME)
        left = boto3.client("ssm").describe_parameters()["Parameters"]

    assert (1, []) == (code, left)
    assert "expected a stack of the Idle Job Closer" in capsys.readouterr().err


def test_the_stack_of_samconfig_is_the_default(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without STACK the commands look after what `sam deploy` deploys."""
    example = (ROOT / "samconfig.example.toml").read_text("utf-8")
    (tmp_path / "samconfig.toml").write_text(example)
    monkeypatch.chdir(tmp_path)
    with deployed():
        code = idle_jobs("parked")

    assert code == 1
    assert capsys.readouterr().err.startswith("Error: idle-job-closer: expected")


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--stack", ""], "expected the name of a stack: give --stack, or set"),
        (["--sta", "x"], "No such option"),
    ],
)
def test_bad_input_is_one_line(
    argv: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No usage, no traceback: what is wrong, the next step, and exit code 2."""
    code = idle_jobs("parked", *argv)
    line, then = capsys.readouterr().err.splitlines()

    assert code == 2
    assert expected in line
    assert then == "Next: `idle-jobs parked --help`"


@pytest.mark.parametrize("text", [None, "", "x = [", "default = 1", "[default.deploy]"])
def test_a_samconfig_without_a_name_is_bad_input(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the file holds, the operator is asked for a stack."""
    monkeypatch.chdir(tmp_path)
    if text is not None:
        (tmp_path / "samconfig.toml").write_text(text)

    assert default_stack({}) == ""
    assert idle_jobs("parked") == 2
    assert default_stack({"IDLE_JOBS_STACK": " blue "}) == "blue"


@pytest.mark.usefixtures("ids")
def test_a_lost_network_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The next step says what boto3 needs."""

    def fail(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://x")

    with on_event("before-call.sqs.ReceiveMessage", fail):
        code = idle_jobs("parked", "--stack", NAME)
    line, then = capsys.readouterr().err.splitlines()

    assert code == 1
    assert line.startswith("Error: AWS could not be called")
    assert "AWS_DEFAULT_REGION" in then


@pytest.mark.usefixtures("ids")
def test_ctrl_c_ends_quietly(capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback, and the exit code of an interrupt (U8)."""

    def stop(**_: object) -> None:
        raise KeyboardInterrupt

    with on_event("before-call.sqs.ReceiveMessage", stop):
        code = idle_jobs("parked", "--stack", NAME)

    assert (130, "") == (code, capsys.readouterr().err.strip())


def test_a_missing_region_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Region and credentials come from the environment, and the line says so."""
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "nowhere")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    code = idle_jobs("parked", "--stack", NAME)

    assert code == 1
    assert "give credentials and a region" in capsys.readouterr().err
