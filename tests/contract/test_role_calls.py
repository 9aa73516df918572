"""Each role allows what its function calls, and nothing else: both are compared.

The calls are those of the demo, and of a stack for each way to prove who calls; the
policies are those of the translated template, decided as IAM does.
"""

import copy
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import boto3
import pytest

from aws_calls import ListeningRunner
from idle_jobs.times import rfc3339
from local.place import ACCOUNT, REGION
from local.runner import AWS_KEYS
from local.schedule import DAILY
from local.translation import translate
from role_policies import FUNCTIONS, SOURCE, Played, refused, unused
from rows.roles import ROLE, Roles
from stacks import START, add_idle, after, sweep, undo
from standin.cluster import API_KEY, Cluster, Fault

pytestmark = pytest.mark.slow

WITHOUT_CODE = {
    **dict.fromkeys(
        ("logs:CreateLogStream", "logs:PutLogEvents"),
        "Lambda writes what the code prints.",
    ),
    **dict.fromkeys(
        ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
        "Lambda reads the queue as the role, and deletes what the code has finished.",
    ),
    **dict.fromkeys(
        ("kms:Decrypt", "kms:GenerateDataKey"),
        "SQS and Secrets Manager ask KMS in the name of who calls them.",
    ),
    **dict.fromkeys(
        (
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
        ),
        "Lambda connects the function with its subnets.",
    ),
}
"""The rights that no code uses, each with who does, and for what."""

_AT = f"{REGION}:{ACCOUNT}"
SIGNED = {"AuthMode": "sigv4", "SecretArn": ""}
CONFIGURATIONS: dict[str, dict[str, str]] = {
    "an API key": {},
    "an event bus": {"EventBusName": "default"},
    "digests": {"Digest": "sweep"},
    "a secret for reading alone": {"ReadSecretArn": "made by the test"},
    "signed for API Gateway": SIGNED
    | {"ClusterArn": f"arn:aws:execute-api:{_AT}:a1b2c3d4e5/prod/*"},
    "signed for a domain": {
        "AuthMode": "sigv4",  # With a credential beside the signature.
        "SigV4Service": "es",
        "ClusterArn": f"arn:aws:es:{_AT}:domain/search/*",
    },
    "signed for a function URL": SIGNED
    | {
        "SigV4Service": "lambda",
        "ClusterArn": f"arn:aws:lambda:{_AT}:function:front-door",
    },
    "signed for VPC Lattice": SIGNED
    | {
        "SigV4Service": "vpc-lattice-svcs",
        "ClusterArn": f"arn:aws:vpc-lattice:{_AT}:service/svc-0a1b2c3d/*",
    },
    "signed as another role": SIGNED | {"RoleArn": ROLE},
    "a key, in subnets": {
        "KmsKeyArn": f"arn:aws:kms:{_AT}:key/0a1b2c3d-4e5f",
        "SubnetIds": "subnet-0a1b2c3d",
        "SecurityGroupIds": "sg-0a1b2c3d",
    },
}


@cache
def played(configuration: str) -> Played:
    """Run a stack in a configuration, and return what its functions called."""
    given = CONFIGURATIONS[configuration]
    cluster = Cluster()
    if "RoleArn" in given:
        cluster.aws_secrets = Roles()
    elif "ClusterArn" in given:
        own = AWS_KEYS["AWS_SECRET_ACCESS_KEY"]
        cluster.aws_secrets = {AWS_KEYS["AWS_ACCESS_KEY_ID"]: own}
    early = dict.fromkeys(("CLOSE_READ_TIMEOUT_EARLY", "CLOSE_READ_TIMEOUT"), "0.1")
    with ListeningRunner(cluster, START, DAILY | given, timeouts=early) as stack:
        if "ReadSecretArn" in given:
            made = boto3.client("secretsmanager").create_secret(
                Name="reader", SecretString=API_KEY
            )
            stack.parameters = {**stack.parameters, "ReadSecretArn": made["ARN"]}
        hard_hours(stack)
        return Played.by(stack, stack.calls)


