"""`make deploy`: what it needs, its order, and what it says at the end."""

import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import boto3
import pytest
from click.testing import CliRunner
from moto import mock_aws

from commands.test_doctor import ids, reports, subscribe
from contract.test_answers import FIRST, ask
from contract.test_makefile import MAKE, OLD, OURS
from deployed import NAME, deployed
from tools import aws_account, first_look

__all__ = ["ids", "reports"]  # Fixtures.

EXPIRED = (
    b"<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code>"
    b"<Message>it is over</Message></Error></ErrorResponse>"
)
ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("clone")


def account() -> tuple[int, list[str]]:
    """Return the exit code and the lines of the check of the AWS account."""
    result = CliRunner().invoke(aws_account.main, [])
    return result.exit_code, result.output.splitlines()


def test_the_account_and_the_region_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """As boto3 finds them, and so as sam does."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    with mock_aws():
        code, (region, credentials) = account()

    assert (0, "ok    AWS region       eu-west-1") == (code, region)
    assert credentials.startswith(
        "ok    AWS credentials  account 123456789012, as arn:"
    )


def test_the_page_shows_the_lines_of_the_check() -> None:
    """Each has a level, a subject in its column, and what was found."""
    text = (ROOT / "docs" / "deploying.md").read_text("utf-8")
    shown = [line for line in text.splitlines() if line.startswith("ok ")]
    subjects = [line[6:22].strip() for line in shown]
    _, lines = programs("")

    assert subjects == [*lines, "AWS region", "AWS credentials"]


def test_the_region_of_the_stack_counts() -> None:
    """It is where the stack is, wherever the person works otherwise."""
    text = '[default.deploy.parameters]\nregion = "eu-north-1"\nprofile = "other"\n'
    Path("samconfig.toml").write_text(f"{text}parameter_overrides = ['A=b']\n")
    code, (line,) = account()

    assert (1, True) == (code, "The config profile (other) could not be found" in line)
    Path("samconfig.toml").write_text(
        Path("samconfig.toml").read_text().replace('profile = "other"', "")
    )
    _, lines = account()
    assert lines[0] == "ok    AWS region       eu-north-1"


def test_a_wrong_region_is_corrected_where_it_was_given() -> None:
    """The file counts more than the environment, so that would not help."""
    Path("samconfig.toml").write_text(
        '[default.deploy.parameters]\nregion = "europe"\n'
        "parameter_overrides = ['A=b']\n"
    )
    code, (line,) = account()

    assert code == 1
    assert line.endswith("Next: correct the region in samconfig.toml")


@pytest.mark.parametrize("region", ["eu-west-1", "eu-west-9"])
def test_an_account_that_does_not_answer_is_not_one_that_refuses(
    region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cause is a region that is none, or the network, and no login helps."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    Path("samconfig.toml").write_text(
        f'[default.deploy.parameters]\nregion = "{region}"\n'
        "parameter_overrides = ['A=b']\n"
    )
    code, (_, line) = account()
    where = " in samconfig.toml" if region != "eu-west-1" else ""

    assert (1, True) == (code, "Could not connect to the endpoint" in line)
    assert line.endswith(f"Next: {aws_account.NO_WAY.format(where)}")


def test_an_account_that_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of AWS stands in the line, such as that of an expired token."""

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(403)
            self.end_headers()
            self.wfile.write(EXPIRED)

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        Thread(target=server.serve_forever, daemon=True).start()
        code, (_, line) = account()
        server.shutdown()

    assert code == 1
    assert "(ExpiredToken)" in line
    assert line.endswith(f"it is over. Next: {aws_account.NO_ACCOUNT}")


def test_what_is_missing_has_a_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials, no region, and a region that is none."""
    code, lines = account()
    assert (1, 2) == (code, len(lines))
    assert lines[1] == (
        "fail  AWS credentials  Unable to locate credentials. Next: "
        f"{aws_account.NO_ACCOUNT}"
    )
    for name, says in (("here", "expected one such as"), ("", "no region is set")):
        monkeypatch.setenv("AWS_DEFAULT_REGION", name)
        code, (line,) = account()
        assert code == 1
        assert line.startswith("fail  AWS region ")
        assert says in line
        assert line.endswith(f"Next: {aws_account.NO_REGION}")


@pytest.mark.slow
@pytest.mark.usefixtures("reports")
def test_a_new_stack_is_tested_and_the_next_step_is_told(
    ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The doctor's report, and then what to do; what is left for a person is fine."""
    Path("samconfig.toml").write_text(
        f'[default.deploy.parameters]\nstack_name = "{NAME}"\nregion = "eu-west-1"\n'
        "parameter_overrides = ['ClusterName=x']\n"
    )
    subscribe(ids)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    told = CliRunner().invoke(first_look.main, [])

    assert told.exit_code == 0, told.output
    assert told.output.endswith("First: export AWS_DEFAULT_REGION=eu-west-1\n")
    assert f"make mode STACK={NAME} MODE=close" in told.output


