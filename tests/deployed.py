"""A stack in moto for the operator's commands, made from the translated template."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

import boto3
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto import mock_aws

from local.intrinsics import load_template
from local.runner import AWS_KEYS, SESSION
from local.topology import TEMPLATE
from local.translation import NEEDED, translate

NAME = "drill"
QUEUES = ("AWS::SQS::Queue", "AWS::Logs::LogGroup")
FUNCTIONS = (
    *QUEUES,
    "AWS::DynamoDB::Table",
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
)
MAPPINGS = (*FUNCTIONS, "AWS::Lambda::EventSourceMapping")


@contextmanager
def deployed(*types: str, **parameters: str) -> Iterator[dict[str, str]]:
    """Deploy the template's resources of these types; yield their physical ids.

    With mappings, moto runs what is sent to a queue, and loses it. The parameters are
    those of the template, such as ClusterUrl.
    """
    with mock_aws(), patch.dict("os.environ", AWS_KEYS), quick_receives():
        boto3.setup_default_session(botocore_session=SESSION)
        cloud = boto3.client("cloudformation")
        _create(cloud, types, parameters)
        found = cloud.list_stack_resources(StackName=NAME)["StackResourceSummaries"]
        yield {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in found}


def _create(cloud: Any, types: tuple[str, ...], own: Mapping[str, str]) -> None:
    template = _translated()
    every = template["Resources"].items()
    kept = {name: value for name, value in every if value["Type"] in types}
    body = template | {"Resources": kept, "Outputs": {}}
    if "AWS::Lambda::Function" in types:
        _upload_code()
    cloud.create_stack(
        StackName=NAME,
        TemplateBody=json.dumps(body),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in (NEEDED | dict(own)).items()
        ],
    )


@cache
def _translated() -> dict[str, Any]:
    return translate(load_template(TEMPLATE), {})


def _upload_code() -> None:
    """Put something where the translated template expects the packaged code."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("sweeper.py", "")
    # boto3 refuses to make a second S3 client on one botocore session.
    s3: Any = botocore.session.get_session().create_client("s3")
    where = {"LocationConstraint": AWS_KEYS["AWS_DEFAULT_REGION"]}
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration=where)
    s3.put_object(Bucket="bucket", Key="key.zip", Body=archive.getvalue())


@contextmanager
def on_event(event: str, act: Callable[..., Any]) -> Iterator[None]:
    """Act on an event of every AWS client that is made meanwhile."""
    SESSION.register(event, act)
    try:
        yield
    finally:
        SESSION.unregister(event, act)


@contextmanager
def quick_receives() -> Iterator[None]:
    """Let no receive wait: moto would, in real time."""

    def at_once(params: dict[str, Any], **_: object) -> dict[str, Any]:
        return params | {"WaitTimeSeconds": 0}

    with on_event("provide-client-params.sqs.ReceiveMessage", at_once):
        yield


def refuse(event: str, code: str) -> AbstractContextManager[None]:
    """Let AWS refuse a call, such as `ssm.PutParameter`."""

    def answer(**_: object) -> tuple[AWSResponse, dict[str, Any]]:
        refused = AWSResponse("", 400, HTTPHeaders(), None)
        return refused, {"Error": {"Code": code, "Message": "not today"}}

    return on_event(f"before-call.{event}", answer)


def send(queue: str, body: str, parked_reason: str = "") -> str:
    """Send a body, with a reason beside it if there is one; return the message's id."""
    beside = {"DataType": "String", "StringValue": parked_reason}
    attributes: Any = {"parked_reason": beside} if parked_reason else {}
    sent = boto3.client("sqs").send_message(
        QueueUrl=queue, MessageBody=body, MessageAttributes=attributes
    )
    return sent["MessageId"]


def visible(queue: str) -> list[str]:
    """Return up to ten bodies that anyone could receive now, and leave them there."""
    answer = boto3.client("sqs").receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return [message["Body"] for message in answer.get("Messages", [])]