def hard_hours(stack: ListeningRunner) -> None:
    """Let a job hang, another fail, the cluster be away, and nobody write JSON.

    One is closed before its request is read. Then each function examines itself.
    """
    for queue in ("RequestQueue", "CloseQueue", "ForceQueue"):
        stack.queues.send(queue, "no JSON")
    add_idle(stack)
    add_idle(stack, "hangs", close_ends="hangs")
    add_idle(stack, "failed", state="failed")
    stack.request(job_id="failed", force=True)
    add_idle(stack, "closed", state="closed", finished=START)
    stack.request(job_id="closed", requested_at=rfc3339(after(hours=-1)))
    until = after(minutes=20)
    gone = Fault(".", kind="refuse", start=stack.now, until=until)
    stack.cluster.faults.append(gone)
    stack.plan(until, lambda: sweep(stack))
    stack.run(after(hours=2))
    undo(stack)
    for name in FUNCTIONS:
        stack.invoke(name, {"doctor": True})
    assert stack.errors == []


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_every_call_is_allowed(configuration: str) -> None:
    """To the role of the function that makes it, and by the queue that it is for."""
    one = played(configuration)

    assert {call.function for call in one.calls} == set(FUNCTIONS)
    assert refused(one) == set()


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_every_right_is_used(configuration: str, function: str) -> None:
    """By the code, or by a service that acts as the role, with the reason above."""
    found = unused(played(configuration), function)

    assert {right for right in found if right.action not in WITHOUT_CODE} == set()


def test_every_reason_is_needed() -> None:
    """Each is for a right that some role has, and that no code uses."""
    found = {
        right.action
        for configuration in CONFIGURATIONS
        for function in FUNCTIONS
        for right in unused(played(configuration), function)
    }

    assert found == set(WITHOUT_CODE)


def with_role(
    function: str, change: Callable[[list[Any]], list[Any]]
) -> dict[str, Any]:
    """Return what a deploy makes of the template with another role."""
    source = copy.deepcopy(SOURCE)
    (policy,) = source["Resources"][f"{function}Role"]["Properties"]["Policies"]
    document = policy["PolicyDocument"]
    document["Statement"] = change(document["Statement"])
    return translate(source, {})


def without(number: int, statements: list[Any]) -> list[Any]:
    """Return all statements but one."""
    return statements[:number] + statements[number + 1 :]


MORE: dict[str, tuple[str, object]] = {
    "another action": ("sqs:PurgeQueue", {"Fn::GetAtt": ["CloseQueue", "Arn"]}),
    "another queue": ("sqs:SendMessage", {"Fn::GetAtt": ["RequestQueue", "Arn"]}),
    "another bus": ("events:PutEvents", f"arn:aws:events:{_AT}:event-bus/other"),
    "another mode": ("ssm:GetParameter", f"arn:aws:ssm:{_AT}:parameter/other/mode"),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(("action", "on"), MORE.values(), ids=MORE)
def test_a_right_that_is_not_used_is_noticed(
    action: str, on: object, function: str
) -> None:
    """One statement more in the template, and the test above fails."""
    more = {"Effect": "Allow", "Action": action, "Resource": on}
    changed = with_role(function, lambda statements: [*statements, more])
    one = played("an API key")
    found = unused(one, function, changed) - unused(one, function)

    assert [right.action for right in found] == [action]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_right_that_is_missing_is_noticed(function: str) -> None:
    """One statement less in the template, and a call is refused that it was for."""
    (policy,) = SOURCE["Resources"][f"{function}Role"]["Properties"]["Policies"]
    every = range(len(policy["PolicyDocument"]["Statement"]))
    lacking = [with_role(function, partial(without, n)) for n in every]
    stacks = [played(configuration) for configuration in CONFIGURATIONS]
    missed = {c for one in stacks for less in lacking for c in refused(one, less)}

    assert missed == {
        call for one in stacks for call in one.calls if call.function == function
    }
