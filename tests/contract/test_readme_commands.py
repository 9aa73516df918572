"""What README.md and docs/operating.md tell an operator to ask of AWS can be asked."""

from pathlib import Path

import jmespath  # type: ignore[import-untyped]
import pytest

from local.intrinsics import load_template
from local.topology import TEMPLATE, Topology
from local.translation import translate
from markdown import fences
from reliability.commands import OWN, Command, commands, input_of, needed_by

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs" / "operating.md"]
SHOWN = [b for page in PAGES for b in fences(page.read_text(encoding="utf-8"), "bash")]
AWS = [
    command
    for block in SHOWN
    for command in commands(f"```bash\n{block}```")
    if command.name == "aws"
]
SOURCE = load_template(TEMPLATE)


def only(operation: str) -> Command:
    """Return the one command that asks for this."""
    (command,) = (command for command in AWS if operation in command.words)
    return command


@pytest.mark.parametrize("command", AWS, ids=lambda c: " ".join(c.words[1:3]))
def test_aws_knows_a_command_and_its_options(command: Command) -> None:
    """The operation exists, takes each option, and gets all that it needs."""
    given = command.options.keys() - OWN

    assert given <= input_of(command).keys()
    assert needed_by(command) <= given


def test_the_outputs_that_are_asked_for_exist() -> None:
    """Each is one of the template's, and the query finds it among the others."""
    outputs = [{"OutputKey": name, "OutputValue": name} for name in SOURCE["Outputs"]]
    asked = [c.options["query"][0] for c in AWS if "describe-stacks" in c.words]
    found = [jmespath.search(q, {"Stacks": [{"Outputs": outputs}]}) for q in asked]

    assert found == [[["RequestQueueUrl"]], [["SweeperFunction"]]]


def test_the_roles_are_found() -> None:
    """The query finds the functions' roles among all that is deployed."""
    deployed = [
        {
            "ResourceType": resource["Type"],
            "LogicalResourceId": name,
            "PhysicalResourceId": name,
        }
        for name, resource in translate(SOURCE, {})["Resources"].items()
    ]
    (query,) = only("describe-stack-resources").options["query"]
    roles = {f"{name}Role" for name in Topology.load().functions}

    assert roles == set(jmespath.search(query, {"StackResources": deployed}))


def test_the_plan_is_waited_for() -> None:
    """The CLI is silent for longer than the Sweeper may run."""
    (seconds,) = only("invoke").options["cli-read-timeout"]

    assert Topology.load().functions["Sweeper"].timeout < int(seconds)
