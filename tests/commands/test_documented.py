"""Each line of the documents and of the help that shows the command can be run."""

import io
import json
import re
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import boto3
import pytest

from builders import persons_message
from commands.running import idle_jobs
from deployed import FUNCTIONS, MAPPINGS, NAME, deployed, on_event, send
from idle_jobs_cli.app import LISTED, load
from idle_jobs_cli.commands.options import WithExamples
from local.scenario import ROWS, build
from markdown import fences
from standin.cluster import API_KEY, serve

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
COMMANDS = {name: load(name) for name in LISTED}

# The command itself, or something that is piped into it or that evaluates it.
IS_A_LINE = re.compile(
    r"(\$ )?(idle-jobs |echo '[^']*' \| idle-jobs |eval .*idle-jobs )"
)
# A stack whose mode is paused moves and sends nothing.
ON_MAPPINGS = ("mode", "pause", "resume")


def lines_of(page: str) -> Iterator[str]:
    """Yield what is typed into a shell: in blocks, and between backticks."""
    for block in (*fences(page, "bash"), *fences(page, "console")):
        yield from (line for line in block.splitlines() if IS_A_LINE.match(line))
    for span in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", page):
        # `idle-jobs redrive` in a sentence is a name, as it is to be typed it is more.
        if IS_A_LINE.match(span) and len(span.split()) > 2:
            yield span


def with_examples() -> list[WithExamples]:
    """Return the commands, each of which should show examples."""
    return [each for each in COMMANDS.values() if isinstance(each, WithExamples)]


def documented() -> list[str]:
    """Return each different line once, without the prompt."""
    pages = [page.read_text(encoding="utf-8") for page in PAGES]
    helps = [example for command in with_examples() for example in command.examples]
    every = [*helps, *(line for page in pages for line in lines_of(page))]
    return list(dict.fromkeys(line.strip().removeprefix("$ ") for line in every))


def typed(line: str) -> tuple[list[str], str]:
    """Return the words after `idle-jobs`, and what is piped into it."""
    line = re.sub(r"^eval \"\$\((.*)\)\"$", r"\1", line)
    piped = re.match(r"echo ('[^']*') \| ", line)
    words = shlex.split(line[piped.end() :] if piped else line, comments=True)
    start = words.index("idle-jobs") + 1
    ends = [n for n, word in enumerate(words) if word in ("|", ">") and n > start]
    return words[start : min(ends, default=len(words))], (
        shlex.split(piped[1])[0] if piped else ""
    )


def test_every_command_has_an_example() -> None:
    """`--help` shows at least one line that can be typed."""
    shown = {command.name: bool(command.examples) for command in with_examples()}

    assert dict.fromkeys(LISTED, True) == shown


@pytest.fixture
def there() -> Iterator[dict[str, str]]:
    """Yield the variables of a cluster and of a stack that reads it."""
    with ExitStack() as stack:
        url = stack.enter_context(serve(build(now=datetime.now(UTC))))
        own = {"ClusterUrl": url, "AuthMode": "api_key", "SecretArn": "key"}
        ids = stack.enter_context(deployed(*FUNCTIONS, **own))
        boto3.client("secretsmanager").create_secret(Name="key", SecretString=API_KEY)
        name = f"/{NAME}/mode"
        boto3.client("ssm").put_parameter(Name=name, Value="close", Type="String")
        stack.enter_context(_answering(ids))
        yield {
            "CLUSTER_URL": url,
            "ES_API_KEY": API_KEY,
            "PARKING": ids["ParkingQueue"],
        }


def _answering(ids: dict[str, str]) -> ExitStack:
    """Log an outcome for each job of a request that is sent, as the functions do."""
    bodies: list[dict[str, Any]] = []

    def heard(params: dict[str, Any], **_: object) -> None:
        with suppress(ValueError):
            bodies.append(json.loads(params["MessageBody"]))

    def answered(parsed: dict[str, Any], **_: object) -> None:
        asked = bodies.pop()
        named = asked["job_id"].split(",")
        for job in (row.job_id for row in ROWS):
            if any(fnmatchcase(job, piece) for piece in named):
                request_id = asked.get("request_id", parsed["MessageId"])
                _log(ids["CloserLogGroup"], job_id=job, request_id=request_id)

    hooks = ExitStack()
    hooks.enter_context(on_event("provide-client-params.sqs.SendMessage", heard))
    hooks.enter_context(on_event("after-call.sqs.SendMessage", answered))
    return hooks


