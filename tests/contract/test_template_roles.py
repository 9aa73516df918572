"""What the functions of template.yaml may do, and on what."""

from typing import NamedTuple

import pytest

from local.intrinsics import Resolver, Value, load_template
from local.topology import TEMPLATE, Topology
from local.translation import NEEDED

SOURCE = load_template(TEMPLATE)
CLUSTER = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/GET/*"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:elastic-AbCdEf"
SIGNED = {"AuthMode": "sigv4", "ClusterArn": CLUSTER}
KEYED = {"AuthMode": "api_key", "SecretArn": SECRET}
PSEUDO = {
    "Partition": "aws",
    "Region": "eu-west-1",
    "AccountId": "123456789012",
    "StackName": "drill",
}
OWN_QUEUE = {
    "Sweeper": "RequestQueue",
    "Closer": "CloseQueue",
    "ForceCloser": "ForceQueue",
}
FUNCTIONS = tuple(OWN_QUEUE)
NOTHING = {"Ref": "AWS::NoValue"}
KEY = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-4e5f"
IN_VPC = {"SubnetIds": "subnet-0a1b2c3d", "SecurityGroupIds": "sg-0a1b2c3d"}


class Grant(NamedTuple):
    """One action on one resource."""

    action: str
    resource: str


def resolve(value: Value, parameters: dict[str, str]) -> Value:
    """Resolve a part of the template; resources stand for themselves."""
    resources = {f"{name}.Arn": name for name in SOURCE["Resources"]}
    resources["DigestTopic"] = "DigestTopic"
    resources |= {f"AWS::{name}": value for name, value in PSEUDO.items()}
    return Resolver(SOURCE, parameters, resources).resolve(value)


def listed(value: Value) -> list[str]:
    """Return what IAM takes as one or as a list, as a list."""
    return value if isinstance(value, list) else [value]


def statements(function: str, parameters: dict[str, str]) -> list[dict[str, Value]]:
    """Return the statements of a function's role, all of which allow something."""
    role = SOURCE["Resources"][f"{function}Role"]["Properties"]
    (policy,) = resolve(role["Policies"], parameters)
    found: list[dict[str, Value]] = policy["PolicyDocument"]["Statement"]
    assert all(statement["Effect"] == "Allow" for statement in found)
    return found


def grants(function: str, parameters: dict[str, str]) -> set[Grant]:
    """Return what the role of a function allows."""
    return {
        Grant(action, resource)
        for statement in statements(function, parameters)
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


def allowed(function: str, action: str, parameters: dict[str, str]) -> set[str]:
    """Return the resources on which a function may do something."""
    return {g.resource for g in grants(function, parameters) if g.action == action}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_has_a_role_of_its_own(function: str) -> None:
    """A role is SAM's own, with rights on everything, unless the template names one."""
    properties = SOURCE["Resources"][function]["Properties"]

    assert {"Fn::GetAtt": [f"{function}Role", "Arn"]} == properties["Role"]
    assert "Policies" not in properties
    role = SOURCE["Resources"][f"{function}Role"]["Properties"]
    boundary = {"Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundaryArn"}, NOTHING]}
    assert {"AssumeRolePolicyDocument", "Policies", "PermissionsBoundary"} == set(role)
    assert boundary == role["PermissionsBoundary"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_reads_its_own_queue_log_and_mode(function: str) -> None:
    """The rest of a role is one queue, one log group, and the one mode."""
    arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/drill/mode"
    verbs = "ReceiveMessage DeleteMessage GetQueueAttributes ChangeMessageVisibility"
    on_queue = {f"sqs:{verb}" for verb in verbs.split()}
    log = {"logs:CreateLogStream", "logs:PutLogEvents"}
    sweepers = {
        Grant("ssm:GetParameterHistory", arn),
        Grant("dynamodb:Query", "Ledger"),
    }

    assert (
        {Grant(action, OWN_QUEUE[function]) for action in on_queue}
        | {Grant(action, f"{function}LogGroup") for action in log}
        | {Grant("ssm:GetParameter", arn), Grant("dynamodb:PutItem", "Ledger")}
        # Only the Sweeper says who set the mode, and what is saved.
        | (sweepers if function == "Sweeper" else set())
    ) == {
        grant
        for grant in grants(function, SIGNED | {"ClusterArn": ""})
        if grant.action != "sqs:SendMessage"
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_sends_events_of_ours_alone(function: str) -> None:
    """To the one bus, and not without one."""
    arn = "arn:aws:events:eu-west-1:123456789012:event-bus/outcomes"
    given = KEYED | {"EventBusName": "outcomes"}
    [statement] = [
        each
        for each in statements(function, given)
        if each["Action"] == "events:PutEvents"
    ]

    assert grants(function, given) - grants(function, KEYED) == {
        Grant("events:PutEvents", arn)
    }
    assert statement["Condition"] == {
        "StringEquals": {"events:source": "idle-job-closer"}
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_sweeper_alone_publishes_digests(function: str) -> None:
    """To the one topic, for which it counts what is parked; not without a digest."""
    more = grants(function, KEYED | {"Digest": "daily"}) - grants(function, KEYED)

    assert more == (
        {
            Grant("sns:Publish", "DigestTopic"),
            Grant("sqs:GetQueueAttributes", "ParkingQueue"),
        }
        if function == "Sweeper"
        else set()
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_wildcard_is_written_into_a_role(function: str) -> None:
    """Whoever deploys may give a cluster's ARN with one; the template adds none."""
    for grant in grants(function, KEYED | SIGNED):
        assert "*" not in grant.action
        assert "*" not in grant.resource.removesuffix(CLUSTER)


@pytest.mark.parametrize(
    ("service", "read", "written"),
    [
        ("execute-api", {"execute-api:Invoke"}, set()),
        ("es", {"es:ESHttpGet"}, {"es:ESHttpPost"}),
        ("lambda", {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}, set()),
    ],
)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_signed_calls_are_allowed_on_the_cluster_alone(
    function: str, service: str, read: set[str], written: set[str]
) -> None:
    """The Sweeper only reads; the closers post as well."""
    expected = read if function == "Sweeper" else read | written
    found = grants(function, SIGNED | {"SigV4Service": service})

    assert expected == {g.action for g in found if g.resource == CLUSTER}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("service", ["lambda", "vpc-lattice-svcs", "es"])
def test_conditions_narrow_what_an_action_is_too_wide_for(
    function: str, service: str
) -> None:
    """A function is invoked through its URL alone, and the Sweeper reads alone."""
    told = {
        action: statement["Condition"]
        for statement in statements(function, SIGNED | {"SigV4Service": service})
        if "Condition" in statement
        for action in listed(statement["Action"])
    }
    by_url = {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
    reads = {"StringEqualsIfExists": {"vpc-lattice-svcs:RequestMethod": "GET"}}
    invokes = {"lambda:InvokeFunction": by_url} if service == "lambda" else {}
    read = {
        "lambda": "lambda:InvokeFunctionUrl",
        "vpc-lattice-svcs": "vpc-lattice-svcs:Invoke",
        "es": "es:ESHttpGet",
    }[service]

    assert told == invokes | ({read: reads} if function == "Sweeper" else {})


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_api_key_needs_the_secret_and_no_signature(function: str) -> None:
    """With api_key a role reads the one secret, and may call no cluster."""
    assert {SECRET} == allowed(function, "secretsmanager:GetSecretValue", KEYED)
    assert not allowed(function, "execute-api:Invoke", KEYED | {"ClusterArn": CLUSTER})


READS = SECRET.replace("elastic", "reader")


@pytest.mark.parametrize("auth", [KEYED, SIGNED | {"SecretArn": SECRET}])
@pytest.mark.parametrize(
    ("function", "secret"),
    [("Sweeper", READS), ("Closer", SECRET), ("ForceCloser", SECRET)],
)
def test_the_sweeper_may_have_a_secret_of_its_own(
    function: str, secret: str, auth: dict[str, str]
) -> None:
    """Each function reads the one secret that it is told of, and no other."""
    parameters = NEEDED | auth | {"ReadSecretArn": READS}
    variables = Topology.load().functions[function].environment

    assert allowed(function, "secretsmanager:GetSecretValue", parameters) == {secret}
    assert resolve(variables["SECRET_ARN"], parameters) == secret


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_key_is_used_by_the_functions_alone(function: str) -> None:
    """For messages in all queues and for the secret; without a key, for none."""
    uses = {"kms:Decrypt", "kms:GenerateDataKey"}
    more = grants(function, KEYED | {"KmsKeyArn": KEY}) - grants(function, KEYED)

    assert more == {Grant(action, KEY) for action in uses}
    assert not any(g.action.startswith("kms:") for g in grants(function, KEYED))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_lambda_connects_a_function_with_its_subnets(function: str) -> None:
    """Its code may not: the key of the condition is only there when code calls."""
    account = "arn:aws:ec2:eu-west-1:123456789012"
    anywhere = "arn:aws:ec2:eu-west-1:*"
    verbs = "CreateNetworkInterface DeleteNetworkInterface"
    verbs += " AssignPrivateIpAddresses UnassignPrivateIpAddresses"
    on = [f"{account}:network-interface/*"]
    on += [f"{anywhere}:subnet/*", f"{anywhere}:security-group/*"]
    seen = {f"ec2:{v}" for v in ("DescribeNetworkInterfaces", "DescribeSubnets")}
    more = grants(function, KEYED | IN_VPC) - grants(function, KEYED)
    network = [
        statement
        for statement in statements(function, KEYED | IN_VPC)
        if str(statement["Action"]).find("ec2:") >= 0
    ]

    assert more == {
        *(Grant(action, "*") for action in seen),
        *(Grant(f"ec2:{verb}", where) for verb in verbs.split() for where in on),
    }
    for statement in network:
        assert {"Null": {"lambda:SourceFunctionArn": "true"}} == statement["Condition"]
    assert not any(g.action.startswith("ec2:") for g in grants(function, KEYED))


def test_scheduler_may_begin_a_sweep_and_no_more() -> None:
    """Its role is taken by the Scheduler of this account, to invoke the Sweeper."""
    role = resolve(SOURCE["Resources"]["SweepScheduleRole"]["Properties"], KEYED)
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    [policy] = role["Policies"]
    [statement] = policy["PolicyDocument"]["Statement"]

    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    assert statement == {
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Resource": "Sweeper",
    }
