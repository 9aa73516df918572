"""What CloudFormation makes of template.yaml, by SAM's own translator and moto."""

import io
import json
import zipfile
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.intrinsics import load_template
from local.topology import TEMPLATE
from local.translation import NEEDED, translate

SOURCE = load_template(TEMPLATE)
REGION = "eu-west-1"
SIGNED = {
    "AuthMode": "sigv4",
    "ClusterArn": "arn:aws:es:eu-west-1:123456789012:domain/d/x",
}
KEYED = {
    "AuthMode": "api_key",
    "SecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:elastic-AbCdEf",
}
SIX_HOURLY = {"ScheduleExpression": "rate(6 hours)", "SweepAlarmHours": "12"}


def of_type(translated: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the properties of every resource of one type, by its logical name."""
    return {
        name: resource["Properties"]
        for name, resource in translated["Resources"].items()
        if resource["Type"] == kind
    }


@pytest.mark.parametrize("auth", [SIGNED, KEYED], ids=["sigv4", "api_key"])
def test_the_translator_adds_no_role(auth: dict[str, str]) -> None:
    """The roles of the template are all there are, without managed policies."""
    roles = of_type(translate(SOURCE, auth), "AWS::IAM::Role")

    assert set(roles) == {
        *("SweeperRole", "CloserRole", "ForceCloserRole", "ReopenerRole"),
        "SweepScheduleRole",
    }
    assert not any("ManagedPolicyArns" in role for role in roles.values())


@pytest.mark.parametrize("auth", [SIGNED, KEYED], ids=["sigv4", "api_key"])
def test_no_deploy_can_change_the_mode(auth: dict[str, str]) -> None:
    """Whatever a stack owns, CloudFormation writes again: so it owns no parameter."""
    translated = translate(SOURCE, auth)
    types = {resource["Type"] for resource in translated["Resources"].values()}
    functions = of_type(translated, "AWS::Lambda::Function").values()
    read = [f["Environment"]["Variables"]["MODE_PARAMETER"] for f in functions]

    assert not {kind for kind in types if "SSM" in kind or "Custom" in kind}
    assert read == [{"Fn::Sub": "/${AWS::StackName}/mode"}] * 4


def upload_code() -> None:
    """Put something where the translated template expects the packaged code."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("sweeper.py", "")
    s3 = boto3.client("s3", REGION)
    location = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration=location)
    s3.put_object(Bucket="bucket", Key="key.zip", Body=archive.getvalue())


def deploy(parameters: dict[str, str]) -> None:
    """Create the stack in moto, without the mappings: moto would act on them."""
    translated = translate(SOURCE, parameters)
    mappings = of_type(translated, "AWS::Lambda::EventSourceMapping")
    for name in mappings:
        del translated["Resources"][name]
    upload_code()
    boto3.client("cloudformation", REGION).create_stack(
        StackName="drill",
        TemplateBody=json.dumps(translated),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in (NEEDED | parameters).items()
        ],
    )


# moto makes no alarms, subscriptions and queue policies, and says so.
@pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")
@pytest.mark.slow
@pytest.mark.parametrize("auth", [SIGNED, KEYED], ids=["sigv4", "api_key"])
def test_the_stack_can_be_created(
    auth: dict[str, str],
) -> None:
    """Queues, roles and rule exist."""
    with mock_aws():
        deploy(auth | SIX_HOURLY)
        rules = boto3.client("events", REGION).list_rules()["Rules"]
        queues = boto3.client("sqs", REGION).list_queues()["QueueUrls"]
        roles = boto3.client("iam", REGION).list_roles()["Roles"]

    assert [rule["ScheduleExpression"] for rule in rules] == ["rate(6 hours)"]
    assert len(queues) == 4
    assert len(roles) == 4
