"""docs/networks.md: endpoints, policies and names are those of the code."""

import json
import re

import pytest

from contract.test_arrows import ROOT, SOURCES
from idle_jobs.aws import SERVICES
from local.intrinsics import load_template
from local.topology import TEMPLATE
from markdown import code, fences, table

PAGE = (ROOT / "docs" / "networks.md").read_text(encoding="utf-8")
SOURCE = load_template(TEMPLATE)
POLICIES = [json.loads(text) for text in fences(PAGE, "json")]


def test_every_service_that_the_functions_call_has_an_endpoint() -> None:
    """AWS is called by `client` alone, and a private API through its own endpoint."""
    calls = (path.read_text(encoding="utf-8") for path in SOURCES.values())
    called = set(re.findall(r"\bclient(?:\(|, )\"([\w-]+)\"", "".join(calls)))
    told = {row["Endpoint"].strip("`") for row in table(PAGE, "Endpoint")}

    assert called == {*SERVICES}
    assert told == called | {"execute-api"}


def test_every_parameter_on_the_page_is_there() -> None:
    """A renamed parameter is renamed here, too."""
    words = {word for word in code(PAGE) if re.fullmatch(r"[A-Z][a-z]\w+", word)}

    assert words <= SOURCE["Parameters"].keys()
    assert {
        *("SubnetIds", "SecurityGroupIds", "KmsKeyArn", "PermissionsBoundaryArn"),
        *("ExistingTopicArn", "KeepLogs", "LogRetentionDays", "SigningRegion"),
        "Architecture",
    } <= words


@pytest.mark.parametrize("name", ["sweeper", "closer", "force-closer"])
def test_the_log_groups_are_those_of_the_stack(name: str) -> None:
    """What is deleted, and what the key may be used for, are their names."""
    groups = [
        resource["Properties"]["LogGroupName"]["Fn::Sub"]
        for resource in SOURCE["Resources"].values()
        if resource["Type"] == "AWS::Logs::LogGroup"
    ]
    key_policy = POLICIES[0]
    (pattern,) = re.findall(r"log-group:([^\"]+)\*", json.dumps(key_policy))

    assert f"/aws/lambda/${{AWS::StackName}}-{name}" in groups
    assert f"/aws/lambda/idle-job-closer-{name}".startswith(pattern)
    assert f" {name}" in fences(PAGE, "bash")[0]


def test_the_policies_have_a_reason_each() -> None:
    """Each statement names who uses the key or the topic."""
    key, topic = POLICIES

    assert [statement["Sid"] for statement in key] == [
        *("ByPoliciesOfTheAccount", "LogGroups", "Alarms")
    ]
    assert topic["Action"] == "sns:Publish"
