"""Who may send to which queue: the policies of template.yaml, decided as IAM does."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from local.intrinsics import Resolver, load_template
from local.place import ACCOUNT, REGION
from local.topology import TEMPLATE
from policies import Caller, Statement, allows

SOURCE = load_template(TEMPLATE)
RESOURCES = SOURCE["Resources"]
QUEUES = ("RequestQueue", "CloseQueue", "ForceQueue", "ParkingQueue")
FUNCTIONS = ("Sweeper", "Closer", "ForceCloser")
OTHER_ACCOUNT = "210987654321"
LONGEST_QUEUE_NAME = 80
LONGEST_STACK_NAME = 71  # as docs/operating.md says
OPS = f"arn:aws:iam::{ACCOUNT}:role/teams/ops"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
SSO = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ml_0a"
PARTNER = f"arn:aws:iam::{OTHER_ACCOUNT}:role/partner"
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/jobs/close-them"
LISTED = {"RequestPrincipals": f"{OPS},{SSO.replace('_0a', '_*')},{PARTNER}"}
WITH_RULE = {"RequestRuleArn": RULE}


def resolved(value: Any, parameters: Mapping[str, str]) -> Any:
    """Resolve a part of the template with the ARNs that AWS would give."""
    pseudo = {"Partition": "aws", "Region": REGION, "AccountId": ACCOUNT}
    names = {f"AWS::{name}": value for name, value in pseudo.items()}
    names["AWS::StackName"] = "drill"
    for name, resource in RESOURCES.items():
        names |= {name: name, f"{name}.Arn": f"arn:aws:other:::{name}"}
        if resource["Type"] == "AWS::IAM::Role":
            names[f"{name}.Arn"] = f"arn:aws:iam::{ACCOUNT}:role/drill-{name}-X1Y2"
    for name in QUEUES:
        own = RESOURCES[name]["Properties"]["QueueName"]
        called = Resolver(SOURCE, parameters, names).resolve(own)
        names[f"{name}.Arn"] = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{called}"
    return Resolver(SOURCE, dict(parameters), names).resolve(value)


def arn_of(name: str, parameters: Mapping[str, str] | None = None) -> str:
    """Return the ARN of a queue or a role."""
    return str(resolved({"Fn::GetAtt": [name, "Arn"]}, parameters or {}))


def policy_of(queue: str, parameters: Mapping[str, str]) -> list[Statement]:
    """Return the statements of the one policy that SQS keeps for a queue."""
    (policy,) = (
        resource["Properties"]
        for resource in RESOURCES.values()
        if resource["Type"] == "AWS::SQS::QueuePolicy"
        and {"Ref": queue} in resource["Properties"]["Queues"]
    )
    statements: list[Statement] = resolved(policy["PolicyDocument"], parameters)[
        "Statement"
    ]
    return statements


def function(name: str) -> Caller:
    """Return a function, with what its role allows."""
    (policy,) = RESOURCES[f"{name}Role"]["Properties"]["Policies"]
    document = resolved(policy["PolicyDocument"], {})
    return principal(arn_of(f"{name}Role"), *document["Statement"])


def principal(arn: str, *policy: Statement) -> Caller:
    """Return a user or a role."""
    return Caller(arn, arn.split(":")[4], policy=policy)


def may(action: str, resource: str = "*") -> Statement:
    """Return a statement of somebody's own policy."""
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def rule(arn: str) -> Caller:
    """Return what a rule of EventBridge sends as."""
    keys = {"aws:SourceArn": arn, "aws:SourceAccount": arn.split(":")[4]}
    return Caller(service="events.amazonaws.com", keys=keys)


MAY_SEND = may("sqs:SendMessage")
CALLERS = {
    **{name: function(name) for name in FUNCTIONS},
    "an administrator": principal(f"arn:aws:iam::{ACCOUNT}:role/admin", may("*")),
    "the root user": principal(f"arn:aws:iam::{ACCOUNT}:root", may("*")),
    "ops, who may send": principal(OPS, MAY_SEND),
    "ops, without a right": principal(OPS),
    "a person of SSO": principal(SSO),
    "ann, who may send": principal(ANN, MAY_SEND),
    "ann, without a right": principal(ANN),
    "the partner, who may send": principal(PARTNER, MAY_SEND),
    "the partner, without a right": principal(PARTNER),
    "another partner": principal(f"{PARTNER}-2", may("*")),
    "the rule": rule(RULE),
    "another rule": rule(f"{RULE}-2"),
    "a topic": Caller(
        service="sns.amazonaws.com", keys={"aws:SourceArn": "arn:aws:sns:::topic"}
    ),
    "nobody": Caller(),
}
ACCOUNT_SENDS = {
    "an administrator",
    "the root user",
    "ops, who may send",
    "ann, who may send",
}
LISTED_SEND = {
    "ops, who may send",
    "ops, without a right",
    "a person of SSO",
    "the partner, who may send",
}
WHO_SENDS: dict[str, tuple[str, dict[str, str], set[str]]] = {
    "requests, by default": ("RequestQueue", {}, ACCOUNT_SENDS),
    "requests, with a rule": ("RequestQueue", WITH_RULE, ACCOUNT_SENDS | {"the rule"}),
    "requests, listed": ("RequestQueue", LISTED, LISTED_SEND),
    "requests, listed and a rule": (
        "RequestQueue",
        LISTED | WITH_RULE,
        LISTED_SEND | {"the rule"},
    ),
    "close messages": ("CloseQueue", LISTED | WITH_RULE, {"Sweeper", "Closer"}),
    "force messages": ("ForceQueue", LISTED | WITH_RULE, {"Sweeper", "Closer"}),
    "parked messages": ("ParkingQueue", LISTED | WITH_RULE, {*FUNCTIONS}),
}


