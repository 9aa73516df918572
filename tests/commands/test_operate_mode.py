"""`idle-jobs mode`, `pause` and `resume`, against a stack in moto."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import boto3
import pytest
import time_machine

from commands.running import idle_jobs
from deployed import MAPPINGS, NAME, deployed, on_event, refuse
from idle_jobs_cli.stack.mode import NEXT_TRY, TRIES

# moto takes seconds to make its first Lambda functions.
pytestmark = pytest.mark.slow

NAMES = ("SweeperRequests", "CloserCloseMessages", "ForceCloserForceMessages")
PARAMETER = f"/{NAME}/mode"
STEPS = ("ssm.PutParameter", "lambda.UpdateEventSourceMapping")


class Killed(BaseException):
    """The end of a process in the middle of its work."""


@pytest.fixture(scope="module")
def deployment() -> Iterator[dict[str, str]]:
    """Yield the physical ids of one stack for all tests."""
    with deployed(*MAPPINGS) as ids:
        yield ids


@pytest.fixture
def ids(deployment: dict[str, str]) -> dict[str, str]:
    """Return the ids of the stack, whose mode somebody has set to observe."""
    lambdas = boto3.client("lambda")
    forget()
    boto3.client("ssm").put_parameter(Name=PARAMETER, Value="observe", Type="String")
    for name in NAMES:
        lambdas.update_event_source_mapping(UUID=deployment[name], Enabled=True)
    return deployment


@pytest.fixture
def new(ids: dict[str, str]) -> dict[str, str]:
    """Return the ids of the stack, as a deploy leaves it."""
    forget()
    return ids


def forget() -> None:
    """Delete the mode, whether or not it was ever set."""
    ssm = boto3.client("ssm")
    with suppress(ssm.exceptions.ParameterNotFound):
        ssm.delete_parameter(Name=PARAMETER)


def run(command: str, mode: str = "", stack: str = NAME) -> int:
    """Run a command."""
    return idle_jobs(command, *([mode] if mode else []), "--stack", stack)


def written() -> str:
    """Return the mode that the functions read."""
    return boto3.client("ssm").get_parameter(Name=PARAMETER)["Parameter"]["Value"]


def states(ids: dict[str, str]) -> set[str]:
    """Return the different states of the three mappings."""
    lambdas = boto3.client("lambda")
    return {lambdas.get_event_source_mapping(UUID=ids[n])["State"] for n in NAMES}


@pytest.mark.usefixtures("new")
def test_the_mode_of_a_new_stack_is_observe(capsys: pytest.CaptureFixture[str]) -> None:
    """A stack that was just deployed observes, and nobody has set that."""
    code = run("mode")

    assert (0, "mode: observe, never set\n") == (code, capsys.readouterr().out)


@pytest.mark.usefixtures("ids")
def test_a_stack_may_be_given_by_its_arn() -> None:
    """Its mode is the same."""
    answer = boto3.client("cloudformation").describe_stacks(StackName=NAME)
    code = run("mode", "close", answer["Stacks"][0]["StackId"])

    assert (0, "close") == (code, written())


@pytest.mark.usefixtures("new")
def test_who_set_the_mode_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """It says when, how long ago that is, and by whom (moto knows nobody)."""
    at = datetime(2026, 3, 2, 5, 10, tzinfo=UTC)
    with time_machine.travel(at, tick=False):
        run("mode", "close")
    capsys.readouterr()
    with time_machine.travel(at + timedelta(hours=3, minutes=5), tick=False):
        code = run("mode")

    assert (0, "mode: close, set 3h 5m ago (2026-03-02T05:10:00Z) by N/A\n") == (
        code,
        capsys.readouterr().out,
    )


@pytest.mark.usefixtures("ids")
def test_what_is_no_mode_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody may have written the parameter by other means."""
    boto3.client("ssm").put_parameter(
        Name=PARAMETER, Value="close\x1b[2Jd", Overwrite=True
    )
    code = run("mode")
    mode, hint = capsys.readouterr().out.splitlines()

    assert code == 0
    assert mode.startswith("mode: close [2Jd, set ")
    assert hint == (
        "No function can read it, so all wait: expected paused, observe, close."
    )


@pytest.mark.usefixtures("ids")
def test_the_mode_is_changed(capsys: pytest.CaptureFixture[str]) -> None:
    """What it was before is said, and a second time it is left as it is."""
    codes = run("mode", "close"), run("mode", "close")

    assert (0, 0) == codes
    assert capsys.readouterr().out.splitlines() == [
        "mode: close, was observe",
        "mode: close, as before",
    ]
    assert written() == "close"


