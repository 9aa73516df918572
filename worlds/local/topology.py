"""The functions and queues of template.yaml, as plain values for the runner to wire."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from local.intrinsics import Resolver, Template, load_template
from local.schedule import Schedule

TEMPLATE = Path(__file__).parents[2] / "template.yaml"

SQS_VISIBILITY = 30
SQS_RETENTION = 345_600
"""What SQS assumes where a template says nothing, in seconds."""


@dataclass(frozen=True)
class Source:
    """A queue that a function reads from, and how."""

    queue: str
    batch_size: int
    max_concurrency: int
    reports_failures: bool


@dataclass(frozen=True)
class Function:
    """One function; `environment` is raw, `environment_of` resolves it."""

    name: str
    handler: str
    timeout: int
    memory: int
    environment: Mapping[str, object]
    sources: tuple[Source, ...]
    schedule: Schedule | None
    template: Template = field(repr=False)


@dataclass(frozen=True)
class Queue:
    """One queue; times are seconds."""

    name: str
    visibility: int
    retention: int
    redrive_to: str | None
    max_receive_count: int | None


@dataclass(frozen=True)
class Table:
    """The table of the ledger, which moto keeps."""

    resource: Mapping[str, Any]

    def create(self, name: str) -> None:
        """Make the table, with the keys of the template."""
        given = self.resource["Properties"]
        fields = ("BillingMode", "KeySchema", "AttributeDefinitions")
        asked = {field: given[field] for field in fields}
        boto3.client("dynamodb").create_table(TableName=name, **asked)

    def items(self, name: str) -> list[dict[str, Any]]:
        """Return all items, in the order of their keys."""
        found = boto3.resource("dynamodb").Table(name).scan()["Items"]
        return sorted(found, key=lambda item: str(item["closed"]))


@dataclass(frozen=True)
class Topology:
    """Every function and queue of a template, by its logical name."""

    functions: dict[str, Function]
    queues: dict[str, Queue]
    ledger: "Table"

    @classmethod
    def load(
        cls, path: Path = TEMPLATE, parameters: Mapping[str, str] | None = None
    ) -> "Topology":
        """Read the functions and queues of a template, its schedule by parameters."""
        template = load_template(path)
        resources = template["Resources"].items()
        functions = {
            name: _function(name, template, parameters or {})
            for name, resource in resources
            if resource["Type"] == "AWS::Serverless::Function"
        }
        queues = {
            name: _queue(name, resource.get("Properties", {}))
            for name, resource in resources
            if resource["Type"] == "AWS::SQS::Queue"
        }
        return cls(functions, queues, Table(template["Resources"]["Ledger"]))


def environment_of(
    function: Function, parameters: Mapping[str, str], resources: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment that the function has in a stack with these parameters."""
    resolver = Resolver(function.template, parameters, resources)
    resolved = resolver.resolve(function.environment)
    return {name: str(value) for name, value in resolved.items()}


def _function(name: str, template: Template, parameters: Mapping[str, str]) -> Function:
    shared = template["Globals"]["Function"]
    own = template["Resources"][name]["Properties"]
    events = own.get("Events", {}).values()
    schedules = _schedules(name, template, Resolver(template, parameters, {}))
    return Function(
        name=name,
        handler=own["Handler"],
        timeout=own["Timeout"],
        memory=own["MemorySize"],
        environment=_variables(shared) | _variables(own),
        sources=tuple(_source(e["Properties"]) for e in events if e["Type"] == "SQS"),
        schedule=next(schedules, None),
        template=template,
    )


def _schedules(name: str, template: Template, resolver: Resolver) -> Iterator[Schedule]:
    """Yield what invokes a function by the clock in a stack with these parameters."""
    target = {"Fn::GetAtt": [name, "Arn"]}
    for resource in template["Resources"].values():
        own = resource.get("Properties", {})
        targets = [*own.get("Targets", []), own.get("Target", {})]
        inputs = [t.get("Input", "") for t in targets if t.get("Arn") == target]
        if inputs and resolver.holds_for(resource):
            yield Schedule(
                resolver.resolve(own["ScheduleExpression"]),
                resolver.resolve(own.get("ScheduleExpressionTimezone", "")),
                inputs[0],
            )


def _variables(properties: Mapping[str, Any]) -> dict[str, object]:
    return dict(properties.get("Environment", {}).get("Variables", {}))


def _source(event: Mapping[str, Any]) -> Source:
    return Source(
        queue=event["Queue"]["Fn::GetAtt"][0],
        batch_size=event["BatchSize"],
        max_concurrency=event["ScalingConfig"]["MaximumConcurrency"],
        reports_failures="ReportBatchItemFailures"
        in event.get("FunctionResponseTypes", []),
    )


def _queue(name: str, properties: Mapping[str, Any]) -> Queue:
    redrive = properties.get("RedrivePolicy", {})
    target = redrive.get("deadLetterTargetArn")
    return Queue(
        name=name,
        visibility=properties.get("VisibilityTimeout", SQS_VISIBILITY),
        retention=properties.get("MessageRetentionPeriod", SQS_RETENTION),
        redrive_to=target["Fn::GetAtt"][0] if target else None,
        max_receive_count=redrive.get("maxReceiveCount"),
    )
