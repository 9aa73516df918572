"""What CloudFormation is told by a deploy: SAM's translation, its parameters put in."""

from functools import cache
from typing import Any

from local.intrinsics import Resolver, load_template
from local.topology import TEMPLATE
from local.translation import NEEDED, translate
from rows.ringing import watched

CLUSTER = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/*"
ALARM = "AWS::CloudWatch::Alarm"
FUNCTION = "AWS::Lambda::Function"
MAPPING = "AWS::Lambda::EventSourceMapping"
QUEUE = "AWS::SQS::Queue"
ROLE = "AWS::IAM::Role"
SCHEDULES = {
    "cron(0 * * * ? *)": "2",
    "rate(6 hours)": "12",
    "cron(0 0 * * ? *)": "48",
    "cron(0 8-18 ? * MON-FRI *)": "63",
    "rate(3 days)": "144",
}
"""Common schedules, each with the SweepAlarmHours that docs/operating.md gives it."""


def of_type(kind: str, **parameters: str) -> dict[str, Any]:
    """Return the properties of each resource of a type, by its logical name.

    What refers to a resource or to one of its attributes has its logical name instead.
    """
    resolver = _resolver(parameters)
    return {
        name: resolver.resolve(resource.get("Properties", {}))
        for name, resource in _translated()["Resources"].items()
        if resource["Type"] == kind and resolver.holds_for(resource)
    }


def mapping_of(function: str) -> dict[str, Any]:
    """Return what connects a function to its queue."""
    mappings = of_type(MAPPING).values()
    [mapping] = [m for m in mappings if m["FunctionName"] == function]
    return dict(mapping)


def rings_after(alarm: dict[str, Any]) -> int:
    """Return how many seconds an alarm looks back before it rings."""
    [period] = {each.period for each in watched(alarm).values()}
    return period * int(alarm["EvaluationPeriods"])


@cache
def _translated() -> dict[str, Any]:
    signed = {"AuthMode": "sigv4", "ClusterArn": CLUSTER}
    return translate(load_template(TEMPLATE), signed)


def _resolver(parameters: dict[str, str]) -> Resolver:
    given = NEEDED | {"ClusterArn": CLUSTER} | parameters
    return Resolver(_translated(), given, _resources())


@cache
def _resources() -> dict[str, str]:
    """Let every resource, and all that is ever asked of one, be its logical name."""
    pseudo = {"Partition": "aws", "Region": "eu-west-1", "AccountId": "123456789012"}
    pseudo["StackName"] = "drill"
    names = {f"AWS::{name}": value for name, value in pseudo.items()}
    for name in _translated()["Resources"]:
        names |= {name: name, f"{name}.Arn": name, f"{name}.QueueName": name}
    return names