def test_a_stack_that_was_not_confirmed_is_not_tested() -> None:
    """Sam ends as if all were well."""
    ask("drill", *FIRST[1:], "")
    with deployed():
        boto3.client("cloudformation").delete_stack(StackName=NAME)
        told = CliRunner().invoke(first_look.main, [])

    assert told.output == "drill was not deployed: the changes were not confirmed.\n"
    assert told.exit_code == 1


def test_a_sick_stack_has_another_next_step() -> None:
    """It is not said to work, and the exit code is the doctor's."""
    assert "make doctor STACK=x" in first_look.next_step(1, "x")
    assert "make mode" not in first_look.next_step(1, "x")
    assert "works" in first_look.next_step(0, "x")


def test_make_does_one_after_the_other(tmp_path: Path) -> None:
    """And stops at the first that fails."""
    python, sam = tmp_path / "python", tmp_path / "sam"
    for program in (python, sam):
        program.write_text('#!/bin/sh\necho "${0##*/} $*"\n')
        program.chmod(0o755)
    old = [*OLD, "--old-file=.programs"]
    asked = [MAKE, *old, "deploy", f"OPS={tmp_path}", f"SAM={sam}", "ENV=staging"]
    done = subprocess.run(  # noqa: S603 - our own Makefile
        asked, cwd=ROOT, env=OURS, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == [
        "python -m tools.aws_account staging",
        "python -m tools.answers staging",
        "sam deploy --config-env staging --no-fail-on-empty-changeset",
        "python -m tools.first_look staging",
    ]


def programs(path: str, **environ: str) -> tuple[int, dict[str, str]]:
    """Return the exit code of tools/prerequisites, and its lines by their subjects."""
    done = subprocess.run(  # noqa: S603 - our own script
        ["/bin/sh", ROOT / "tools" / "prerequisites"],
        env={"PATH": path} | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    return done.returncode, {line[6:22].strip(): line for line in lines}


def test_without_any_program_each_line_has_a_next_step(tmp_path: Path) -> None:
    """The script itself needs none."""
    code, lines = programs(str(tmp_path))

    assert code == 1
    assert [*lines] == ["make", "bash", "Python 3.11+", "Python 3.13", "SAM CLI"]
    for name in ("make", "Python 3.11+", "Python 3.13"):
        assert lines[name].startswith("fail ")
    assert lines["make"].endswith("Next: install the package make")
    assert lines["Python 3.13"].endswith("for example with: pyenv install 3.13")
    assert lines["SAM CLI"].startswith("ok ")


def program(folder: Path, name: str, script: str) -> None:
    """Put a program on the path."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_with_all_programs_all_is_well(tmp_path: Path) -> None:
    """Their versions are told; another make, and a Python without pip, are refused."""
    program(tmp_path, "make", "echo GNU Make 9.1; echo of somebody")
    python = (
        'case "$*" in -V) echo Python 3.13.9 ;; -m*) exit "${NO_PIP:-0}" ;; '
        f"*print*) echo {tmp_path}/python3 ;; esac"
    )
    program(tmp_path, "python3", python)
    program(tmp_path, "python3.13", python)
    code, lines = programs(str(tmp_path))

    assert code == 0
    assert lines["make"] == "ok    make             GNU Make 9.1"
    assert "Python 3.13.9 for the build" in lines["Python 3.13"]
    program(tmp_path, "make", "echo bmake")
    code, lines = programs(str(tmp_path), NO_PIP="1")

    assert code == 1
    assert lines["make"].startswith("fail  make ")
    assert lines["Python 3.13"].endswith(f"Next: {tmp_path}/python3 -m ensurepip")