@pytest.mark.parametrize(
    ("queue", "parameters", "senders"), WHO_SENDS.values(), ids=WHO_SENDS
)
@pytest.mark.parametrize("encrypted", [True, False], ids=["TLS", "no TLS"])
def test_who_may_send(
    queue: str, parameters: dict[str, str], senders: set[str], *, encrypted: bool
) -> None:
    """These may, and nobody else: not even an administrator, and nobody without TLS."""
    policy = policy_of(queue, parameters)
    found = {
        name
        for name, caller in CALLERS.items()
        if allows(
            caller,
            "sqs:SendMessage",
            arn_of(queue),
            policy,
            account=ACCOUNT,
            encrypted=encrypted,
        )
    }

    assert found == (senders if encrypted else set())


@pytest.mark.parametrize("queue", QUEUES)
@pytest.mark.parametrize("action", ["sqs:ReceiveMessage", "sqs:PurgeQueue"])
def test_nothing_is_done_without_tls(queue: str, action: str) -> None:
    """Whoever may do everything needs TLS for it, in every queue."""
    policy, anybody = policy_of(queue, {}), CALLERS["an administrator"]
    may_do = [
        allows(anybody, action, arn_of(queue), policy, account=ACCOUNT, encrypted=tls)
        for tls in (True, False)
    ]

    assert may_do == [True, False]


@pytest.mark.parametrize("queue", QUEUES)
@pytest.mark.parametrize("parameters", [{}, LISTED, LISTED | WITH_RULE])
def test_each_function_sends_where_its_role_says(
    queue: str, parameters: dict[str, str]
) -> None:
    """A queue's policy takes nothing away from a role, and adds nothing."""
    policy, arn = policy_of(queue, parameters), arn_of(queue)
    for name in FUNCTIONS:
        granted = any(
            arn in statement["Resource"]
            for statement in CALLERS[name].policy
            if statement["Action"] == "sqs:SendMessage"
        )
        sends = allows(CALLERS[name], "sqs:SendMessage", arn, policy, account=ACCOUNT)

        assert granted == sends


REDRIVE = {
    "RequestQueue": ("sqs:SendMessage",),
    "ParkingQueue": (
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
    ),
}


@pytest.mark.parametrize("parameters", [{}, LISTED, LISTED | WITH_RULE])
def test_an_operator_may_redrive(parameters: dict[str, str]) -> None:
    """Who is listed and has the documented rights may do all that the command does."""
    rights = [
        may(action, arn_of(q)) for q, actions in REDRIVE.items() for action in actions
    ]
    operator = principal(OPS, *rights)

    for queue, actions in REDRIVE.items():
        for action in actions:
            policy = policy_of(queue, parameters)
            assert allows(operator, action, arn_of(queue), policy, account=ACCOUNT)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_lambda_receives_for_each_function(name: str) -> None:
    """The policies of the queues leave the receives alone, for its own queue only."""
    own = dict(zip(FUNCTIONS, QUEUES, strict=False))
    received = {
        queue
        for queue in QUEUES
        if allows(
            CALLERS[name],
            "sqs:ReceiveMessage",
            arn_of(queue),
            policy_of(queue, LISTED),
            account=ACCOUNT,
        )
    }

    assert received == {own[name]}


def test_each_queue_takes_dead_letters_of_its_own_sources_alone() -> None:
    """A foreign queue cannot name one of ours as its dead-letter queue."""
    queues = {
        arn_of(name): resolved(RESOURCES[name]["Properties"], {}) for name in QUEUES
    }
    for arn, own in queues.items():
        sources = {
            source
            for source, other in queues.items()
            if other.get("RedrivePolicy", {}).get("deadLetterTargetArn") == arn
        }
        allowed = own["RedriveAllowPolicy"]

        assert sources == set(allowed.get("sourceQueueArns", ()))
        assert allowed["redrivePermission"] == ("byQueue" if sources else "denyAll")


def test_queues_are_named_after_the_stack() -> None:
    """SQS takes 80 characters, so a stack's name may have 71; no two are the same."""
    names = [arn_of(queue).split(":")[5] for queue in QUEUES]

    assert names == ["drill-requests", "drill-close", "drill-force", "drill-parking"]
    assert (
        max(map(len, names)) - len("drill") == LONGEST_QUEUE_NAME - LONGEST_STACK_NAME
    )


@pytest.mark.parametrize(
    ("principals", "taken"),
    [
        ("", True),
        (OPS, True),
        (LISTED["RequestPrincipals"], True),
        (f"arn:aws:iam::{ACCOUNT}:role/*", True),
        (OPS.replace("aws", "aws-us-gov"), True),
        ("*", False),
        ("arn:aws:iam::*:role/ops", False),
        (f"arn:aws:iam::{ACCOUNT}:root", False),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/ann", False),
        (f"{OPS}, {ANN}", False),
        (f"{OPS},", False),
        (ACCOUNT, False),
    ],
)
def test_what_names_no_principal_is_refused(principals: str, *, taken: bool) -> None:
    """Whatever could never match, or would match everybody, dies at the prompt."""
    pattern = SOURCE["Parameters"]["RequestPrincipals"]["AllowedPattern"]

    assert taken == bool(re.fullmatch(pattern, principals))
