"""The AWS calls of each command are those that docs/operating.md lists for it."""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.history import BaseHistoryHandler, get_global_history_recorder

from builders import persons_message
from commands.running import idle_jobs
from commands.world import World
from deployed import MAPPINGS, NAME, deployed, on_event, send
from idle_jobs_cli.app import LISTED, load
from local.scenario import SWEEP

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs" / "operating.md"
OF_ALL = "cloudformation:ListStackResources"
# It needs no permission; nobody can be denied it.
FREE = "sts:GetCallerIdentity"
OTHERWISE = {"lambda:Invoke": "lambda:InvokeFunction"}
# The stack of these tests has no time zone.
NOT_CALLED = {"scheduler:GetSchedule"}


def listed() -> dict[str, set[str]]:
    """Return the actions by command, as the table lists them."""
    page = PAGE.read_text(encoding="utf-8")
    _, _, table = page.partition("| `idle-jobs` | What you need |\n|---|---|\n")
    rows = re.findall(r"\| ([^|]*) \| ([^|]*) \|\n", table.partition("\n\n")[0] + "\n")
    found: dict[str, set[str]] = {}
    for commands, needs in rows:
        for command in re.findall(r"`([^`]*)`", commands):
            actions = {*re.findall(r"`([a-z]+:\w+)`", needs)}
            if "the same as without it" in needs:
                actions |= found[command.removesuffix(" --wait")]
            found[command] = actions
    assert f"Each needs `{OF_ALL}`, and:" in page
    return found


class Calls(BaseHistoryHandler):
    """The IAM actions of all calls of boto3."""

    def __init__(self) -> None:
        self.actions: set[str] = set()

    def emit(self, event_type: str, payload: Mapping[str, Any], source: str) -> None:  # noqa: ARG002
        """Note a call; a batch needs the right for one."""
        if event_type == "API_CALL":
            operation = payload["operation"].removesuffix("Batch")
            action = f"{payload['service']}:{operation}"
            self.actions.add(OTHERWISE.get(action, action))


CALLS, RECORDER = Calls(), get_global_history_recorder()
RECORDER.add_handler(CALLS)


@contextmanager
def heard() -> Iterator[set[str]]:
    """Yield the actions of what is called meanwhile, by whatever client."""
    CALLS.actions.clear()
    RECORDER.enable()
    try:
        yield CALLS.actions
    finally:
        RECORDER.disable()


Run = Callable[..., int]
MORE: dict[str, tuple[str, ...]] = {
    "doctor --stack": (NAME,),
    "plan --stack": (NAME,),
    "explain --stack": (NAME, "web-latency"),
    "report --stack": (NAME, "--save", "/dev/null"),
    "close": ("web-latency", "--yes"),
    "close --only-if-idle": ("web-latency", "--yes"),
    "close --expected-jobs": ("1", "web-latency", "--yes"),
    "close --wait": ("0", "web-latency", "--yes"),
    "undo": ("--since", "2h", "--yes"),
    "redrive": ("--all",),
    "redrive --dry-run": ("--all",),
    "redrive --wait": ("0", "--all"),
}
ON_MAPPINGS = ("doctor --stack", "mode", "mode close", "pause", "resume")


def called(command: str, run: Run) -> set[str]:
    """Run a command to its end; return the actions that it needed."""
    with heard() as actions:
        code = run(*command.split(), *MORE.get(command, ()))
    assert code in (0, 3)
    return actions - {FREE}


@pytest.mark.parametrize("command", [c for c in listed() if c not in ON_MAPPINGS])
def test_a_command_needs_what_is_listed(command: str, world: World) -> None:
    """No more, which would be refused; no less, which would be given for nothing."""
    body = persons_message(job_id="web-latency", requested_at=SWEEP).to_json()
    send(world.ids["ParkingQueue"], body)
    run = idle_jobs if "--stack" in command else world.run

    with on_event("before-call.lambda.Invoke", report):
        assert called(command, run) == listed()[command] | {OF_ALL}


def of_the_stack(*argv: str) -> int:
    """Run a command on the stack."""
    return idle_jobs(*argv, IDLE_JOBS_STACK=NAME)


def report(**_: object) -> tuple[AWSResponse, dict[str, Any]]:
    """Answer as a function that the doctor invokes."""
    payload = {"Payload": io.BytesIO(b'{"findings": [], "closings": []}')}
    return AWSResponse("", 200, HTTPHeaders(), None), payload


@pytest.mark.parametrize("command", ON_MAPPINGS)
def test_what_looks_at_all_resources_needs_what_is_listed(command: str) -> None:
    """It also reads or switches the mappings; a pause goes before the resume."""
    around = ("AWS::Events::Rule", "AWS::SNS::Topic")
    invoked = on_event("before-call.lambda.Invoke", report)
    with deployed(*MAPPINGS, *around), invoked:
        of_the_stack("mode", "observe")
        if command == "resume":
            of_the_stack("pause")

        needed = called(command, of_the_stack)
        assert needed == (listed()[command] | {OF_ALL}) - NOT_CALLED


def test_every_command_of_a_stack_is_listed() -> None:
    """Each that has the option `--stack`."""
    of_a_stack = {
        name
        for name in LISTED
        if any("--stack" in parameter.opts for parameter in load(name).params)
    }

    assert of_a_stack == {command.split()[0] for command in listed()}
