"""The policies of the functions' roles, held against the calls of the functions.

They are those of the translated template, with the names that the calls have.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple, Self

from aws_calls import Call
from local.intrinsics import Resolver, load_template
from local.place import ACCOUNT, REGION
from local.runner import Runner
from local.topology import TEMPLATE
from local.translation import NEEDED, translate
from policies import Caller, Statement, allows

SOURCE = load_template(TEMPLATE)
FUNCTIONS = ("Sweeper", "Closer", "ForceCloser", "Reopener")


class Played(NamedTuple):
    """What a stack was called, its parameters, and the calls of its functions."""

    name: str
    parameters: Mapping[str, str]
    calls: frozenset[Call]

    @classmethod
    def by(cls, stack: Runner, calls: Iterable[Call]) -> Self:
        """Return what a running stack is called, its parameters, and these calls."""
        closer = stack.environment(stack.topology.functions["Closer"])
        given = {"AuthMode": "api_key", "SecretArn": closer["SECRET_ARN"]}
        parameters = NEEDED | given | dict(stack.parameters)
        return cls(stack.name, parameters, frozenset(calls))


class Right(NamedTuple):
    """What a role allows: an action on a resource."""

    action: str
    resource: str


class Policies:
    """The policies of a stack, and what they decide."""

    def __init__(self, template: Mapping[str, Any], stack: Played) -> None:
        self._resources = template["Resources"]
        names = {"AWS::Partition": "aws", "AWS::Region": REGION}
        names |= {"AWS::AccountId": ACCOUNT, "AWS::StackName": stack.name}
        for name, resource in self._resources.items():
            service = resource["Type"].split("::")[1].lower()
            arn = f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"
            names |= {name: name, f"{name}.Arn": arn}
        for function in FUNCTIONS:
            names[f"{function}Role.Arn"] = arn_of_role(function)
        self._resolver = Resolver(template, stack.parameters, names)
        self._on_queues = {
            policy["Queues"][0]: policy["PolicyDocument"]["Statement"]
            for name, resource in self._resources.items()
            if resource["Type"] == "AWS::SQS::QueuePolicy"
            for policy in [self._resolved(name)]
        }

    def of_role(self, function: str) -> list[Statement]:
        """Return the statements of a function's role."""
        (policy,) = self._resolved(f"{function}Role")["Policies"]
        return list(policy["PolicyDocument"]["Statement"])

    def allow(self, call: Call, *role: Statement) -> bool:
        """Tell whether a call is allowed to a role with these statements."""
        # What AWS adds to each call of a function's code.
        keys = {"lambda:SourceFunctionArn": call.function} | dict(call.keys)
        caller = Caller(arn_of_role(call.function), ACCOUNT, policy=role, keys=keys)
        action, resource = call.action, call.resource
        queue = resource.rpartition(":")[2] if action.startswith("sqs:") else ""
        on = self._on_queues.get(queue, [])
        return allows(caller, action, resource, on, account=ACCOUNT)

    def _resolved(self, name: str) -> Any:
        return self._resolver.resolve(self._resources[name]["Properties"])


def arn_of_role(function: str) -> str:
    """Return the ARN of a function's role."""
    return f"arn:aws:iam::{ACCOUNT}:role/drill-{function}Role"


@cache
def translated() -> dict[str, Any]:
    """Return what a deploy makes of the template; its conditions are decided later."""
    return translate(SOURCE, {})


def refused(one: Played, template: Mapping[str, Any] | None = None) -> set[Call]:
    """Return the calls that the role of their function does not allow."""
    policies = Policies(template or translated(), one)
    roles = {name: policies.of_role(name) for name in FUNCTIONS}
    return {c for c in one.calls if not policies.allow(c, *roles[c.function])}


def unused(
    one: Played, function: str, template: Mapping[str, Any] | None = None
) -> set[Right]:
    """Return what a role allows and no call of its function needs."""
    policies = Policies(template or translated(), one)
    calls = [call for call in one.calls if call.function == function]
    return {
        Right(action, resource)
        for statement in policies.of_role(function)
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
        if not any(
            policies.allow(call, {**statement, "Action": action, "Resource": resource})
            for call in calls
        )
    }


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
