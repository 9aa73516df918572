"""What goes wrong around `idle-jobs close`: each fault, its code, its next step."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import boto3
import pytest

from commands.running import idle_jobs
from commands.world import World
from deployed import NAME, QUEUES, deployed, refuse

pytestmark = pytest.mark.slow

Capture = pytest.CaptureFixture[str]
Break = Callable[[World], AbstractContextManager[None]]


def turned(**variables: str) -> Break:
    """Return what changes variables of the deployed functions."""

    def turn(world: World) -> AbstractContextManager[None]:
        world.turn(**variables)
        return nullcontext()

    return turn


def without_secret(world: World) -> AbstractContextManager[None]:
    """Delete the secret; who may not read it gets the same error."""
    secrets = boto3.client("secretsmanager")
    secrets.delete_secret(SecretId=world.secret, ForceDeleteWithoutRecovery=True)
    return nullcontext()


def refused(call: str) -> Break:
    """Return what lets AWS refuse a call."""
    return lambda _: refuse(call, "AccessDeniedException")


UNREAD: dict[str, tuple[Break, int, str]] = {
    "nothing listens": (turned(CLUSTER_URL="http://127.0.0.1:1"), 1, "nothing listens"),
    "an unknown host": (
        turned(CLUSTER_URL="https://elastic.invalid"),
        1,
        "the name elastic.invalid is not known",
    ),
    "a secret that is not there": (without_secret, 1, "could not be read"),
    "settings that may not be read": (
        refused("lambda.GetFunctionConfiguration"),
        1,
        "AWS refused: An error occurred (AccessDeniedException)",
    ),
    "settings that are wrong": (turned(IDLE_AFTER="soon"), 2, "drill: IDLE_AFTER: exp"),
}


@pytest.mark.parametrize(("broken", "expected", "told"), UNREAD.values(), ids=UNREAD)
def test_a_cluster_that_cannot_be_read_here_may_be_closed_there(
    broken: Break, expected: int, told: str, world: World, capsys: Capture
) -> None:
    """The next step names the way without reading, and that way works."""
    with broken(world):
        code = world.run("close", "web-latency", "--yes")
        line, then = capsys.readouterr().err.splitlines()
        before = world.sent()
        other = world.run("close", "web-latency", "--yes", "--expected-jobs", "1")

    assert (code, before, other, len(world.sent())) == (expected, [], 0, 1)
    assert told in line
    assert "pass --expected-jobs with their number" in then


def test_idle_jobs_cannot_be_counted_by_hand(world: World, capsys: Capture) -> None:
    """A request for idle jobs takes no number, so the next step is another."""
    world.turn(CLUSTER_URL="http://127.0.0.1:1")
    code = world.run("close", "*", "--only-if-idle", "--yes")
    _, then = capsys.readouterr().err.splitlines()

    assert code == 1
    assert then.endswith(
        "; or send the request without this command, as README.md shows"
    )


def test_the_cluster_may_have_another_address_here(
    world: World, capsys: Capture
) -> None:
    """A tunnel, for example; with the credential of the stack."""
    world.turn(CLUSTER_URL="http://127.0.0.1:1")
    code = world.run("close", "web-latency", "--dry-run", "--url", world.url)

    assert code == 0
    assert f"stand-in at {world.url}" in capsys.readouterr().out


def test_a_stack_of_another_name(world: World, capsys: Capture) -> None:
    """The account and the region may be others, too."""
    code = idle_jobs("close", "web-latency", "--yes", "--stack", "nowhere")

    assert (code, world.sent()) == (1, [])
    assert "nowhere: expected a stack of this account" in capsys.readouterr().err


def test_a_stack_without_a_sweeper(capsys: Capture) -> None:
    """It is not a stack of ours, or it is being deleted."""
    with deployed(*QUEUES):
        code = idle_jobs("close", "web", "--yes", "--stack", NAME)

    assert code == 1
    assert "drill: expected a stack of the Idle Job Closer, but it has no Sweeper" in (
        capsys.readouterr().err
    )


FAILING = {
    "the queue": "sqs.SendMessage",
    "the mode": "ssm.GetParameter",
    "the stack": "cloudformation.ListStackResources",
}


@pytest.mark.parametrize("call", FAILING.values(), ids=FAILING)
def test_what_aws_refuses_sends_nothing(
    call: str, world: World, capsys: Capture
) -> None:
    """One line with the call, and the exit code 1."""
    with refuse(call, "AccessDenied"):
        code = world.run("close", "web-latency", "--yes")
    (line,) = capsys.readouterr().err.splitlines()

    assert (code, world.sent()) == (1, [])
    assert f"when calling the {call.partition('.')[2]} operation" in line


def test_logs_that_may_not_be_read(world: World, capsys: Capture) -> None:
    """The request is sent all the same, and its id was told before."""
    with refuse("logs.FilterLogEvents", "AccessDenied"):
        code = world.run("close", "web-latency", "--yes", "--wait", "5s")
    out, err = capsys.readouterr()

    assert (code, len(world.sent())) == (1, 1)
    assert "Sent. Its outcomes have the request_id" in out
    assert "FilterLogEvents" in err
