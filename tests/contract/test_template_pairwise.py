"""What CloudFormation makes of template.yaml, each pair of choices taken together."""

import json
import re
from itertools import combinations
from typing import Any

import boto3
import pytest
from moto import mock_aws

from configurations import (
    AXES,
    CHOICES,
    CONFIGURATIONS,
    PARTITIONS,
    Configuration,
    configured,
    resolver_of,
    resources_of,
)
from contract.test_template_translated import upload_code
from idle_jobs.settings import Settings
from idle_jobs_cli.checking.parameters import PARAMETERS
from local.intrinsics import Resolver, load_template
from local.topology import TEMPLATE
from local.translation import NEEDED

SOURCE = load_template(TEMPLATE)
FUNCTIONS = ("Sweeper", "Closer", "ForceCloser")
FOREIGN = re.compile(r"(\w+)\.amazonaws\.com\b")
MOST_VARIABLES = 4096  # bytes of the environment of a function
configurations = pytest.mark.parametrize(
    "configuration", CONFIGURATIONS, ids=range(len(CONFIGURATIONS))
)


def failing(parameters: dict[str, str]) -> list[str]:
    """Return what the rules of the template say of parameters."""
    resolve = Resolver(SOURCE, parameters, {}).resolve
    return [
        assertion["AssertDescription"]
        for rule in SOURCE["Rules"].values()
        if resolve(rule["RuleCondition"])
        for assertion in rule["Assertions"]
        if not resolve(assertion["Assert"])
    ]


def test_every_parameter_is_turned() -> None:
    """A new one has to be chosen here, too."""
    turned = {name for values in AXES.values() for given in values for name in given}

    assert SOURCE["Parameters"].keys() == turned | NEEDED.keys()


def test_every_pair_of_choices_comes_together() -> None:
    """Of two axes, each value of the one meets each value of the other."""
    counts = {axis: len(values) for axis, values in AXES.items()}
    counts["partition"] = len(PARTITIONS)
    for one, other in combinations(counts, 2):
        found = {(choice[one], choice[other]) for choice in CHOICES}

        assert len(found) == counts[one] * counts[other]


@configurations
def test_what_is_chosen_is_allowed(configuration: Configuration) -> None:
    """Each value fits its parameter, and no rule of the template is broken."""
    _, parameters = configuration

    assert {n: v for n, v in parameters.items() if not PARAMETERS[n].takes(v)} == {}
    assert failing(parameters) == []


def outputs_of(resolver: Resolver) -> dict[str, Any]:
    """Return the outputs that a stack has."""
    every = resolver.template["Outputs"].items()
    return {n: resolver.resolve(o) for n, o in every if resolver.holds_for(o)}


@configurations
def test_nothing_refers_to_what_is_not_there(configuration: Configuration) -> None:
    """All that is deployed, the outputs included, refers to what is deployed."""
    resolver = resolver_of(configuration)
    resources = resources_of(configuration)
    outputs = outputs_of(resolver)

    assert {*FUNCTIONS, "ParkingQueue", "SweepMissing"} <= resources.keys()
    assert ("SweepRule" in resources) is not ("SweepSchedule" in resources)
    assert ("DigestTopicArn" in outputs) is ("DigestTopic" in resources)
    assert ("DashboardUrl" in outputs) is ("Dashboard" in resources)
    assert outputs["AlarmTopic"]["Value"] in {
        "AlarmTopic",
        configuration.parameters.get("ExistingTopicArn"),
    }


@configurations
def test_functions_start_with_what_is_chosen(configuration: Configuration) -> None:
    """Their settings can be read, and the environment is not too large."""
    resources = resources_of(configuration)
    for name in FUNCTIONS:
        found = resources[name]["Properties"]["Environment"]["Variables"]
        variables = {key: str(value) for key, value in found.items()}
        urls = {
            k: "https://sqs.example/q" for k in variables if k.endswith("_QUEUE_URL")
        }
        settings = Settings.from_env(variables | urls)

        given = configuration.parameters
        assert settings.auth_mode == given["AuthMode"]
        assert resources[name]["Properties"]["Architectures"] == [
            given.get("Architecture", "arm64")
        ]
        assert sum(map(len, [*variables, *variables.values()])) < MOST_VARIABLES


@configurations
def test_every_arn_is_of_the_partition(configuration: Configuration) -> None:
    """China and GovCloud have ARNs, and names of services, of their own."""
    outputs = outputs_of(resolver_of(configuration))
    stack = json.dumps([resources_of(configuration), outputs])
    begun = {part.split(":")[0] for part in stack.split("arn:")[1:]}

    assert begun <= {configuration.partition}


def test_no_partition_is_written_into_the_template() -> None:
    """Only patterns and examples name one."""
    text = TEMPLATE.read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if "arn:aws" in line]

    assert [
        x for x in lines if not x.startswith(("AllowedPattern: ", "`arn:aws:"))
    ] == []
    # A principal has this name in every partition; a console has not.
    assert set(FOREIGN.findall(text)) == {"lambda", "events", "scheduler"}


def test_an_unknown_partition_has_a_console() -> None:
    """A partition that is made next year may be deployed to."""
    secret = AXES["auth"][4]["SecretArn"]
    dashboard = {"CreateDashboard": "true"}
    bare = configured("aws", AuthMode="api_key", SecretArn=secret, **dashboard)
    resolver = resolver_of(bare)
    names = {**resolver.resources, "AWS::Partition": "aws-new"}
    url = Resolver(resolver.template, bare.parameters, names).resolve(
        resolver.template["Outputs"]["DashboardUrl"]["Value"]
    )

    assert url.startswith("https://eu-west-1.console.aws.amazon.com/cloudwatch/")


def deploy(configuration: Configuration) -> list[dict[str, Any]]:
    """Create the stack in moto, without the mappings: moto would act on them."""
    _, parameters = configuration
    template = dict(resolver_of(configuration).template)
    template["Resources"] = {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] != "AWS::Lambda::EventSourceMapping"
    }
    upload_code()
    cloud = boto3.client("cloudformation", configuration.region)
    cloud.create_stack(
        StackName="drill",
        TemplateBody=json.dumps(template),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in parameters.items()
        ],
    )
    found = cloud.list_stack_resources(StackName="drill")["StackResourceSummaries"]
    return [dict(each) for each in found]


# moto makes no alarms, subscriptions, schedules and queue policies, and says so.
@pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")
@pytest.mark.slow
@pytest.mark.parametrize(
    "configuration",
    [each for each in CONFIGURATIONS if each.partition == "aws"],
    ids=lambda configuration: str(CONFIGURATIONS.index(configuration)),
)
def test_a_stack_can_be_created(configuration: Configuration) -> None:
    """CloudFormation, as moto has it, makes what the parameters ask for."""
    with mock_aws():
        made = {each["LogicalResourceId"] for each in deploy(configuration)}
        region = configuration.region
        functions = boto3.client("lambda", region).list_functions()["Functions"]
        queues = boto3.client("sqs", region).list_queues()["QueueUrls"]

    given = configuration.parameters
    assert ("SweepRule" in made) == ("ScheduleTimezone" not in given)
    assert ("AlarmTopic" in made) == ("ExistingTopicArn" not in given)
    assert (len(functions), len(queues)) == (4, 4)
    subnets = given["SubnetIds"].split(",") if "SubnetIds" in given else []
    for function in functions:
        assert function.get("VpcConfig", {}).get("SubnetIds", []) == subnets
