"""What README.md shows of the operator's commands is what they print."""

import json
import re
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
import time_machine

from builders import NOW, ago, persons_message
from commands.running import idle_jobs
from deployed import MAPPINGS, NAME, QUEUES, deployed, send
from markdown import fences

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs" / "operating.md"]
README = "".join(page.read_text(encoding="utf-8") for page in PAGES)
EXAMPLES = [e for block in fences(README, "console") for e in block.split("$ ")[1:]]


def shown(command: str) -> tuple[list[str], str]:
    """Return the words after `idle-jobs`, and the output, of an example."""
    (example,) = (e for e in EXAMPLES if e.startswith(f"idle-jobs {command}"))
    line, output = example.split("\n", 1)
    return line.split()[1:], output


def run(words: list[str]) -> int:
    """Run the command of an example on our stack."""
    return idle_jobs(*words, "--stack", NAME)


def unpadded(text: str) -> str:
    """Cut the blanks at the ends of lines, which no editor keeps."""
    return re.sub(r" +$", "", text, flags=re.MULTILINE)


def without_ids(text: str) -> str:
    """Blank message ids, which are drawn by lot."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "*" * 36, text)


@pytest.mark.slow
def test_the_pause_prints_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Each step of a pause and of its end stands in the example."""
    with deployed(*MAPPINGS):
        run(["mode", "close"])
        capsys.readouterr()
        for command in ("pause", "resume"):
            words, output = shown(command)
            run(words)

            assert output == capsys.readouterr().out


def let_it_be_closed(ids: dict[str, str]) -> None:
    """Log what the Closer logs of the example's request."""
    line = {"message": "outcome", "request_id": "r-7", "job_id": "old-payments"}
    line |= {"ended": "closed", "reason": "requested"}
    logs, group = boto3.client("logs"), ids["CloserLogGroup"]
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_stream(logGroupName=group, logStreamName="x")
    event = {"timestamp": int(time.time() * 1000), "message": json.dumps(line)}
    logs.put_log_events(logGroupName=group, logStreamName="x", logEvents=[event])


def park(ids: dict[str, str]) -> None:
    """Park the example's message in a stack that closes."""
    message = persons_message(
        job_id="old-payments",
        request_id="r-7",
        requested_at=ago(hours=30, minutes=1),
        parked_reason="server_error: server_error for 1d",
    )
    with time_machine.travel(ago(hours=3, minutes=5), tick=False):
        send(ids["ParkingQueue"], message.to_json())
    name = f"/{NAME}/mode"
    boto3.client("ssm").put_parameter(Name=name, Value="close", Type="String")


@pytest.mark.slow
def test_what_is_parked_and_moved_prints_what_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The table, the warning and the outcome are those of a parked request."""
    with deployed(*QUEUES) as ids:
        park(ids)
        for second, command in enumerate(("parked", "redrive")):
            words, output = shown(command)
            with time_machine.travel(NOW + timedelta(seconds=second), tick=False):
                let_it_be_closed(ids)
                run(words)

            assert without_ids(output) == without_ids(unpadded(capsys.readouterr().out))