def test_a_pause_says_paused_and_stops_all_receives(
    ids: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each step is told, in the order in which it was done."""
    code = run("pause")

    assert (0, "paused", {"Disabled"}) == (code, written(), states(ids))
    assert capsys.readouterr().out.splitlines() == [
        "mode: paused, was observe",
        *(f"{name}: disabled" for name in NAMES),
        "Functions that run now stop within 30s.",
    ]


def test_a_paused_stack_says_what_is_disabled(
    ids: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A mode that is only written does not bring the receives back, which is said."""
    run("pause")
    capsys.readouterr()
    codes = run("mode"), run("mode", "close")
    disabled = [f"{name}: disabled, until `idle-jobs resume`" for name in NAMES]

    assert ((0, 0), {"Disabled"}) == (codes, states(ids))
    shown, *rest = capsys.readouterr().out.splitlines()
    assert shown.startswith("mode: paused, set ")
    assert [*disabled, "mode: close, was paused", *disabled] == rest


@pytest.mark.parametrize("mode", ["close", "observe"])
@pytest.mark.parametrize("pauses", [1, 2])
def test_resume_goes_back_to_what_was_before(
    ids: dict[str, str], mode: str, pauses: int
) -> None:
    """However often it was paused, the mode of before comes back."""
    run("mode", mode)
    for _ in range(pauses):
        run("pause")
    codes = run("resume"), run("resume")

    assert ((0, 0), mode, {"Enabled"}) == (codes, written(), states(ids))


def test_resume_takes_a_mode(
    ids: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """MODE wins over what was before the pause; it is written after the mappings."""
    run("pause")
    capsys.readouterr()
    code = run("resume", "close")

    assert (0, "close", {"Enabled"}) == (code, written(), states(ids))
    assert capsys.readouterr().out.splitlines() == [
        *(f"{name}: enabled" for name in NAMES),
        "mode: close, was paused",
    ]


@pytest.mark.usefixtures("ids")
def test_resume_observes_where_nothing_was_before() -> None:
    """A mode that was never anything but paused resumes in the mode that does least."""
    ssm = boto3.client("ssm")
    ssm.delete_parameter(Name=PARAMETER)
    ssm.put_parameter(Name=PARAMETER, Value="paused", Type="String")
    code = run("resume")

    assert (0, "observe") == (code, written())


@pytest.mark.parametrize(
    ("command", "mode", "written_mode"),
    [
        ("mode", "close", "close"),
        ("mode", "observe", "observe"),
        ("pause", "", "paused"),
        ("resume", "", "observe"),
        ("resume", "close", "close"),
    ],
)
@pytest.mark.usefixtures("new")
def test_each_command_creates_a_mode_that_was_never_set(
    command: str, mode: str, written_mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is there from then on, and takes one of the three words."""
    code = run(command, mode)
    change = f"mode: {written_mode}, was observe, never set"

    assert (0, written_mode) == (code, written())
    assert change in capsys.readouterr().out.splitlines()
    (made,) = boto3.client("ssm").describe_parameters()["Parameters"]
    assert made["AllowedPattern"] == "^(paused|observe|close)$"


@pytest.mark.parametrize("command", ["pause", "resume"])
@pytest.mark.parametrize("event", ["before-call", "after-call"])
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_leaves_it_paused_and_running_it_again_finishes_it(
    ids: dict[str, str], command: str, event: str, step: str
) -> None:
    """Only before its first, and after its last step, a command leaves another mode."""
    run("mode", "close")
    if command == "resume":
        run("pause")

    def kill(**_: object) -> None:
        raise Killed

    with suppress(Killed), on_event(f"{event}.{step}", kill):
        run(command)
    outside = {("pause", "before-call"): "close", ("resume", "after-call"): "close"}
    left = outside.get((command, event), "paused") if step == STEPS[0] else "paused"

    assert left == written()
    assert run(command) == 0
    done = ("paused", {"Disabled"}) if command == "pause" else ("close", {"Enabled"})
    assert done == (written(), states(ids))


def busy(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let nobody wait in real time; return how long each wait would have been."""
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    return waits


@pytest.mark.usefixtures("ids")
def test_a_mapping_that_never_settles_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lambda refuses a change while another is under way; two minutes are tried."""
    waits = busy(monkeypatch)
    with refuse("lambda.UpdateEventSourceMapping", "ResourceInUseException"):
        code = run("pause")

    assert (1, "paused", [NEXT_TRY] * TRIES) == (code, written(), waits)
    assert capsys.readouterr().err.startswith("Error: SweeperRequests: expected")


@pytest.mark.usefixtures("ids")
def test_a_refusal_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Who may not write the mode is told so, by AWS's own words."""
    with refuse("ssm.PutParameter", "AccessDeniedException"):
        code = run("pause")
    (line,) = capsys.readouterr().err.splitlines()

    assert (1, "observe") == (code, written())
    assert line.startswith("Error: AWS refused: ")
    assert "AccessDeniedException" in line


@pytest.mark.parametrize(
    ("command", "mode", "expected"),
    [
        ("mode", "off", "'off' is not one of 'paused', 'observe', 'close'"),
        ("resume", "paused", "'paused' is not one of 'observe', 'close'"),
        ("pause", "close", "unexpected extra argument"),
        ("stop", "", "No such command 'stop'"),
    ],
)
@pytest.mark.usefixtures("ids")
def test_bad_input_changes_nothing(
    command: str, mode: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says what is wrong, the next where the help is; the exit code is 2."""
    code = run(command, mode)
    line, _ = capsys.readouterr().err.splitlines()

    assert (2, "observe") == (code, written())
    assert expected in line