def _log(group: str, **fields: str) -> None:
    line = {"message": "outcome", "ended": "closed", "reason": "requested"} | fields
    logs = boto3.client("logs")
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_stream(logGroupName=group, logStreamName="x")
    event = {"timestamp": int(time.time() * 1000), "message": json.dumps(line)}
    logs.put_log_events(logGroupName=group, logStreamName="x", logEvents=[event])


def run(line: str, variables: dict[str, str], patch: pytest.MonkeyPatch) -> int:
    """Run a line as it is written, but on our cluster and our stack."""
    argv, piped = typed(line)
    ours = {"$STACK": NAME, "idle-job-closer": NAME, "staging": NAME}
    ours["idle-job-closer-staging"] = NAME
    ours["https://elastic.example:9243"] = variables["CLUSTER_URL"]
    argv = [ours.get(word, word) for word in argv]
    if argv[0] == "close" and "--yes" not in argv:
        argv.append("--yes")
    patch.setattr(sys, "stdin", io.StringIO(piped))
    return idle_jobs(*argv, IDLE_JOBS_STACK=NAME, **variables)


LINES = documented()
# `cluster` serves until it is stopped: worlds/local/tests/test_serve.py starts it.
SERVING = [line for line in LINES if typed(line)[0][:1] == ["cluster"]]
# moto invokes no function: test_doctor.py and test_undo.py do so.
INVOKING = [
    line
    for line in LINES
    if typed(line)[0][:2] == ["doctor", "--stack"] or typed(line)[0][0] == "undo"
]
SETTING = [line for line in LINES if typed(line)[0][0] in ON_MAPPINGS]
ALONE = [line for line in LINES if typed(line)[0][0] in ("demo", "simulate")]
OTHERS = [line for line in LINES if line not in {*SERVING, *INVOKING, *SETTING, *ALONE}]


@pytest.mark.slow
def test_the_lines_that_need_no_mapping_run(
    there: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    subtests: pytest.Subtests,
) -> None:
    """In their order, each ends with 0 or 3, which says that something is left."""
    body = persons_message(job_id="old-payments", request_id="r-7").to_json()
    (tmp_path / "request.json").write_text('{"job_id": "web"}')
    example = (ROOT / "samconfig.example.toml").read_text("utf-8")
    (tmp_path / "samconfig.toml").write_text(example)
    (parameters,) = fences((ROOT / "docs" / "deploying.md").read_text("utf-8"), "json")
    (tmp_path / "parameters.json").write_text(parameters)
    monkeypatch.chdir(tmp_path)
    saved = ["idle-jobs plan --save monday.json"]
    for line in [*saved, *OTHERS]:
        send(there["PARKING"], body)
        with subtests.test(line):
            assert run(line, there, monkeypatch) in (0, 3)


@pytest.mark.slow
def test_the_lines_that_set_the_mode_run(
    monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    """A stack with mappings is paused and resumed."""
    with deployed(*MAPPINGS):
        for line in SETTING:
            with subtests.test(line):
                assert run(line, {"CLUSTER_URL": ""}, monkeypatch) == 0


@pytest.mark.slow
@pytest.mark.parametrize("line", ALONE)
def test_the_lines_that_need_nothing_run(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo and the simulation bring what they need."""
    monkeypatch.chdir(tmp_path)
    assert run(line, {"CLUSTER_URL": ""}, monkeypatch) == 0


def test_every_command_that_is_named_exists() -> None:
    """A sentence names no command that is gone."""
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"\bidle-jobs ([a-z]+)\b", text))

    assert {"plan", "close"} <= named <= COMMANDS.keys()


@pytest.mark.parametrize("line", [*SERVING, *INVOKING])
def test_the_lines_that_serve_or_invoke_are_understood(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their options are those of the command."""
    name, *argv = typed(line)[0]

    monkeypatch.setenv("IDLE_JOBS_STACK", NAME)
    assert COMMANDS[name].make_context(name, argv).params
