"""boto3 takes the answers for AWS's."""

import asyncio
import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from benchmark.aws_services import AwsServices
from local.runner import AWS_KEYS
from local.topology import Topology

pytestmark = pytest.mark.slow


def asked(service: str, call: str, **arguments: Any) -> tuple[Any, AwsServices]:
    """Return what a client gets for a call, which is made twice, and the services."""

    async def ask() -> tuple[Any, AwsServices]:
        services = AwsServices(Topology.load())
        async with services.serve():
            client: Any = boto3.client(  # type: ignore[call-overload]
                service,
                endpoint_url=services.url,
                region_name=AWS_KEYS["AWS_DEFAULT_REGION"],
                aws_access_key_id="AKIDEXAMPLE",
                aws_secret_access_key="made-up",
            )
            if "QueueUrl" in arguments:
                arguments["QueueUrl"] = services.queue_urls()[arguments["QueueUrl"]]
            method, answer = getattr(client, call), None
            for _ in range(2):
                answer = await asyncio.to_thread(method, **arguments)
            return answer, services

    return asyncio.run(ask())


def test_a_message_that_is_sent_is_in_its_queue() -> None:
    """With its delay, which says when it is visible."""
    entry = {"Id": "1", "MessageBody": "body", "DelaySeconds": 60}
    answer, services = asked(
        "sqs", "send_message_batch", QueueUrl="CloseQueue", Entries=[entry]
    )

    assert (answer["Successful"][0]["Id"], answer["Failed"]) == ("1", [])
    assert len(services.queues["CloseQueue"]) == 2
    assert services.calls == {"SendMessageBatch": 2}


def test_an_empty_queue_is_counted() -> None:
    """SQS tells numbers as text."""
    name = "ApproximateNumberOfMessages"
    answer, _ = asked(
        "sqs", "get_queue_attributes", QueueUrl="CloseQueue", AttributeNames=[name]
    )

    assert answer["Attributes"] == {name: "0"}


def test_an_unknown_receipt_is_refused() -> None:
    """As SQS refuses the entry, and not the call."""
    entry = {"Id": "1", "ReceiptHandle": "old", "VisibilityTimeout": 5}
    answer, _ = asked(
        "sqs", "change_message_visibility_batch", QueueUrl="CloseQueue", Entries=[entry]
    )

    assert answer["Failed"][0]["Code"] == "ReceiptHandleIsInvalid"


def test_the_mode_and_the_secret_can_be_read() -> None:
    """The mode is close, and was set by somebody; the secret is the cluster's key."""
    mode, _ = asked("ssm", "get_parameter", Name="/benchmark/mode")
    past, _ = asked("ssm", "get_parameter_history", Name="/benchmark/mode")
    secret, _ = asked("secretsmanager", "get_secret_value", SecretId="key")

    assert mode["Parameter"]["Value"] == past["Parameters"][0]["Value"] == "close"
    assert "encoded" in json.loads(secret["SecretString"])


def test_what_a_sweep_noted_is_found_and_written_anew() -> None:
    """Unless another sweep was faster: then its `noted_at` is another."""

    def noted(at: str) -> dict[str, Any]:
        return {"cluster": {"S": "c"}, "closed": {"S": "open"}, "noted_at": {"S": at}}

    def put(at: str, as_read: str) -> tuple[int, dict[str, Any]]:
        values = {":as_read": {"S": as_read}}
        asked = {"Item": noted(at), "ExpressionAttributeValues": values}
        return services._answer("PutItem", asked)  # noqa: SLF001 - no client is needed

    services = AwsServices(Topology.load())
    statuses = [put("1", "nobody")[0], put("2", "1")[0], put("3", "1")[0]]
    between = {":cluster": {"S": "c"}, ":since": {"S": "open"}, ":last": {"S": "open"}}
    query = {"ExpressionAttributeValues": between}

    assert statuses == [200, 200, 400]
    assert services._answer("Query", query)[1]["Items"] == [noted("2")]  # noqa: SLF001


def test_an_item_is_written_once() -> None:
    """The second put of one closing is refused, with what is there."""
    item = {"cluster": {"S": "c"}, "closed": {"S": "2026"}}
    with pytest.raises(ClientError) as refused:
        asked("dynamodb", "put_item", TableName="t", Item=item)

    assert refused.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert refused.value.response["Item"] == item  # type: ignore[typeddict-item]
