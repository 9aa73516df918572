"""docs/upgrades.md lists what stays when a stack is deleted, and how to remove it."""

import json
import re
import shlex
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from idle_jobs.policy.owner import OUR_KEY
from idle_jobs.policy.protection import KEEP_GROUP
from idle_jobs.telemetry import NAMESPACE
from local.intrinsics import Resolver, load_template
from local.topology import TEMPLATE
from local.translation import translate
from markdown import code, fences, table

DOCS = TEMPLATE.parent / "docs"
PAGE = (DOCS / "upgrades.md").read_text(encoding="utf-8")
OPERATING = (DOCS / "operating.md").read_text(encoding="utf-8")
ROWS = table(PAGE, "What stays")
STAYS = {word for row in ROWS for word in code(row["What stays"])}
CAUSES = {word for row in ROWS for word in code(row["Where it came from"])}
REMOVES = [word for row in ROWS for word in code(row["How to remove it"])]
SOURCE = load_template(TEMPLATE)
TRANSLATED = translate(SOURCE, {})
RESOLVER = Resolver(SOURCE, {}, {"AWS::StackName": "idle-job-closer"})

# CloudFormation deletes these whatever they hold; a bucket, say, has to be empty.
DELETED_WHOLE = {
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::DynamoDB::Table",
    "AWS::Events::Rule",
    "AWS::IAM::Role",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::Logs::QueryDefinition",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
}


def test_what_the_template_keeps_is_listed() -> None:
    """Whatever has a policy to be retained, by the name that it has."""
    kept = {
        name: resource["Properties"]
        for name, resource in TRANSLATED["Resources"].items()
        if resource.get("DeletionPolicy", "Delete") != "Delete"
    }
    tables = {"Ledger"} & kept.keys()  # CloudFormation gives it its name.
    groups = [kept[name]["LogGroupName"] for name in kept.keys() - tables]
    named = {name for name in STAYS if name.startswith("/aws/") or name == "Ledger"}

    assert named == tables | set(map(RESOLVER.resolve, groups))


def test_everything_else_is_deleted_whole() -> None:
    """A resource of another type may be left behind, and then belongs on the page."""
    assert {r["Type"] for r in TRANSLATED["Resources"].values()} == DELETED_WHOLE


def test_whatever_a_parameter_names_is_listed() -> None:
    """It is not the stack's, so it stays, or what was made for the stack in it does."""
    outside = {
        name
        for name, parameter in SOURCE["Parameters"].items()
        if re.search("arn:aws|subnet-|sg-", parameter.get("AllowedPattern", ""))
    }
    named = {cause for cause in CAUSES if cause in SOURCE["Parameters"]}

    assert named == outside | {"KeepLogs", "KeepLedger"}


def test_the_mode_is_where_the_functions_read_it() -> None:
    """It is no resource of the stack, so no deletion of a stack removes it."""
    variables = SOURCE["Globals"]["Function"]["Environment"]["Variables"]
    name = RESOLVER.resolve(variables["MODE_PARAMETER"])

    assert name in STAYS
    assert f"aws ssm delete-parameter --name {name}" in REMOVES


def test_the_keys_of_elasticsearch_are_those_that_operators_make() -> None:
    """Each that docs/operating.md says to make is revoked by the same name."""
    made = [json.loads(text).get("name") for text in fences(OPERATING, "json")]
    revoked = [json.loads(text)["name"] for text in REMOVES if text.startswith("{")]

    assert revoked == [name for name in made if name]
    assert "DELETE /_security/api_key" in REMOVES


def test_what_others_keep_has_our_names() -> None:
    """The metrics, and what owners have written into their jobs."""
    assert {NAMESPACE, KEEP_GROUP, OUR_KEY} <= STAYS


COMMANDS = [shlex.split(text) for text in REMOVES if text.startswith("aws ")]


def operation(service: str, name: str) -> Any:
    """Return the model of an operation by the name that the AWS CLI has for it."""
    model = botocore.session.get_session().get_service_model(service)
    names = {xform_name(each, "-"): each for each in model.operation_names}
    return model.operation_model(names[name])


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_each_command_is_one_of_aws(words: list[str]) -> None:
    """The AWS CLI knows it, with each of these options, and it needs no other."""
    _, service, name, *options = words
    shape = operation(service, name).input_shape
    known = {f"--{xform_name(each, '-')}" for each in shape.members}
    needed = {f"--{xform_name(each, '-')}" for each in shape.required_members}
    given = {word for word in options if word.startswith("--")}

    assert needed <= given <= known
