"""docs/drills.md: what it tells an operator to type exists, and does what it says."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jmespath  # type: ignore[import-untyped]
import pytest

from idle_jobs.reasons import Reason
from idle_jobs.telemetry import Metric
from idle_jobs_cli.app import load
from local.intrinsics import load_template
from local.topology import TEMPLATE
from local.translation import translate
from markdown import code, fences, headings
from reliability.commands import (
    OWN,
    Command,
    answered_names,
    commands,
    input_of,
    needed_by,
)
from reliability.matrix import ROWS

ROOT = Path(__file__).parents[2]
DRILLS = (ROOT / "docs" / "drills.md").read_text(encoding="utf-8")
COMMANDS = commands(DRILLS)
AWS = [command for command in COMMANDS if command.name == "aws"]
OURS = [command for command in COMMANDS if command.name == "idle-jobs"]
SOURCE = load_template(TEMPLATE)
RESOURCES: dict[str, Any] = translate(SOURCE, {})["Resources"]
ALARMS = {
    name: resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::CloudWatch::Alarm"
}

# Metrics of AWS that no alarm of ours watches, as the services document them.
FOREIGN = {
    ("AWS/Events", "FailedInvocations"),
    ("AWS/Lambda", "AsyncEventsDropped"),
    ("AWS/Lambda", "Throttles"),
}
# What a drill changes, and what changes it back.
OPPOSITES = {
    "remove-permission": "add-permission",
    "put-function-concurrency": "delete-function-concurrency",
    "put-role-policy": "delete-role-policy",
    "update-event-source-mapping": "update-event-source-mapping",
    "send-message": "delete-message",
}
TO_AND_FRO = ["close", "observe"]
# Words of AWS's answers and settings that the text speaks of.
WORDS = {
    "LastProcessingResult",
    "MaximumConcurrency",
    "PendingConfirmation",
    "Sid",
    "StateTransitionReason",
}


def drills() -> dict[int, str]:
    """Return the text of each drill, by its row."""
    parts = re.split(r"^## Row (\d+): .*$", DRILLS, flags=re.MULTILINE)[1:]
    return dict(zip(map(int, parts[::2]), parts[1::2], strict=True))


def test_each_row_that_needs_an_account_has_a_drill() -> None:
    """The drills are the rows that the matrix marks with L, in their order."""
    assert [row.number for row in ROWS if row.is_drilled] == list(drills())


@pytest.mark.parametrize("text", drills().values(), ids=drills())
def test_a_drill_says_what_to_watch_and_how_to_undo_it(text: str) -> None:
    """It breaks something, and shows commands to watch it and to undo it."""
    chapters = ["Break it", "Watch", "Undo", "Cost and risk"]
    *with_commands, _ = re.split(r"^### .*$", text, flags=re.MULTILINE)[1:]

    assert chapters == headings(text, "###")
    assert all(fences(chapter, "bash") for chapter in with_commands)


def operations(text: str) -> list[str]:
    """Return what is asked of AWS, in its order."""
    return [command.words[2] for command in commands(text) if command.name == "aws"]


@pytest.mark.parametrize("text", drills().values(), ids=drills())
def test_what_a_drill_changes_its_undo_changes_back(text: str) -> None:
    """Each change has its opposite under Undo; a change without one is unknown."""
    before, undo = text.split("### Undo")
    harmless = ("describe-", "get-", "list-")
    changed = [name for name in operations(before) if not name.startswith(harmless)]

    assert changed
    assert {OPPOSITES[name] for name in changed} <= set(operations(undo))


def test_only_the_drills_that_close_a_job_set_the_mode() -> None:
    """They set it back at their end; the drill on the stack in use leaves it alone."""
    modes = {
        row: [
            c.words[2]
            for c in commands(text)
            if c.words[:2] == ("idle-jobs", "mode")
            and set(c.words[2:3]) <= {*TO_AND_FRO}
            and len(c.words) > 2
        ]
        for row, text in drills().items()
    }

    assert fences(DRILLS, "bash")[0].endswith("\n}\n")
    assert {2: [], 23: TO_AND_FRO, 29: TO_AND_FRO, 58: []} == modes
    assert not {"pause", "resume"} & {c.words[1] for c in commands(drills()[58])}


def test_the_permission_comes_back_as_it_was() -> None:
    """Who may invoke the Sweeper, and do what, is what is deployed."""
    deployed = RESOURCES["SweepRulePermission"]["Properties"]
    (added,) = (command for command in AWS if "add-permission" in command.words)

    assert [deployed["Action"]] == added.options["action"]
    assert [deployed["Principal"]] == added.options["principal"]
    assert added.options.keys() >= {"source-arn", "statement-id"}


def test_only_known_programs_are_run() -> None:
    """A line is AWS's CLI, ours, a wait, or one of the functions that are defined."""
    defined = set(re.findall(r"^(\w+)\(\) \{$", DRILLS, re.MULTILINE))

    assert {c.name for c in COMMANDS} == {"aws", "idle-jobs", "make", "sleep"} | defined


