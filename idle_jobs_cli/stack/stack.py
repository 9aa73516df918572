"""Finds the resources of a deployed stack, with CloudFormation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

from idle_jobs.times import duration
from idle_jobs_cli.cluster.identity import fetched
from idle_jobs_cli.exits import CouldNot

MAPPING = "AWS::Lambda::EventSourceMapping"
LOG_GROUP = "AWS::Logs::LogGroup"


@dataclass(frozen=True, slots=True)
class Stack:
    """The resources of a stack: type and physical id, by logical id.

    `found_at` is when AWS answered, by its clock: the one of this machine may be wrong.
    """

    name: str
    resources: Mapping[str, tuple[str, str]]
    found_at: datetime

    @classmethod
    def find(cls, name: str) -> "Stack":
        """Return the stack with this name. This is the first AWS call of a command."""
        boto3.DEFAULT_SESSION = fetched(boto3.DEFAULT_SESSION)
        pages = boto3.client("cloudformation").get_paginator("list_stack_resources")
        try:
            answers = [*pages.paginate(StackName=name)]
        except ClientError as error:
            _missing(name, error)
            raise
        found = {
            resource["LogicalResourceId"]: (
                resource["ResourceType"],
                resource.get("PhysicalResourceId", ""),
            )
            for answer in answers
            for resource in answer["StackResourceSummaries"]
        }
        return cls(name, found, _time_of(answers[0]))

    def __getitem__(self, logical_id: str) -> str:
        """Return the physical id of a resource."""
        _, physical_id = self.resources.get(logical_id, ("", ""))
        if not physical_id:
            raise self._foreign(logical_id)
        return physical_id

    @property
    def mode_parameter(self) -> str:
        """Return the name of the mode parameter, which is no resource of the stack."""
        self["ParkingQueue"]  # No mode is read, or even written, for a foreign stack.
        # A stack may also be given by its ARN, arn:...:stack/NAME/ID.
        name = self.name.split("/")[1] if self.name.startswith("arn:") else self.name
        return f"/{name}/mode"

    def of_type(self, kind: str) -> dict[str, str]:
        """Return the physical ids of all resources of a type; CouldNot without any."""
        names = [name for name, (type_, _) in self.resources.items() if type_ == kind]
        if not names:
            raise self._foreign(kind)
        return {name: self[name] for name in names}

    def _foreign(self, what: str) -> CouldNot:
        expected = "expected a stack of the Idle Job Closer"
        return CouldNot(f"{self.name}: {expected}, but it has no {what}")

    def environment(self) -> Mapping[str, str]:
        """Return the environment variables of the Sweeper: its settings."""
        lambdas = boto3.client("lambda")
        answer = lambdas.get_function_configuration(FunctionName=self["Sweeper"])
        variables = answer.get("Environment", {}).get("Variables", {})
        return {name: str(value) for name, value in variables.items()}

    def parameters(self) -> Mapping[str, str]:
        """Return the parameters that the stack was deployed with."""
        answer = boto3.client("cloudformation").describe_stacks(StackName=self.name)
        given: list[dict[str, Any]] = answer["Stacks"][0].get("Parameters", [])
        return {p["ParameterKey"]: p.get("ParameterValue", "") for p in given}

    def expires_after(self) -> timedelta:
        """Return the parameter `RequestExpiresAfter` of the stack."""
        try:
            return duration(self.parameters().get("RequestExpiresAfter"))
        except ValueError as error:
            raise CouldNot(f"{self.name}: RequestExpiresAfter: {error}") from None


def _time_of(answer: Mapping[str, Any]) -> datetime:
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
    try:
        return parsedate_to_datetime(date).astimezone(UTC)
    except ValueError:
        return datetime.now(UTC)


def _missing(name: str, error: ClientError) -> None:
    answer = error.response["Error"]
    if answer["Code"] == "ValidationError":
        raise CouldNot(
            f"{name}: expected a stack of this account and region, but AWS says: "
            f"{answer['Message']}"
        ) from None
