"""What README.md shows of the operator's commands is what they print."""

import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
import time_machine

from builders import NOW, ago, persons_message
from deployed import MAPPINGS, NAME, QUEUES, deployed, send
from idle_jobs_cli.commands import mode, parked, redrive
from markdown import fences

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs" / "operating.md"]
README = "".join(page.read_text(encoding="utf-8") for page in PAGES)
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
EXAMPLES = [e for block in fences(README, "console") for e in block.split("$ ")[1:]]
MAIN: dict[str, Callable[[list[str]], int]] = {
    "idle_jobs_cli.commands.mode": mode.main,
    "idle_jobs_cli.commands.parked": parked.main,
    "idle_jobs_cli.commands.redrive": redrive.main,
}


def shown(command: str) -> tuple[list[str], str]:
    """Return the words after `make`, and the output, of an example."""
    (example,) = (e for e in EXAMPLES if e.startswith(f"make {command}"))
    line, output = example.split("\n", 1)
    return line.split()[1:], output


def make(words: list[str]) -> int:
    """Run what the Makefile runs for these words, in this process."""
    target, *given = words
    recipe = MAKEFILE.split(f"\n{target}: ")[1].split("\n\n")[0]
    module, *start = re.findall(r"-m (\S+) (?:(\w+) )?", recipe)[0]
    known = dict(re.findall(r"\$\(call given,(\w+),([A-Z]+)\)", recipe))
    options = dict(re.findall(r"(\w+)=(\S+)", " ".join(given)))
    argv = [f"--{o}={options.pop(v)}" for o, v in known.items() if v in options]
    assert options == {}
    return MAIN[module]([*filter(None, start), "--stack", NAME, *argv])


def without_ids(text: str) -> str:
    """Blank message ids, which are drawn by lot."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "*" * 36, text)


@pytest.mark.slow
def test_the_pause_prints_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Each step of a pause and of its end stands in the example."""
    with deployed(*MAPPINGS):
        make(["mode", "MODE=close"])
        capsys.readouterr()
        for command in ("pause", "resume"):
            words, output = shown(command)
            make(words)

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
    name = ids["ModeParameter"]
    boto3.client("ssm").put_parameter(Name=name, Value="close", Overwrite=True)


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
                make(words)

            assert without_ids(output) == without_ids(capsys.readouterr().out)
