"""The decisions of IAM that tests rely on, each as AWS documents it."""

from typing import Any

import pytest

from policies import Caller, allows

ACCOUNT = "123456789012"
QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:queue"
ANN = f"arn:aws:iam::{ACCOUNT}:role/ann"
FOREIGN = "arn:aws:iam::210987654321:role/bob"
OWN = {"Effect": "Allow", "Action": "sqs:Send*", "Resource": "*"}


def statement(effect: str, **fields: Any) -> dict[str, Any]:
    """Return a statement of the queue's policy."""
    every = {"Principal": "*", "Action": "sqs:SendMessage", "Resource": QUEUE}
    return {"Effect": effect} | every | fields


def sends(caller: Caller, *policy: dict[str, Any]) -> bool:
    """Tell whether somebody may send to the queue."""
    return allows(caller, "sqs:SendMessage", QUEUE, policy, account=ACCOUNT)


@pytest.mark.parametrize(
    ("caller", "policy", "expected"),
    [
        pytest.param(Caller(ANN, ACCOUNT), [], False, id="no right at all"),
        pytest.param(Caller(ANN, ACCOUNT, policy=(OWN,)), [], True, id="an own right"),
        pytest.param(
            Caller(ANN, ACCOUNT), [statement("Allow")], True, id="the queue's right"
        ),
        pytest.param(
            Caller(ANN, ACCOUNT, policy=(OWN,)),
            [statement("Deny"), statement("Allow")],
            False,
            id="a denial wins",
        ),
        pytest.param(
            Caller(FOREIGN, "210987654321"),
            [statement("Allow")],
            False,
            id="another account without a right",
        ),
        pytest.param(
            Caller(FOREIGN, "210987654321", policy=(OWN,)),
            [],
            False,
            id="another account without the queue's",
        ),
        pytest.param(
            Caller(FOREIGN, "210987654321", policy=(OWN,)),
            [statement("Allow")],
            True,
            id="another account with both",
        ),
        pytest.param(
            Caller(service="events.amazonaws.com"),
            [statement("Allow", Principal={"Service": "events.amazonaws.com"})],
            True,
            id="a service",
        ),
        pytest.param(
            Caller(service="sns.amazonaws.com"),
            [statement("Allow", Principal={"Service": "events.amazonaws.com"})],
            False,
            id="another service",
        ),
        pytest.param(
            Caller(ANN, ACCOUNT),
            [statement("Allow", Principal={"AWS": FOREIGN})],
            False,
            id="another principal",
        ),
        pytest.param(Caller(), [statement("Allow")], True, id="a public queue"),
    ],
)
def test_who_decides(caller: Caller, policy: list[Any], *, expected: bool) -> None:
    """Within an account one right suffices, from another it takes two."""
    assert sends(caller, *policy) is expected


SOURCE_ARN = {"aws:SourceArn": "arn:aws:events:eu-west-1:1:rule/x"}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"ArnEquals": {"aws:PrincipalArn": ANN}}, True),
        ({"ArnEquals": {"aws:PrincipalArn": [FOREIGN, ANN]}}, True),
        ({"ArnNotEquals": {"aws:PrincipalArn": [FOREIGN, ANN]}}, False),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:*:role/ann"}}, False),
        ({"ArnLike": {"aws:PrincipalArn": "*"}}, False),
        ({"ArnEquals": SOURCE_ARN}, False),
        ({"ArnNotEquals": SOURCE_ARN}, True),
        ({"ArnNotLikeIfExists": SOURCE_ARN}, True),
        ({"ArnEqualsIfExists": SOURCE_ARN}, True),
        ({"ArnEqualsIfExists": {"aws:PrincipalArn": FOREIGN}}, False),
        ({"StringEquals": {"aws:PrincipalArn": ANN}}, True),
        ({"StringNotLike": {"aws:PrincipalArn": "*ann"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"Bool": {"aws:ViaAWSService": "false"}}, False),
        ({"Null": {"aws:PrincipalArn": "false"}}, True),
        ({"Null": {"aws:PrincipalArn": "true"}}, False),
        ({"Null": {"aws:SourceArn": "true"}}, True),
        ({"Null": {"aws:SourceArn": "false"}}, False),
        (
            {
                "ArnEquals": {"aws:PrincipalArn": ANN},
                "ArnNotEquals": {"aws:PrincipalArn": ANN},
            },
            False,
        ),
    ],
)
def test_when_a_condition_holds(condition: dict[str, Any], *, expected: bool) -> None:
    """Values are alternatives, operators are not; a missing key fulfils a negation."""
    ann = Caller(ANN, ACCOUNT)

    assert sends(ann, statement("Allow", Condition=condition)) is expected


@pytest.mark.parametrize(
    "fields",
    [
        {"NotAction": "sqs:SendMessage"},
        {"Principal": {"Federated": "x"}},
        {"Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "9"}}},
    ],
)
def test_what_it_does_not_know_is_an_error(fields: dict[str, Any]) -> None:
    """A part of the language that nobody taught it decides nothing."""
    context = {"aws:MultiFactorAuthAge": "1"}
    with pytest.raises((NotImplementedError, KeyError)):
        sends(Caller(ANN, ACCOUNT, keys=context), statement("Allow", **fields))


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [("SQS:sendmessage", QUEUE, True), ("sqs:SendMessage", f"{QUEUE}2", False)],
)
def test_actions_ignore_case_and_resources_do_not(
    action: str, resource: str, *, expected: bool
) -> None:
    """As in every policy of AWS."""
    policy = [statement("Allow")]
    caller = Caller(ANN, ACCOUNT)

    assert allows(caller, action, resource, policy, account=ACCOUNT) is expected