@pytest.mark.parametrize("command", AWS, ids=lambda c: " ".join(c.words[1:3]))
def test_aws_knows_a_command_and_its_options(command: Command) -> None:
    """The operation exists, takes each option, and gets all that it needs."""
    known = input_of(command)
    given = {name.removeprefix("no-") for name in command.options} - OWN

    assert given <= known.keys()
    assert len(command.words) == 3 or needed_by(command) <= given
    for name in given:
        shape = getattr(known[name], "member", known[name])
        if enum := getattr(shape, "enum", ()):
            assert set(command.options[name]) <= set(enum)


def fields(parsed: dict[str, Any]) -> Iterator[str]:
    """Yield the fields that a JMESPath expression names."""
    if parsed["type"] == "field":
        yield parsed["value"]
    for child in parsed["children"]:
        yield from fields(child)


@pytest.mark.parametrize(
    "command",
    [command for command in AWS if "query" in command.options],
    ids=lambda c: " ".join(c.words[1:3]),
)
def test_a_query_asks_for_what_is_answered(command: Command) -> None:
    """The expression parses, and each name in it may stand in the answer."""
    (query,) = command.options["query"]
    names = set(fields(jmespath.compile(query).parsed))

    assert names
    assert names <= answered_names(command)


def test_what_is_looked_up_is_deployed() -> None:
    """Each logical id is one of the template, as SAM translates it."""
    asked = set(re.findall(r"\$\(id (\w+)\)", DRILLS))
    rung = {c.words[1] for c in COMMANDS if c.name == "alarm"}

    assert asked | rung <= RESOURCES.keys()
    assert rung <= ALARMS.keys()


def test_metrics_exist() -> None:
    """A metric that is watched is one of an alarm's, or documented by its service."""
    watched = {
        (c.options["namespace"][0], c.options["metric-name"][0])
        for c in AWS
        if "metric-name" in c.options
    }

    assert watched <= FOREIGN


def test_names_in_the_text_exist() -> None:
    """A name in backticks is the template's, a metric, a variable, or AWS's word."""
    named = {w for w in code(DRILLS) if re.fullmatch(r"([A-Z][a-z]+){2,}|[A-Z]\w+", w)}
    foreign = {name for _, name in FOREIGN}
    variables = set(re.findall(r"^(\w+)=", DRILLS, re.MULTILINE))
    known = {*SOURCE["Parameters"], *RESOURCES, *Metric, *foreign, *variables, *WORDS}

    assert named <= known
    assert {w for w in code(DRILLS) if re.fullmatch("[a-z]+_[a-z_]+", w)} <= set(Reason)


def test_our_commands_take_what_they_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each exists, and has the options and the arguments of the line."""
    monkeypatch.setenv("IDLE_JOBS_STACK", "drill")
    for command in OURS:
        found = load(command.words[1])

        assert found.make_context(command.words[1], [*command.words[2:]])
